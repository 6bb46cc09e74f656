"""The escalation ladder: which rung an unanswered assignment has reached."""
