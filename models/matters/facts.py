"""What rules know of any matter, and what may happen next with one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from models.codes import MatterKind, Outcome, Step
from models.matters.vocabulary import Signal

# How an answer is recorded that nobody gave: because its term ran out, because every part has ended, or
# because another unit is to give it.
DEEMED = "deemed"
COMPLETE = "complete"
REDIRECTED = "redirected"


@dataclass(frozen=True)
class AnswerFact:
    """What was answered: ``effective_at`` starts the next clock (the signature, not its typing-in)."""

    decision: str
    effective_at: datetime
    fields: Mapping[str, str]


@dataclass(frozen=True)
class AssignmentFact:
    """One unit owes one answer by one moment; ``round`` counts the turns of a step from 1.

    ``held`` says that something about it waits for a decision, ``paused`` that its letter was withdrawn: then
    time alone brings nothing about.
    """

    step: Step
    round: int
    unit: str
    due_at: datetime
    answer: AnswerFact | None = None
    held: bool = False
    paused: bool = False


class MatterFacts(Protocol):
    """What is true of any matter; each kind knows more."""

    @property
    def kind(self) -> MatterKind:
        """What kind of matter it is."""

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, None while it is open."""

    @property
    def assignments(self) -> tuple[AssignmentFact, ...]:
        """What was owed, in the order it was opened."""


@dataclass(frozen=True)
class PartFact:
    """A matter under another one: its number, and how it ended, None while it is open."""

    number: str
    outcome: Outcome | None = None


def last_answer(facts: MatterFacts, step: Step) -> AnswerFact | None:
    """Return the last answer to a step, None where there is none."""
    answers = (each.answer for each in reversed(facts.assignments) if each.step is step)
    return next(filter(None, answers), None)


def last_naming(facts: MatterFacts, key: str) -> AnswerFact | None:
    """Return the last answer that holds a field, None where there is none.

    Which authority a lead was handed to is said when it is transferred, and again when it is redirected.
    """
    answers = (each.answer for each in reversed(facts.assignments))
    return next((answer for answer in answers if answer is not None and key in answer.fields), None)


@dataclass(frozen=True)
class AnswerDraft:
    """An answer as it was typed, before any rule looked at it; ``at`` is the moment it came in (aware)."""

    step: Step
    unit: str
    person: str
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)
    explanation: str = ""
    evidence_files: int = 0


@dataclass(frozen=True)
class AcceptedAnswer:
    """An answer that satisfies every rule, in stored form."""

    assignment: AssignmentFact
    unit: str
    person: str
    recorded_at: datetime
    effective_at: datetime
    decision: str
    fields: dict[str, str]
    explanation: str


@dataclass(frozen=True)
class Assign:
    """Hand a step to a unit.

    ``clock_start`` None means the moment of handing over (the notice is issued then). ``returned_from``
    is the assignment whose due date is kept, because a return does not restart the clock.
    """

    step: Step
    unit: str
    clock_start: datetime | None
    round: int = 1
    returned_from: AssignmentFact | None = None


@dataclass(frozen=True)
class Await:
    """Wait for the unit that owes the open assignment."""

    assignment: AssignmentFact


@dataclass(frozen=True)
class AwaitParts(Await):
    """Wait until every part has ended, or whoever owes the open assignment ends those that are left.

    ``parts`` are the numbers of those that are open.
    """

    parts: tuple[str, ...]


@dataclass(frozen=True)
class NewPart:
    """A part to be opened: its kind, the unit whose share it is, and what it is called."""

    kind: MatterKind
    unit: str
    title: str


@dataclass(frozen=True)
class OpenParts:
    """Open what several units owe at once: all parts in one transaction, or none."""

    parts: tuple[NewPart, ...]


@dataclass(frozen=True)
class DeemReceived:
    """Record that the matter counts as received at the end of the receipt term. Source: ADR-0003."""

    assignment: AssignmentFact


@dataclass(frozen=True)
class Close:
    """End the matter."""

    outcome: Outcome


NextStep = Assign | Await | OpenParts | DeemReceived | Close


def signal(due_at: datetime, remind_from: datetime, now: datetime) -> Signal:
    """Return how near a due date is: near from the reminder on, overdue after its last moment."""
    if now > due_at:
        return Signal.OVERDUE
    return Signal.NEAR if now >= remind_from else Signal.NORMAL
