"""Any matter: its facts, what may happen next, whether it was answered in time."""
