"""Delivery: messages handed over to channels."""
