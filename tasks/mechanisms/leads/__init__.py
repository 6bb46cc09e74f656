"""Leads: registered, read from files, asked about by letter."""
