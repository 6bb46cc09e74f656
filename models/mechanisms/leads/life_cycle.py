"""The life cycle of a lead: the next step, decided purely from stored facts.

Source: 通知§12(二)–(五). A flow run may be replayed from its first line at any time because nothing but
these facts decides what comes next.
"""

from dataclasses import dataclass
from datetime import datetime

from models.codes import MatterKind, Outcome, Step
from models.matters.facts import (
    REDIRECTED,
    AnswerFact,
    Assign,
    AssignmentFact,
    Await,
    Close,
    DeemReceived,
    NextStep,
)
from models.matters.vocabulary import Verdict
from models.mechanisms.leads.vocabulary import Finding


@dataclass(frozen=True)
class LeadFacts:
    """Everything the life cycle depends on; assignments in the order they were opened."""

    received_at: datetime
    bureau: str
    outcome: Outcome | None = None
    assignments: tuple[AssignmentFact, ...] = ()
    kind: MatterKind = MatterKind.LEAD


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
        waits = last.held or last.paused
        lapsed = last.step is Step.RECEIPT and now > last.due_at and not waits
        return DeemReceived(last) if lapsed else Await(last)
    return _following(facts, last, last.answer)


def _following(facts: LeadFacts, last: AssignmentFact, answer: AnswerFact) -> NextStep:
    """Return the step after an answered one."""
    if answer.decision == REDIRECTED:
        again = _next_round(facts, Step.RECEIPT)
        return Assign(Step.RECEIPT, answer.fields["authority"], answer.effective_at, round=again)
    match last.step:
        case Step.TRANSFER:
            return Assign(Step.RECEIPT, answer.fields["authority"], answer.effective_at)
        case Step.RECEIPT:
            again = _next_round(facts, Step.VERIFY)
            return Assign(Step.VERIFY, last.unit, answer.effective_at, round=again)
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
