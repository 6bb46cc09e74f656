"""Commands for the system itself."""
