"""The store: bytes by their digest, in a folder or a bucket."""
