"""A lead walks its whole life cycle on a real database: what is stored at its end, and in the ledger."""

from datetime import UTC, date, datetime

import pytest
from conftest import Clock
from walks.walking import AUTHORITY, BUREAU, PERSON, RESPONSIBLE, Walk, houma, ledger_of, messages_of

from models.codes import Outcome, Step
from models.matters.facts import Await, DeemReceived
from models.matters.tables import Assignment
from models.matters.vocabulary import Channel, Verdict
from tasks.conduct.steps import peek_step, take_step
from tasks.workplace import Workplace

REASONS = "退还凭证不完整，请补充逐户清单。"


def clocks(walk: Walk) -> list[tuple[str, int, str, str, str]]:
    """Return step, round, unit, start of the clock and due day of every assignment in order."""
    rows: list[Assignment] = [assignment.row for assignment in walk.file().assignments]
    return [
        (row.step.label, row.round, row.unit_code, f"{row.clock_start:%m-%d}", f"{row.due_on:%m-%d}")
        for row in rows
    ]


def test_a_substantiated_lead_is_rectified_and_closed(walk: Walk, clock: Clock) -> None:
    """Five answers on five days; each clock starts with the event the notice names."""
    walk.advance()
    for day, step in ((24, Step.TRANSFER), (25, Step.RECEIPT), (27, Step.VERIFY), (30, Step.RECTIFY)):
        clock.now = houma(day, 10)
        assert isinstance(walk.pass_step(step), Await)
    clock.now = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    assert walk.pass_step(Step.REVIEW) is None
    assert clocks(walk) == [
        ("移交", 1, BUREAU, "11-23", "11-24"),
        ("签收", 1, AUTHORITY, "11-24", "11-25"),
        ("核查", 1, AUTHORITY, "11-25", "11-30"),
        ("整改", 1, RESPONSIBLE, "11-27", "12-04"),
        ("验收", 1, BUREAU, "11-30", "12-01"),
    ]
    matter = walk.file().matter
    assert (matter.outcome, matter.closed_at) == (Outcome.RECTIFIED, clock())


def test_answers_keep_what_was_handed_in(walk: Walk) -> None:
    """Person, decision, fields, explanation and evidence are found again as they came."""
    walk.to_closure()
    verify = next(a for a in walk.file().assignments if a.row.step is Step.VERIFY)
    assert verify.answer is not None
    assert (verify.answer.person, verify.answer.decision) == (PERSON, "substantiated")
    assert verify.answer.fields["responsible"] == RESPONSIBLE
    assert verify.answer.channel is Channel.COMMAND_LINE
    (piece,) = verify.evidence
    stored = walk.place.home / "evidence" / piece.sha256[:2] / piece.sha256
    assert stored.read_bytes() == (walk.folder / piece.name).read_bytes()


def test_an_unsubstantiated_lead_goes_straight_to_review(walk: Walk) -> None:
    """不属实 needs no responsible unit and no rectification. Source: 通知§12(三)."""
    walk.to(Step.VERIFY)
    owed = walk.pass_step(Step.VERIFY, fields={"finding": "不属实"})
    assert isinstance(owed, Await)
    assert owed.assignment.step is Step.REVIEW
    walk.pass_step(Step.REVIEW)
    assert walk.file().matter.outcome is Outcome.UNSUBSTANTIATED
    assert Step.RECTIFY not in {a.row.step for a in walk.file().assignments}
    assert {message.kind for message in messages_of(walk.place)} == {"transfer", "verify", "closure"}


def test_a_returned_rectification_keeps_its_due_date(walk: Walk, clock: Clock) -> None:
    """A return does not restart the clock: round 2 owes by the date of round 1."""
    walk.to(Step.RECTIFY)
    clock.now = houma(26, 10)
    walk.pass_step(Step.RECTIFY)
    clock.now = houma(27, 10)
    owed = walk.pass_step(Step.REVIEW, fields={"verdict": "退回"}, explanation=REASONS)
    assert isinstance(owed, Await)
    assert (owed.assignment.step, owed.assignment.round) == (Step.RECTIFY, 2)
    assert clocks(walk)[3] == ("整改", 1, RESPONSIBLE, "11-23", "11-30")
    assert clocks(walk)[5] == ("整改", 2, RESPONSIBLE, "11-23", "11-30")
    walk.to_closure()
    assert [row[:2] for row in clocks(walk)[5:]] == [("整改", 2), ("验收", 2)]
    assert walk.file().matter.outcome is Outcome.RECTIFIED


