"""What happens to a system in use."""
