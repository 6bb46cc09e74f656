"""The server: Prefect's application and what is ours around it."""
