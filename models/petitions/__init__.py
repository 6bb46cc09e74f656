"""Petitions: what is put before a person to decide."""
