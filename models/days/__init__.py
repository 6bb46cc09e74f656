"""Days: working days, business hours, moments, periods, terms."""
