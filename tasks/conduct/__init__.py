"""Conduct: one matter's next step, its answer, the form it waits with."""
