"""The life cycle of a lead: what comes next, step by step, from stored facts alone."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.codes import Outcome, Step
from models.matters.facts import (
    AnswerFact,
    Assign,
    AssignmentFact,
    Await,
    Close,
    DeemReceived,
    NextStep,
    signal,
)
from models.matters.vocabulary import Signal, Verdict
from models.mechanisms.leads.life_cycle import LeadFacts, next_step
from models.mechanisms.leads.vocabulary import Finding

SHANGHAI = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
DUE = datetime(2026, 11, 27, 18, 0, tzinfo=SHANGHAI)
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=SHANGHAI)
BUREAU, AUTHORITY, RESPONSIBLE = "侯马市发展和改革局", "主管单位甲", "责任单位乙"


def owed(step: Step, unit: str, round_: int = 1) -> AssignmentFact:
    """Return an assignment that still waits for its answer."""
    return AssignmentFact(step, round_, unit, DUE)


def answered(open_: AssignmentFact, decision: str = "done", **fields: str) -> AssignmentFact:
    """Return the assignment with an answer that took effect at ``NOW``."""
    return replace(open_, answer=AnswerFact(decision, NOW, fields))


def lead(*assignments: AssignmentFact, outcome: Outcome | None = None) -> LeadFacts:
    """Return a lead with its assignments in the order they were opened."""
    return LeadFacts(RECEIVED, BUREAU, outcome, assignments)


TRANSFERRED = answered(owed(Step.TRANSFER, BUREAU), authority=AUTHORITY)
SIGNED = answered(owed(Step.RECEIPT, AUTHORITY))
SUBSTANTIATED = answered(owed(Step.VERIFY, AUTHORITY), Finding.SUBSTANTIATED, responsible=RESPONSIBLE)
UNSUBSTANTIATED = answered(owed(Step.VERIFY, AUTHORITY), Finding.UNSUBSTANTIATED)
RECTIFIED = answered(owed(Step.RECTIFY, RESPONSIBLE))
VERIFIED_PATH = (TRANSFERRED, SIGNED, SUBSTANTIATED)


def reviewed(verdict: Verdict, round_: int = 1) -> AssignmentFact:
    """Return a review that the bureau has decided."""
    return answered(owed(Step.REVIEW, BUREAU, round_), verdict)


@pytest.mark.parametrize(
    ("facts", "expected", "source"),
    [
        (lead(), Assign(Step.TRANSFER, BUREAU, RECEIVED), "通知§12(二)"),
        (lead(TRANSFERRED), Assign(Step.RECEIPT, AUTHORITY, NOW), "ADR-0003"),
        (lead(TRANSFERRED, SIGNED), Assign(Step.VERIFY, AUTHORITY, NOW), "通知§12(三)"),
        (lead(*VERIFIED_PATH), Assign(Step.RECTIFY, RESPONSIBLE, None), "通知§12(四)"),
        (lead(*VERIFIED_PATH, RECTIFIED), Assign(Step.REVIEW, BUREAU, NOW), "ADR-0003"),
        (lead(*VERIFIED_PATH, RECTIFIED, reviewed(Verdict.ACCEPT)), Close(Outcome.RECTIFIED), "通知§12(五)"),
    ],
    ids=["registered", "transferred", "signed", "substantiated", "rectified", "accepted"],
)
def test_a_substantiated_lead_goes_from_transfer_to_closing(
    facts: LeadFacts, expected: NextStep, source: str
) -> None:
    """Each answer names who owes the next one and from which moment its clock runs."""
    assert next_step(facts, NOW) == expected, source


def test_a_partly_substantiated_lead_is_rectified_too() -> None:
    """What is true of a lead has to be put right, though it be only a part."""
    partly = answered(owed(Step.VERIFY, AUTHORITY), Finding.PARTLY_SUBSTANTIATED, responsible=RESPONSIBLE)
    assert next_step(lead(TRANSFERRED, SIGNED, partly), NOW) == Assign(Step.RECTIFY, RESPONSIBLE, None)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (lead(TRANSFERRED, SIGNED, UNSUBSTANTIATED), Assign(Step.REVIEW, BUREAU, NOW)),
        (
            lead(TRANSFERRED, SIGNED, UNSUBSTANTIATED, reviewed(Verdict.ACCEPT)),
            Close(Outcome.UNSUBSTANTIATED),
        ),
    ],
    ids=["verified", "accepted"],
)
def test_an_unsubstantiated_lead_goes_straight_to_review(facts: LeadFacts, expected: NextStep) -> None:
    """Nothing is rectified, and the matter closes as unsubstantiated."""
    assert next_step(facts, NOW) == expected


@pytest.mark.parametrize(
    "open_",
    [
        owed(Step.TRANSFER, BUREAU),
        owed(Step.VERIFY, AUTHORITY),
        owed(Step.RECTIFY, RESPONSIBLE, 2),
        owed(Step.REVIEW, BUREAU),
    ],
    ids=lambda open_: open_.step.value,
)
@pytest.mark.parametrize("now", [NOW, DUE, DUE + timedelta(days=400)], ids=["early", "due", "overdue"])
def test_an_unanswered_assignment_is_awaited_however_late(open_: AssignmentFact, now: datetime) -> None:
    """Being overdue calls the ladder; it never takes the step away from who owes it."""
    assert next_step(lead(TRANSFERRED, open_), now) == Await(open_)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (DUE - timedelta(microseconds=1), Await),
        (DUE, Await),
        (DUE + timedelta(microseconds=1), DeemReceived),
    ],
    ids=["before", "at", "after"],
)
def test_a_lead_is_deemed_received_only_after_its_last_moment(
    now: datetime, expected: type[Await | DeemReceived]
) -> None:
    """The unit may still sign at the very moment its day ends; the instant after it is too late."""
    open_ = owed(Step.RECEIPT, AUTHORITY)
    assert next_step(lead(TRANSFERRED, open_), now) == expected(open_)


def test_the_deemed_receipt_compares_moments_not_clock_faces() -> None:
    """A decision made on a server in another time zone comes out the same."""
    open_ = owed(Step.RECEIPT, AUTHORITY)
    greenwich = (DUE + timedelta(seconds=1)).astimezone(ZoneInfo("UTC"))
    assert next_step(lead(TRANSFERRED, open_), greenwich) == DeemReceived(open_)


def test_a_deemed_receipt_is_followed_by_verification_from_its_effective_moment() -> None:
    """The clock of the verification starts where the receipt term ended, not when it was noticed."""
    deemed = replace(owed(Step.RECEIPT, AUTHORITY), answer=AnswerFact("deemed", DUE, {}))
    later = DUE + timedelta(days=3)
    assert next_step(lead(TRANSFERRED, deemed), later) == Assign(Step.VERIFY, AUTHORITY, DUE)


def test_a_returned_rectification_is_owed_again_on_its_old_clock() -> None:
    """The same unit owes round two, and the assignment it comes from is named."""
    facts = lead(*VERIFIED_PATH, RECTIFIED, reviewed(Verdict.RETURN))
    assert next_step(facts, NOW) == Assign(Step.RECTIFY, RESPONSIBLE, None, 2, returned_from=RECTIFIED)


def test_a_returned_unsubstantiated_verification_is_owed_again() -> None:
    """The bureau may doubt that nothing was found."""
    facts = lead(TRANSFERRED, SIGNED, UNSUBSTANTIATED, reviewed(Verdict.RETURN))
    expected = Assign(Step.VERIFY, AUTHORITY, None, 2, returned_from=UNSUBSTANTIATED)
    assert next_step(facts, NOW) == expected


def test_rounds_count_up_with_every_return() -> None:
    """The third rectification comes from the second, and each review has its own round."""
    again = replace(RECTIFIED, round=2)
    second_review = (*VERIFIED_PATH, RECTIFIED, reviewed(Verdict.RETURN), again)
    assert next_step(lead(*second_review), NOW) == Assign(Step.REVIEW, BUREAU, NOW, 2)
    returned = lead(*second_review, reviewed(Verdict.RETURN, 2))
    assert next_step(returned, NOW) == Assign(Step.RECTIFY, RESPONSIBLE, None, 3, returned_from=again)


def test_a_second_verification_may_find_the_lead_substantiated() -> None:
    """Then the first rectification begins, with a clock of its own and no return behind it."""
    second = replace(SUBSTANTIATED, round=2)
    facts = lead(TRANSFERRED, SIGNED, UNSUBSTANTIATED, reviewed(Verdict.RETURN), second)
    assert next_step(facts, NOW) == Assign(Step.RECTIFY, RESPONSIBLE, None)
    closing = replace(facts, assignments=(*facts.assignments, RECTIFIED, reviewed(Verdict.ACCEPT, 2)))
    assert next_step(closing, NOW) == Close(Outcome.RECTIFIED)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_closed_lead_has_no_next_step(outcome: Outcome) -> None:
    """Neither answered nor open assignments move a closed matter."""
    assert next_step(lead(outcome=outcome), NOW) is None
    assert next_step(lead(*VERIFIED_PATH, outcome=outcome), NOW) is None
    assert next_step(lead(owed(Step.RECEIPT, AUTHORITY), outcome=outcome), DUE + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW - timedelta(microseconds=1), Signal.NORMAL),
        (NOW, Signal.NEAR),
        (DUE, Signal.NEAR),
        (DUE + timedelta(microseconds=1), Signal.OVERDUE),
    ],
    ids=["before-the-reminder", "at-the-reminder", "at-the-last-moment", "after-it"],
)
def test_the_signal_turns_at_the_reminder_and_after_the_last_moment(now: datetime, expected: Signal) -> None:
    """Near from the reminder on; overdue only once the due moment has passed."""
    assert signal(DUE, NOW, now) is expected


def test_overdue_goes_before_a_reminder_that_was_never_due() -> None:
    """Where a due date was brought before its reminder the later signal wins."""
    assert signal(NOW, DUE, NOW + timedelta(hours=1)) is Signal.OVERDUE
