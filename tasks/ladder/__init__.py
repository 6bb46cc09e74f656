"""The ladder: rungs raised by time or by hand, and what is told at each."""
