"""Official documents: their kinds and the rules of their form."""
