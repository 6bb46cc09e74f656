"""The mechanisms of the notice: what each of them does."""
