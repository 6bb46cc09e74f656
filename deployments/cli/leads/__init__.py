"""Commands that list, register and count leads."""
