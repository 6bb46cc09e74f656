"""The flows of single mechanisms."""
