"""Texts that people typed: what can be seen of them, and what cannot be stored."""

import unicodedata

from models.errors import RuleViolation


def visible(text: str) -> str:
    """Return the characters a reader can see; blanks, controls and zero-width marks do not count."""
    return "".join(char for char in text if unicodedata.category(char)[0] not in "CZ")


def check_text(text: str, what: str) -> None:
    """Refuse characters that no file or database can hold as text; line breaks and tabs are fine.

    Raises:
        RuleViolation: The text holds control characters or halves of characters.
    """
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise RuleViolation(f"{what}含有不可见的控制字符或损坏的字符，请清除后重试。")
