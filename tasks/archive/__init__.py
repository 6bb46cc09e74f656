"""The archive: closed matters numbered, indexed, reviewed, destroyed."""
