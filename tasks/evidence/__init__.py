"""Evidence: what people hand in, judged by content."""
