"""Exports of archives: written, and verified without a database."""
