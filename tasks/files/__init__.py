"""Files: what is known of every stored file."""
