"""Channels: handing a message to what Apprise knows."""
