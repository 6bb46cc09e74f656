"""Messages: written with the change they tell of."""
