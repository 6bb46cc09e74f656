"""Runs: Prefect as an engine that may be lost."""
