"""Texts that people typed: what can be seen of them, and what cannot be stored."""

import unicodedata

from models.errors import RuleViolation

_LONGEST_NAME = 50


def visible(text: str) -> str:
    """Return the characters a reader can see; blanks, controls and zero-width marks do not count."""
    return "".join(char for char in text if unicodedata.category(char)[0] not in "CZ")


def shown_line(text: str) -> str:
    """Return a text in one line, without what cannot be seen or stored."""
    line = " ".join(text.split())
    return "".join(char for char in line if char == " " or visible(char))


def check_text(text: str, what: str) -> None:
    """Refuse characters that no file or database can hold as text; line breaks and tabs are fine.

    Raises:
        RuleViolation: The text holds control characters or halves of characters.
    """
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise RuleViolation(f"{what}含有不可见的控制字符或损坏的字符，请清除后重试。")


def check_person(text: str) -> str:
    """Return the name of whoever answers for something, without blanks around it.

    Raises:
        RuleViolation: It is missing, too long or holds control characters.
    """
    person = text.strip()
    if not visible(person) or len(person) > _LONGEST_NAME:
        raise RuleViolation(f"请填写经办人姓名（不超过{_LONGEST_NAME}字）。")
    if len(person.splitlines()) > 1 or "\t" in person:
        raise RuleViolation("经办人姓名应写在一行内。")
    check_text(person, "填写的内容")
    return person


def required_text(value: object, what: str, longest: int) -> str:
    """Return a text that somebody can see, without outer blanks.

    Raises:
        RuleViolation: There is none, it is too long, or it cannot be stored.
    """
    text = clean_text(value, what)
    if not text:
        raise RuleViolation(f"{what}不能为空。")
    if len(text) > longest:
        raise RuleViolation(f"{what}超过{longest}字。")
    return text


def clean_text(value: object, heading: str) -> str:
    """Return a cell's text without outer blanks; a text nobody can see is no text.

    Raises:
        RuleViolation: The cell holds something that is no text, or characters that cannot be stored.
    """
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        raise RuleViolation(f"{heading}应为文字。")
    # Where files were joined, the mark of a file's beginning is left within.
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "").strip()
    check_text(text, heading)
    return text if visible(text) else ""
