"""Keeping the facts: schema, copies, backups, moving."""
