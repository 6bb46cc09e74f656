"""Raising a rung by hand: grounds and a name are asked for, and nothing goes out twice."""

from dataclasses import replace

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from walks.walking import AUTHORITY, Walk, contents, houma, ledger_of, messages_of, register_lead

from models.codes import Step
from models.errors import ConflictError, RuleViolation
from models.ladder.vocabulary import Grounds, Raising, Recipient, Rung
from tasks.ladder.escalation import raise_rungs
from tasks.ladder.supervision import Supervised, SupervisionRequest, supervise

REQUEST = SupervisionRequest(Rung.SUPERVISE, Grounds.DELAYING, "三次约谈均未到场。", "经办人乙")


def test_a_supervision_goes_to_the_leader_ahead_of_its_time(walk: Walk) -> None:
    """The text names the grounds; the ledger names who raised it."""
    walk.to(Step.VERIFY)
    assert supervise(walk.place, walk.number, REQUEST, houma(24, 10)) == Supervised(Raising.RAISED)
    told = [m for m in messages_of(walk.place) if m.kind == "supervise"]
    assert [(m.unit_code, m.recipient) for m in told] == [
        (AUTHORITY, Recipient.LEADER), ("FGJ", Recipient.BUREAU),
    ]  # fmt: skip
    assert "现予督办：拖延：三次约谈均未到场。" in told[0].body
    assert "逾期" not in told[0].subject + told[0].body
    entry = [e for e in ledger_of(walk.place, walk.number) if e.kind == "escalated"][-1]
    assert (entry.kind, entry.actor) == ("escalated", "发改局 经办人乙")
    assert entry.detail["grounds"] == "delaying"


def test_the_clock_does_not_raise_it_a_second_time(walk: Walk) -> None:
    """The other rungs come as they would have."""
    walk.to(Step.VERIFY)
    supervise(walk.place, walk.number, REQUEST, houma(24, 10))
    assert raise_rungs(walk.place, houma(27, 15)) == {Rung.URGE: 1}
    with pytest.raises(ConflictError, match="督办已经发出过") as caught:
        supervise(walk.place, walk.number, REQUEST, houma(27, 16))
    assert_is_one_sentence(str(caught.value))


def test_what_was_skipped_after_an_outage_may_still_be_raised_by_hand(walk: Walk) -> None:
    """The ledger keeps both."""
    walk.to(Step.VERIFY)
    raise_rungs(walk.place, houma(27, 9))
    raise_rungs(walk.place, houma(30, 9))
    assert supervise(walk.place, walk.number, REQUEST, houma(30, 10)) == Supervised(Raising.RAISED)
    raisings = [e.detail["raising"] for e in ledger_of(walk.place, walk.number)
                if e.kind == "escalated" and e.detail["rung"] == "supervise"]  # fmt: skip
    assert raisings == ["skipped", "raised"]


def test_a_circular_by_hand_waits_for_approval(walk: Walk) -> None:
    """Nothing is published that nobody approved."""
    walk.to(Step.VERIFY)
    circular = replace(REQUEST, rung=Rung.CIRCULAR)
    drafted = supervise(walk.place, walk.number, circular, houma(24, 10))
    assert drafted == Supervised(Raising.AWAITING, "L2026-0001-T1")
    assert "circular" not in {m.kind for m in messages_of(walk.place)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"person": " "}, "请填写经办人姓名"),
        ({"note": "\u200b"}, "请写明推诿、敷衍或拖延的具体情形"),
        ({"note": "长" * 2001}, "不得超过2000字"),
        ({"note": "控制\x07字符"}, "控制字符"),
        ({"rung": Rung.REMIND}, "签收环节不适用提醒"),
    ],
)
def test_a_request_nobody_could_justify_is_refused(
    place: object, walk: Walk, clock: Clock, change: dict[str, object], says: str
) -> None:
    """One sentence, and nothing is written."""
    del place
    walk.to(Step.RECEIPT)
    before = contents(walk.place)
    with pytest.raises(RuleViolation, match=says) as caught:
        supervise(walk.place, walk.number, replace(REQUEST, **change), clock())  # type: ignore[arg-type]
    assert_is_one_sentence(str(caught.value))
    assert contents(walk.place) == before


def test_a_receipt_or_a_closed_lead_cannot_be_supervised(walk: Walk, clock: Clock) -> None:
    """A receipt is deemed; a closed lead owes nothing."""
    walk.to(Step.RECEIPT)
    with pytest.raises(RuleViolation, match="签收环节不适用督办"):
        supervise(walk.place, walk.number, REQUEST, clock())
    other = Walk(
        walk.place, clock, walk.folder, register_lead(walk.place, clock, title="另一条")
    ).to_closure()
    with pytest.raises(RuleViolation, match="没有待反馈的环节"):
        supervise(other.place, other.number, REQUEST, clock())
