"""The mechanisms of the notice: what each of them says is true."""
