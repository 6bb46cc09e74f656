"""What goes wrong with a lead: handed to the wrong unit, typed wrongly, reported twice, come back."""
