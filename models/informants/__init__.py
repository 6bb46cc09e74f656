"""Informants: what is kept of a person, and how it is bound to the lead."""
