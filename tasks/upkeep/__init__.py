"""Upkeep: copies, backups, what a doctor and a meter read."""
