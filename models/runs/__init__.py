"""Runs: what can be wrong with one that carries a matter."""
