"""Commands for units, calendar and channels."""
