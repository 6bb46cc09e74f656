"""Commands by which matters go on."""
