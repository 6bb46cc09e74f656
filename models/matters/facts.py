"""What rules know of any matter, and what may happen next with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from models.kinds import Outcome, Step
from models.matters.vocabulary import Signal


@dataclass(frozen=True)
class AnswerFact:
    """What was answered: ``effective_at`` starts the next clock (the signature, not its typing-in)."""

    decision: str
    effective_at: datetime
    fields: Mapping[str, str]


@dataclass(frozen=True)
class AssignmentFact:
    """One unit owes one answer by one moment; ``round`` counts the returns of a step from 1."""

    step: Step
    round: int
    unit: str
    due_at: datetime
    answer: AnswerFact | None = None


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
class DeemReceived:
    """Record that the lead counts as received at the end of the receipt term. Source: ADR-0003."""

    assignment: AssignmentFact


@dataclass(frozen=True)
class Close:
    """End the matter."""

    outcome: Outcome


NextStep = Assign | Await | DeemReceived | Close


def signal(due_at: datetime, remind_from: datetime, now: datetime) -> Signal:
    """Return how near a due date is: near from the reminder on, overdue after its last moment."""
    if now > due_at:
        return Signal.OVERDUE
    return Signal.NEAR if now >= remind_from else Signal.NORMAL


# How the receipt is recorded that nobody signed.
DEEMED = "deemed"
