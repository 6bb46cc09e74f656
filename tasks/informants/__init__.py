"""Informants: sealed, read, and their keys changed."""
