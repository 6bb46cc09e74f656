"""Vocabularies: each value is an English code with its Chinese label."""

from enum import StrEnum
from typing import Self

from models.errors import RuleViolation


class Labelled(StrEnum):
    """An enumeration whose members carry a Chinese label beside their stored code."""

    label: str

    def __new__(cls, code: str, label: str = "") -> Self:
        """Store the code as the value and keep the label; looking a member up by its code gives none."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        return member

    @classmethod
    def parse(cls, text: str, what: str) -> Self:
        """Read a member from its code or its Chinese label.

        Args:
            text: What a person wrote; surrounding blanks are ignored.
            what: The Chinese name of the field, for the error.

        Raises:
            RuleViolation: The text is neither a code nor a label.
        """
        wanted = text.strip()
        for member in cls:
            if wanted in (member.value, member.label):
                return member
        options = "、".join(member.label for member in cls)
        raise RuleViolation(f"{what}“{wanted}”不在可选范围内，可填：{options}。")
