"""The life cycle of a lead: the next step, decided purely from stored facts.

Source: 通知§12(二)–(五). A flow run may be replayed from its first line at any time because nothing but
these facts decides what comes next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from models.vocabulary import Finding, MatterKind, Outcome, Signal, Step, Verdict


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
class LeadFacts:
    """Everything the life cycle depends on; assignments in the order they were opened."""

    received_at: datetime
    bureau: str
    outcome: Outcome | None = None
    assignments: tuple[AssignmentFact, ...] = ()


@dataclass(frozen=True)
class PetitionFacts:
    """Everything a petition depends on: who decides, since when, and the due date in force it is about.

    ``proposed_on`` is the date an extension is asked for; a circular has none.
    """

    kind: MatterKind
    decider: str
    raised_at: datetime
    due_on: date
    proposed_on: date | None = None
    outcome: Outcome | None = None
    assignments: tuple[AssignmentFact, ...] = ()


MatterFacts = LeadFacts | PetitionFacts


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


def next_step(facts: LeadFacts, now: datetime) -> NextStep | None:
    """Decide what happens next with a lead.

    Args:
        facts: The stored facts.
        now: The moment of the decision (aware); only the deemed receipt depends on it.

    Returns:
        The next step, or None where the lead is closed.
    """
    if facts.outcome is not None:
        return None
    if not facts.assignments:
        return Assign(Step.TRANSFER, facts.bureau, facts.received_at)
    last = facts.assignments[-1]
    if last.answer is None:
        lapsed = last.step is Step.RECEIPT and now > last.due_at
        return DeemReceived(last) if lapsed else Await(last)
    return _following(facts, last, last.answer)


def _following(facts: LeadFacts, last: AssignmentFact, answer: AnswerFact) -> NextStep:
    """Return the step after an answered one."""
    match last.step:
        case Step.TRANSFER:
            return Assign(Step.RECEIPT, answer.fields["authority"], answer.effective_at)
        case Step.RECEIPT:
            return Assign(Step.VERIFY, last.unit, answer.effective_at)
        case Step.VERIFY if Finding(answer.decision) is not Finding.UNSUBSTANTIATED:
            return Assign(Step.RECTIFY, answer.fields["responsible"], None)
        case Step.VERIFY | Step.RECTIFY:
            return Assign(
                Step.REVIEW, facts.bureau, answer.effective_at, round=_next_round(facts, Step.REVIEW)
            )
        case _:
            return _after_review(facts, answer)


def _after_review(facts: LeadFacts, answer: AnswerFact) -> NextStep:
    """Return the closing, or the step the unit owes again with its old due date."""
    reviewed = next(a for a in reversed(facts.assignments) if a.step in (Step.VERIFY, Step.RECTIFY))
    if Verdict(answer.decision) is Verdict.RETURN:
        again = _next_round(facts, reviewed.step)
        return Assign(reviewed.step, reviewed.unit, None, round=again, returned_from=reviewed)
    return Close(Outcome.RECTIFIED if reviewed.step is Step.RECTIFY else Outcome.UNSUBSTANTIATED)


def _next_round(facts: LeadFacts, step: Step) -> int:
    """Return the number of the next assignment of a step."""
    return 1 + sum(assignment.step is step for assignment in facts.assignments)


def signal(due_at: datetime, remind_from: datetime, now: datetime) -> Signal:
    """Return how near a due date is: near from the reminder on, overdue after its last moment."""
    if now > due_at:
        return Signal.OVERDUE
    return Signal.NEAR if now >= remind_from else Signal.NORMAL
