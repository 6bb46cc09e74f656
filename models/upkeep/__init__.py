"""Upkeep: what an examination finds, what a backup holds."""
