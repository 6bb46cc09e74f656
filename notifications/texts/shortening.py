"""Shortening a text to a channel's limit: by bytes, as the platforms count, and at the end of a sentence."""

import re

_END = re.compile(r"[。；！？\n]")


def shorten(text: str, limit_bytes: int, rest: str) -> str:
    """Cut a text so that it fits, and say where the rest is read.

    The cut is made after the last sentence or line that fits. Where that would give up more than half of
    what fits, as after a subject whose text is one long sentence, it is made between two characters.

    Args:
        text: What is to be told; unchanged where it fits.
        limit_bytes: How many bytes of UTF-8 the channel takes.
        rest: What stands in place of the rest; left out where it does not fit itself.

    Returns:
        At most ``limit_bytes`` bytes of UTF-8.
    """
    if len(text.encode()) <= limit_bytes:
        return text
    room = limit_bytes - len(rest.encode())
    if room < 0:
        return _beginning(text, limit_bytes)
    head = _beginning(text, room)
    ends = [end.end() for end in _END.finditer(head)]
    if ends and ends[-1] * 2 >= len(head):
        head = head[: ends[-1]].rstrip("\n")
    return head + rest


def _beginning(text: str, limit_bytes: int) -> str:
    """Return as many whole characters as fit; a character that is cut in the middle is left out."""
    return text.encode()[: max(limit_bytes, 0)].decode(errors="ignore")
