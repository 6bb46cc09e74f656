"""Audit: what is shown to whoever doubts."""
