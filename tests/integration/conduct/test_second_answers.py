"""Answers that come second, too late or with evidence of their own: what is kept of them."""

from datetime import UTC, datetime

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from walks.walking import PERSON, Walk, answer_to, contents, ledger_of, register_lead, write_evidence

from models.codes import Step
from models.errors import ConflictError, NotFound, RuleViolation
from tasks.conduct.answers import try_answer
from tasks.evidence.pieces import add_evidence


def test_a_second_answer_is_refused_and_only_noted(walk: Walk) -> None:
    """The first answer wins; of the second only the attempt is kept, in the ledger."""
    walk.to(Step.VERIFY)
    walk.answer(Step.VERIFY)
    before = contents(walk.place)
    other = write_evidence(walk.folder, "另一份.txt", "另一份记录".encode())
    with pytest.raises(ConflictError, match="以先到者为准") as caught:
        walk.answer(Step.VERIFY, person="经办人乙", files=(other,))
    assert_is_one_sentence(str(caught.value))
    noted = ledger_of(walk.place, walk.number)[-1]
    assert (noted.kind, noted.actor, noted.summary) == ("refused", "住建局 经办人乙", str(caught.value))
    after = contents(walk.place)
    assert len(after.pop("ledgerentry")) == len(before.pop("ledgerentry")) + 1
    assert after == before


def test_a_closed_lead_takes_neither_answers_nor_evidence(walk: Walk) -> None:
    """After the closing nothing is added but the note of the attempt."""
    walk.to_closure()
    before = contents(walk.place)
    with pytest.raises(ConflictError, match="已办结（已销号）") as caught:
        walk.answer(Step.REVIEW)
    assert_is_one_sentence(str(caught.value))
    late = write_evidence(walk.folder, "晚.txt", b"late")
    with pytest.raises(RuleViolation, match="不再接收新的印证材料") as caught_too:
        add_evidence(walk.place, walk.number, [late], PERSON, walk.clock())
    assert_is_one_sentence(str(caught_too.value))
    assert ledger_of(walk.place, walk.number)[-1].kind == "refused"
    after = contents(walk.place)
    assert len(after.pop("ledgerentry")) == len(before.pop("ledgerentry")) + 1
    assert after == before


def test_a_signature_after_the_deemed_moment_comes_too_late(walk: Walk, clock: Clock) -> None:
    """Once the term has ended the lead counts as received, whether or not the patrol has noticed."""
    walk.to(Step.RECEIPT)
    clock.now = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    before = contents(walk.place)
    with pytest.raises(RuleViolation, match="视为签收") as caught:
        walk.answer(Step.RECEIPT, fields={"signed_at": "2026-11-24 18:01"})
    assert_is_one_sentence(str(caught.value))
    assert contents(walk.place) == before
    walk.advance()
    with pytest.raises(ConflictError, match="已视为签收，核查期限已开始计算"):
        walk.answer(Step.RECEIPT, fields={"signed_at": "2026-11-24 17:59"})


def test_evidence_of_another_lead_does_not_count(walk: Walk) -> None:
    """A number is only good for the lead the file was handed in for."""
    walk.to(Step.VERIFY)
    other = register_lead(walk.place, walk.clock, title="另一条线索")
    (row,) = add_evidence(walk.place, other, [write_evidence(walk.folder)], PERSON, walk.clock())
    before = contents(walk.place)
    with pytest.raises(NotFound, match=f"没有编号为“E{row.id}”的印证材料"):
        walk.answer(Step.VERIFY, files=(), references=[f"E{row.id}"])
    assert contents(walk.place) == before


def test_evidence_uploaded_before_is_named_by_its_number(walk: Walk) -> None:
    """A file is stored once, however often it is handed in, and an answer may rest on its number alone."""
    walk.to(Step.VERIFY)
    paper_ = write_evidence(walk.folder)
    rows = add_evidence(walk.place, walk.number, [paper_, paper_], PERSON, walk.clock())
    assert [row.id for row in rows] == [rows[0].id] * 2
    walk.answer(Step.VERIFY, files=(paper_,), references=[f"e{rows[0].id}"])
    assert [piece.id for piece in walk.file().assignments[-1].evidence] == [rows[0].id]


def test_a_form_learns_why_it_was_refused(walk: Walk) -> None:
    """The flow shows the sentence above the form instead of failing; a good answer gives no sentence."""
    walk.to(Step.VERIFY)
    wrong = answer_to(Step.VERIFY, walk.folder, explanation="太短")
    refusal = try_answer(walk.place, walk.number, wrong, walk.clock())
    assert refusal.startswith("情况说明过于简单（2字）")
    right = answer_to(Step.VERIFY, walk.folder)
    assert try_answer(walk.place, walk.number, right, walk.clock()) == ""
