"""Rulings: a petition is one assignment, the decider owes a ruling, and with it the matter is closed."""

from collections.abc import Mapping
from datetime import datetime

from models.codes import Outcome
from models.matters.duties import Duty, Field, Reading
from models.matters.facts import Assign, Await, Close, NextStep
from models.matters.vocabulary import Ruling
from models.petitions.facts import PetitionFacts

REASON = Field("explanation", "意见", "不同意时必须写明理由")
REASONS: Mapping[str, str] = {Ruling.REJECT: "不同意时请写明理由。"}


def ruling_field(hint: str) -> Field:
    """Return the field of a ruling."""
    return Field("ruling", "审批意见", hint, Reading.CHOICE, choices=Ruling, is_required=True)


def next_of_petition(
    duty: Duty, outcomes: Mapping[str, Outcome], facts: PetitionFacts, now: datetime
) -> NextStep | None:
    """Decide what happens next with a petition: the ruling is owed, or ends it.

    Args:
        duty: The ruling that is owed.
        outcomes: How the petition ends, by ruling.
        facts: The petition.
        now: The moment (aware); nothing here depends on it.
    """
    del now
    if facts.outcome is not None:
        return None
    if not facts.assignments:
        return Assign(duty.step, facts.decider, facts.raised_at)
    last = facts.assignments[-1]
    return Await(last) if last.answer is None else Close(outcomes[last.answer.decision])
