"""Files: their names and what can be wrong with a stored one."""
