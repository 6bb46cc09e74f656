"""The drill: the whole system at work on fictional leads, by an accelerated clock, in a folder of its own."""