def test_a_returned_verification_may_come_to_another_finding(walk: Walk) -> None:
    """The bureau returns 不属实; the authority looks again and finds the lead substantiated."""
    walk.to(Step.VERIFY)
    walk.pass_step(Step.VERIFY, fields={"finding": "不属实"})
    walk.pass_step(Step.REVIEW, fields={"verdict": Verdict.RETURN.value}, explanation=REASONS)
    assert clocks(walk)[-1][:3] == ("核查", 2, AUTHORITY)
    walk.to_closure()
    assert walk.file().matter.outcome is Outcome.RECTIFIED


def test_a_receipt_is_not_deemed_before_its_term_ends(walk: Walk, clock: Clock) -> None:
    """At 18:00 sharp of the due day the authority may still sign."""
    walk.to(Step.RECEIPT)
    clock.now = houma(24, 18)
    assert isinstance(walk.advance(), Await)
    assert walk.file().assignments[-1].row.answered_at is None


@pytest.mark.parametrize(
    "noticed",
    [houma(24, 18, 0, 1), houma(27, 10)],
    ids=["one second later", "three days later"],
)
def test_a_deemed_receipt_starts_the_verification_from_the_due_day(
    walk: Walk, clock: Clock, noticed: datetime
) -> None:
    """However late the patrol notices it, the term of the verification runs from the due day."""
    walk.to(Step.RECEIPT)
    clock.now = noticed
    assert isinstance(take_step(walk.place, walk.number, clock()), DeemReceived)
    walk.advance()
    receipt = walk.file().assignments[-2].answer
    assert receipt is not None
    assert (receipt.decision, receipt.channel, receipt.recorded_at) == ("deemed", Channel.RULE, noticed)
    assert receipt.effective_at == houma(24, 18)
    assert clocks(walk)[-1] == ("核查", 1, AUTHORITY, "11-24", "11-27")


def test_a_signature_starts_the_verification_not_its_typing_in(walk: Walk, clock: Clock) -> None:
    """The authority signed on Monday; the bureau typed it in on Tuesday."""
    walk.to(Step.RECEIPT)
    clock.now = houma(24, 11)
    walk.pass_step(Step.RECEIPT, fields={"signed_at": "2026-11-23 16:00"})
    assert clocks(walk)[-1] == ("核查", 1, AUTHORITY, "11-23", "11-26")


def test_every_change_has_exactly_its_ledger_entry(walk: Walk) -> None:
    """One entry for each registration, assignment, answer and closing; numbered from 1 without a gap."""
    walk.to(Step.REVIEW)
    walk.pass_step(Step.REVIEW, fields={"verdict": "退回"}, explanation=REASONS)
    walk.to_closure()
    entries = ledger_of(walk.place, walk.number)
    kinds = [entry.kind for entry in entries]
    assert kinds.count("document_issued") == 3, "the transfer letter, the rectification notice, the report"
    others = [kind for kind in kinds if kind != "document_issued"]
    assert others == ["registered", *["assigned", "answered"] * 7, "closed"]
    assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
    assigned = [e.detail for e in entries if e.kind == "assigned"]
    rows = [a.row for a in walk.file().assignments]
    assert [(d["step"], d["round"], d["unit"], date.fromisoformat(d["due_on"])) for d in assigned] == [
        (row.step.value, row.round, row.unit_code, row.due_on) for row in rows
    ]
    assert [e.detail["step"] for e in entries if e.kind == "answered"] == [row.step.value for row in rows]


def test_a_deemed_receipt_and_late_answers_stand_in_the_ledger(walk: Walk, clock: Clock) -> None:
    """What was late is named when it is answered and again at the closing."""
    walk.to(Step.RECEIPT)
    clock.now = houma(30, 10)
    walk.to_closure()
    entries = ledger_of(walk.place, walk.number)
    assert "deemed_received" in [entry.kind for entry in entries]
    late = [entry.summary for entry in entries if "逾期）" in entry.summary]
    assert late == ["核查反馈：属实（逾期）"]
    assert entries[-1].summary == "问题线索办结：已销号（逾期环节：签收、核查）"


def test_deciding_ahead_writes_nothing(place: Workplace, walk: Walk, clock: Clock) -> None:
    """Looking at the next step leaves it to be taken."""
    expected = peek_step(place, walk.number, clock())
    assert not walk.file().assignments
    assert take_step(place, walk.number, clock()) == expected
