"""What rules know of a petition."""

from dataclasses import dataclass
from datetime import date, datetime

from models.codes import MatterKind, Outcome
from models.matters.facts import AssignmentFact


@dataclass(frozen=True)
class PetitionFacts:
    """Everything a petition depends on: who decides, since when, and the due date in force it is about.

    ``proposed_on`` is the date an extension is asked for; a circular has none. ``asked_by`` is the unit that
    put it forward; ``is_second`` says that another unit handed the same matter back before.
    """

    kind: MatterKind
    decider: str
    raised_at: datetime
    due_on: date
    proposed_on: date | None = None
    outcome: Outcome | None = None
    assignments: tuple[AssignmentFact, ...] = ()
    asked_by: str = ""
    is_second: bool = False
