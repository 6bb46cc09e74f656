"""Finding leads, reading them as records, exporting them."""
