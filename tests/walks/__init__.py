"""Real calls that bring facts about."""
