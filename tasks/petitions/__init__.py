"""Petitions: put before somebody, settled, dropped."""
