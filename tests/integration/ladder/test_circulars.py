"""Circulars: drafted when their time has come, published word for word only after a person agreed."""

from dataclasses import replace

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from sqlmodel import col, select
from walks.walking import BUREAU, Walk, houma, ledger_of, messages_of

from models.codes import Outcome, Step
from models.errors import ConflictError, RuleViolation
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Grounds, Rung
from models.matters.facts import Await
from models.office.tables import Unit
from tasks.ladder.escalation import raise_rungs
from tasks.ladder.supervision import SupervisionRequest, supervise

# A verification due on Thursday 2026-11-26 has its circular on Tuesday 12-01.
TUESDAY = houma(30, 9).replace(month=12, day=1)


@pytest.fixture
def drafted(walk: Walk, clock: Clock) -> Walk:
    """The walk of a circular that waits for the bureau's decision."""
    walk.to(Step.VERIFY)
    for moment in (houma(27, 9), houma(27, 15), houma(30, 9), TUESDAY):
        raise_rungs(walk.place, moment)
    clock.now = TUESDAY
    circular = replace(walk, number=f"{walk.number}-T1")
    assert isinstance(circular.advance(), Await)
    return circular


def rung_of(walk: Walk) -> Escalation:
    """Return what became of the rung."""
    with walk.place.reading() as session:
        return session.exec(select(Escalation).where(col(Escalation.rung) == Rung.CIRCULAR)).one()


def told(walk: Walk, kind: str) -> list[tuple[str, str]]:
    """Return whom a kind of message goes to, and its body."""
    return [(m.unit_code, m.body) for m in messages_of(walk.place) if m.kind == kind]


def decide(walk: Walk, ruling: str, explanation: str = "") -> None:
    """Let the bureau decide."""
    walk.answer(Step.PUBLICATION, unit=BUREAU, fields={"ruling": ruling}, explanation=explanation)
    assert walk.advance() is None


def test_nothing_is_published_before_a_person_agrees(drafted: Walk) -> None:
    """The bureau reads the whole text and where to decide."""
    assert told(drafted, "circular") == []
    ((unit, body),) = told(drafted, "circular_draft")
    assert unit == BUREAU
    assert "各有关单位：\n侯马市住房和城乡建设管理局承办的问题线索 侯线〔2026〕1号核查环节已于" in body
    assert "zero137 answer L2026-0001-T1 通报审批" in body
    assert rung_of(drafted).raising.value == "awaiting"


def test_what_is_published_is_what_was_approved_word_for_word(drafted: Walk, clock: Clock) -> None:
    """Every active unit is told once, and the ledger names who decided."""
    ((_, draft),) = told(drafted, "circular_draft")
    clock.now = TUESDAY.replace(hour=12)
    decide(drafted, "同意")
    sent = told(drafted, "circular")
    with drafted.place.reading() as session:
        units = session.exec(select(Unit.code).where(col(Unit.active))).all()
    assert sorted(unit for unit, _ in sent) == sorted(units)
    assert {body in draft for _, body in sent} == {True}
    assert "截至 2026-12-01 已逾期3个工作日，仍未反馈" in sent[0][1]
    assert (rung_of(drafted).raising.value, rung_of(drafted).reason) == ("raised", "发改局 经办人甲")
    assert drafted.file().matter.outcome is Outcome.PUBLISHED
    assert ledger_of(drafted.place, "L2026-0001")[-1].summary == "通报 侯线〔2026〕1号通报1 经批准发布"


def test_a_circular_may_be_withheld_with_reasons_only(drafted: Walk) -> None:
    """Nothing goes out; the reason stands in the ledger of the lead."""
    with pytest.raises(RuleViolation, match="不同意时请写明理由") as caught:
        drafted.answer(Step.PUBLICATION, unit=BUREAU, fields={"ruling": "不同意"})
    assert_is_one_sentence(str(caught.value))
    decide(drafted, "不同意", "该单位已当面说明情况。")
    assert told(drafted, "circular") == []
    assert rung_of(drafted).raising.value == "withheld"
    assert drafted.file().matter.outcome is Outcome.WITHHELD
    last = ledger_of(drafted.place, "L2026-0001")[-1].summary
    assert last == "通报 侯线〔2026〕1号通报1 不予发布：该单位已当面说明情况。"
    raise_rungs(drafted.place, TUESDAY.replace(day=3))
    assert rung_of(drafted).raising.value == "withheld"


def test_an_answer_makes_the_draft_pointless(drafted: Walk) -> None:
    """What is no longer true is not published, whoever agrees."""
    lead = replace(drafted, number="L2026-0001")
    lead.answer(Step.VERIFY)
    assert drafted.file().matter.outcome is Outcome.MOOT
    with pytest.raises(ConflictError, match="该通报稿已办结（无需再审批）"):
        drafted.answer(Step.PUBLICATION, unit=BUREAU, fields={"ruling": "同意"})
    assert told(drafted, "circular") == []
    assert (rung_of(drafted).raising.value, rung_of(drafted).reason) == ("skipped", "核查已反馈")


def test_a_draft_by_hand_names_the_grounds_and_can_be_repeated_after_it_was_withheld(
    walk: Walk, clock: Clock
) -> None:
    """Each draft has its own number, and its own decision."""
    walk.to(Step.VERIFY)
    request = SupervisionRequest(Rung.CIRCULAR, Grounds.SHIRKING, "两次以职责不清为由退件。", "经办人乙")
    first = replace(walk, number=supervise(walk.place, walk.number, request, clock()).circular)
    first.advance()
    assert "推诿：两次以职责不清为由退件。" in told(walk, "circular_draft")[0][1]
    with pytest.raises(ConflictError, match="通报已经发出过"):
        supervise(walk.place, walk.number, request, clock())
    decide(first, "不同意", "先约谈。")
    assert supervise(walk.place, walk.number, request, clock()).circular == "L2026-0001-T2"
