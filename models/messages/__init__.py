"""Messages: the outbox and what its rows may say."""
