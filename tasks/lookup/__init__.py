"""Lookup: what people look up; nothing is written."""
