"""Matters: from rows to facts, and their due dates explained."""
