"""Leads as they are exported: everything stored of one, but for the informant, as plain records.

Units are codes, moments are aware, days are the office's. Whatever is derived here is derived from the
record alone.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from models.archive.vocabulary import Barrier, Category, Importance
from models.codes import Outcome, Step
from models.documents.vocabulary import SourceLevel
from models.ladder.vocabulary import Grounds, Raising, Rung
from models.matters.facts import REDIRECTED
from models.matters.vocabulary import Channel

# What a rung is worth when the highest one is asked for.
_HEIGHT = {rung: height for height, rung in enumerate(Rung)}


class AnswerRecord(NamedTuple):
    """What was answered; ``evidence`` are keys of ``EvidenceRecord``."""

    unit: str
    person: str
    recorded_at: datetime
    effective_at: datetime
    decision: str
    fields: Mapping[str, str]
    channel: Channel
    explanation: str
    evidence: tuple[str, ...] = ()


class AssignmentRecord(NamedTuple):
    """One assignment with its answer; ``answered_at`` without an answer is owed no more."""

    step: Step
    round: int
    unit: str
    opened_at: datetime
    clock_start: date
    due_on: date
    due_at: datetime
    provisional: bool
    extended_to: date | None
    answered_at: datetime | None
    answer: AnswerRecord | None
    returned: bool


class EscalationRecord(NamedTuple):
    """One rung of the ladder, and the assignment it was raised for."""

    step: Step
    round: int
    due_on: date
    rung: Rung
    raising: Raising
    at: datetime
    actor: str
    grounds: Grounds | None
    reason: str


class ExtensionRecord(NamedTuple):
    """One request for an extension; ``outcome`` None waits, ``until`` is the day that was granted."""

    number: str
    unit: str
    person: str
    asked_at: datetime
    due_on: date
    proposed_on: date | None
    grounds: str
    outcome: Outcome | None
    decided_at: datetime | None
    until: date | None


class EvidenceRecord(NamedTuple):
    """One stored file; ``key`` is what people call it by, as E12, ``size`` is in bytes."""

    key: str
    name: str
    sha256: str
    media_type: str
    size: int
    stored_at: datetime


class LeadRecord(NamedTuple):
    """One lead with everything that happened to it, each list in the order of time.

    ``relapse_of`` and ``merged_into`` are the numbers of other leads.
    """

    number: str
    printed_number: str
    title: str
    facts: str
    source_level: SourceLevel
    document_number: str
    category: Category
    barrier: Barrier | None
    importance: Importance
    received_at: datetime
    registered_at: datetime
    closed_at: datetime | None
    outcome: Outcome | None
    archive_number: str | None
    relapse_of: str | None
    merged_into: str | None
    assignments: tuple[AssignmentRecord, ...] = ()
    escalations: tuple[EscalationRecord, ...] = ()
    extensions: tuple[ExtensionRecord, ...] = ()
    evidence: tuple[EvidenceRecord, ...] = ()

    @property
    def current(self) -> AssignmentRecord | None:
        """The assignment somebody owes now."""
        last = self.assignments[-1] if self.assignments else None
        return last if last and last.answered_at is None and self.outcome is None else None

    @property
    def latest(self) -> dict[Step, AssignmentRecord]:
        """The last assignment of each step: where a step was returned, the one that counts."""
        return {assignment.step: assignment for assignment in self.assignments}

    @property
    def returns(self) -> int:
        """How often the bureau returned an answer. Source: 通知§12(五)."""
        return sum(assignment.returned for assignment in self.assignments)

    @property
    def redirections(self) -> int:
        """How often it was handed over anew. Source: ADR-0030."""
        return sum(
            each.answer is not None and each.answer.decision == REDIRECTED for each in self.assignments
        )

    @property
    def handed(self) -> AnswerRecord | None:
        """What was said when it was handed to an authority last, None before its transfer."""
        answers = (each.answer for each in reversed(self.assignments) if each.answer is not None)
        return next((answer for answer in answers if "authority" in answer.fields), None)

    @property
    def granted(self) -> list[ExtensionRecord]:
        """The extensions that were granted. Source: 通知§12(四)."""
        return [extension for extension in self.extensions if extension.outcome is Outcome.EXTENDED]

    @property
    def highest_rung(self) -> Rung | None:
        """The highest rung that went out; what was skipped, withheld or waits for approval did not."""
        raised = [each.rung for each in self.escalations if each.raising is Raising.RAISED]
        return max(raised, key=_HEIGHT.__getitem__, default=None)
