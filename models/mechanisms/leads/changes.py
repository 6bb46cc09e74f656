"""What may be changed of a lead after it was registered, and why one is called off. Source: ADR-0031."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from models.archive.vocabulary import Barrier, Category
from models.documents.vocabulary import SourceLevel
from models.errors import RuleViolation
from models.labels import Labelled
from models.mechanisms.leads.intake import (
    COLUMNS,
    NONE,
    WITH_BARRIER,
    IntakeDefaults,
    fingerprint_of,
    read_cell,
    registration_digest,
)
from models.mechanisms.leads.tables import Lead
from models.office.policy import Policy
from models.texts import visible

CORRECTABLE = ("title", "facts", "source_level", "document_number", "category", "received_at")
LONGEST_REFERENCE = 200


@dataclass(frozen=True)
class Said:
    """What a lead says, as far as it can be corrected; ``received_at`` is aware."""

    title: str
    facts: str
    source_level: SourceLevel
    document_number: str
    category: Category
    received_at: datetime
    barrier: Barrier | None

    def fingerprint(self, relapse_of: str) -> str:
        """Return the digest by which it is known; see ``fingerprint_of``."""
        return fingerprint_of(self.source_level, self.document_number, self.title, self.facts, relapse_of)

    def told(self, fingerprint: str) -> dict[str, object]:
        """Return what the ledger says of it, to be compared with its row later."""
        content = registration_digest(self.title, self.facts, self.source_level, self.document_number)
        return {
            "received_at": self.received_at.isoformat(), "category": self.category.value,
            "barrier": self.barrier.value if self.barrier else None, "fingerprint": fingerprint,
            "content_sha256": content,
        }  # fmt: skip


def said_by(title: str, lead: Lead) -> Said:
    """Return what a stored lead says."""
    return Said(
        title,
        lead.facts,
        lead.source_level,
        lead.document_number,
        lead.category,
        lead.received_at,
        lead.barrier,
    )


def read_correction(before: Said, given: Mapping[str, str], policy: Policy, now: datetime) -> Said:
    """Return what a lead says once it is corrected; what is left blank stays as it is.

    A number of the letter that is to be empty is given as 无. A barrier goes with a category that has none.

    Args:
        before: What it says.
        given: What was typed, by the keys in ``CORRECTABLE``.
        policy: Gives the office's time zone.
        now: The moment (aware).

    Raises:
        RuleViolation: Something cannot be read, or nothing changes.
    """
    values = dict(vars(before))
    for key in CORRECTABLE:
        text = given.get(key, "")
        if not visible(text):
            continue
        is_none = key == "document_number" and text.strip() == NONE
        values[key] = "" if is_none else read_cell(key, COLUMNS[key], text, IntakeDefaults(now), policy, now)
    if values["category"] not in WITH_BARRIER:
        values["barrier"] = None
    after = Said(**values)
    if after == before:
        raise RuleViolation("与现有登记一致，没有需要更正的内容。")
    return after


def changes_between(before: Said, after: Said, policy: Policy, masked: Iterable[str] = ()) -> list[str]:
    """Return what changed, a line each, as 来文文号：原“…”，现“…”.

    Args:
        before: What it said.
        after: What it says.
        policy: Gives the office's time zone.
        masked: Keys whose former text is not repeated, because it names an informant.
    """
    hidden = set(masked)
    lines = []
    for key in (*CORRECTABLE, "barrier"):
        old, new = _shown(getattr(before, key), policy), _shown(getattr(after, key), policy)
        if old != new:
            former = "原文不再引用，" if key in hidden else f"原“{old}”，"
            lines.append(f"{COLUMNS[key]}：{former}现“{new}”")
    return lines


def _shown(value: object, policy: Policy) -> str:
    """Return a value as people read it."""
    match value:
        case None | "":
            return NONE
        case datetime():
            return policy.business_hours.label_of(value)
        case Labelled():
            return value.label
        case _:
            return str(value)
