"""The worker, and what it carries out."""
