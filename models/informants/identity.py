"""The informant of a lead (举报人): what is kept of a person, and how it is bound to the lead.

Every part is wrapped, so that no fault, log or representation shows it. Source: ADR-0016.
"""

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, SecretStr

from models.errors import RuleViolation, TamperError
from models.texts import clean_text

# The parts of an identity, as people call them.
HEADINGS: Mapping[str, str] = {"name": "举报人", "contact": "举报人联系方式", "note": "备注"}
_LONGEST: Mapping[str, int] = {"name": 100, "contact": 300, "note": 2000}
# How the lines of a text may begin.
_LABELS: Mapping[str, str] = {
    "姓名": "name", "举报人": "name", "联系方式": "contact", "举报人联系方式": "contact", "备注": "note",
}  # fmt: skip


class Identity(BaseModel):
    """Who reported a lead; blank parts are not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: SecretStr = SecretStr("")
    contact: SecretStr = SecretStr("")
    note: SecretStr = SecretStr("")

    def told(self) -> dict[str, str]:
        """Return the parts in clear, for the one command that may show them."""
        return {key: getattr(self, key).get_secret_value() for key in HEADINGS}


def read_part(key: str, value: object) -> SecretStr:
    """Read one part of an identity as a person wrote it.

    Args:
        key: ``name``, ``contact`` or ``note``.
        value: A cell or a line; None is blank.

    Raises:
        RuleViolation: It is no text or too long; the sentence does not repeat it.
    """
    text = clean_text(value, HEADINGS[key])
    if len(text) > _LONGEST[key]:
        raise RuleViolation(f"{HEADINGS[key]}超过{_LONGEST[key]}字。")
    return SecretStr(text)


def read_identity(parts: Mapping[str, object]) -> Identity:
    """Read an identity from its parts.

    Raises:
        RuleViolation: A part cannot be read, or there is neither a name nor a contact.
    """
    read = Identity(**{key: read_part(key, parts.get(key)) for key in HEADINGS})
    if not (read.name.get_secret_value() or read.contact.get_secret_value()):
        raise RuleViolation("举报人和联系方式不能都为空。")
    return read


def identity_from_lines(text: str) -> Identity:
    """Read an identity from lines as ``姓名：…``, ``联系方式：…`` and ``备注：…``; a label may come again.

    Raises:
        RuleViolation: A line has no such label, or as for ``read_identity``; nothing is repeated.
    """
    parts: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        label, _, said = line.replace("：", ":", 1).partition(":")
        if label.strip() not in _LABELS:
            raise RuleViolation(f"第{number}行应写作“姓名：…”、“联系方式：…”或“备注：…”。")
        parts.setdefault(_LABELS[label.strip()], []).append(said.strip())
    return read_identity({key: "\n".join(lines) for key, lines in parts.items()})


def identity_text(number: str, identity: Identity) -> str:
    """Return what is sealed: the identity and the lead it belongs to, as JSON."""
    return json.dumps({"lead": number, **identity.told()}, ensure_ascii=False)


def identity_in(text: str, number: str) -> Identity:
    """Read what was sealed for a lead.

    Raises:
        TamperError: It was sealed for another lead, or never by this program.
    """
    try:
        stored = json.loads(text)
        lead = stored.pop("lead")
        identity = Identity.model_validate(stored)
    except (ValueError, TypeError, AttributeError, KeyError):
        # Nothing of the text may stand in a traceback.
        raise TamperError(f"{number} 的举报人信息格式不符，可能被改动过，请核查数据库。") from None
    if lead != number:
        raise TamperError(f"{number} 处存放的举报人信息属于另一条线索，可能被调换，请核查数据库。")
    return identity
