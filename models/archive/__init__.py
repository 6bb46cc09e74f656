"""The archive: numbers, classes, terms, file index, manifest of an export."""
