"""Each step happens once and as a whole: repeated, from two threads, or broken off half-way."""

import pytest
from mishaps.accidents import PowerCut, at_once, power_cut_before
from walks.walking import LEAD_STEPS, Walk, answer_to, contents, ledger_of, messages_of

from models.codes import Step
from models.errors import ConflictError
from models.matters.facts import Assign, Await, Close, NextStep
from tasks.conduct.answers import record_answer
from tasks.conduct.steps import take_step


def test_a_step_taken_again_writes_nothing(walk: Walk) -> None:
    """At every stop of the life cycle a replay finds everything done."""
    for step in LEAD_STEPS:
        walk.to(step)
        before = contents(walk.place)
        assert isinstance(take_step(walk.place, walk.number, walk.clock()), Await)
        assert contents(walk.place) == before
    walk.to_closure()
    before = contents(walk.place)
    assert take_step(walk.place, walk.number, walk.clock()) is None
    assert contents(walk.place) == before


def test_two_runs_at_once_take_every_step_once(walk: Walk) -> None:
    """Two threads conduct the same lead: one takes each step, the other finds it taken."""
    taken: list[NextStep | Exception | None] = []
    while walk.file().matter.outcome is None:
        found = at_once(lambda: take_step(walk.place, walk.number, walk.clock()))
        taken += [step for step in found if step is not None and not isinstance(step, Await)]
        if owed := walk.file().open_assignment:
            walk.answer(owed.step)
    assert [type(step) for step in taken] == [Assign] * 5 + [Close]
    rows = [(a.row.step, a.row.round) for a in walk.file().assignments]
    assert rows == [(step, 1) for step in LEAD_STEPS]
    keys = [message.dedupe_key for message in messages_of(walk.place)]
    assert len(keys) == len(set(keys)) == 6
    sequences = [entry.sequence for entry in ledger_of(walk.place, walk.number)]
    assert sequences == list(range(1, 16))


def test_of_two_answers_at_once_the_first_wins(walk: Walk) -> None:
    """Both forms of one step are sent at the same moment; one is kept, the other noted as refused."""
    walk.to(Step.VERIFY)
    submission = answer_to(Step.VERIFY, walk.folder)
    found = at_once(lambda: record_answer(walk.place, walk.number, submission, walk.clock()))
    assert sorted(isinstance(result, ConflictError) for result in found) == [False, True]
    kinds = [entry.kind for entry in ledger_of(walk.place, walk.number)]
    assert (kinds.count("answered"), kinds.count("refused")) == (3, 1)
    (piece,) = walk.file().assignments[-1].evidence
    assert piece.name == "核查记录.pdf"


@pytest.mark.parametrize("statement", ["INSERT INTO ledgerentry", "INSERT INTO message"])
def test_a_step_that_breaks_off_leaves_nothing(walk: Walk, statement: str) -> None:
    """An assignment without its ledger entry or its message does not exist; later it is made whole."""
    walk.to(Step.TRANSFER)
    walk.answer(Step.TRANSFER)
    before = contents(walk.place)
    with power_cut_before(walk.place, statement), pytest.raises(PowerCut):
        take_step(walk.place, walk.number, walk.clock())
    assert contents(walk.place) == before
    assert isinstance(take_step(walk.place, walk.number, walk.clock()), Assign)
    assert [message.kind for message in messages_of(walk.place)] == ["transfer"]


def test_a_message_that_cannot_be_written_leaves_no_step(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps a message from being written stops the step that would have sent it."""

    def broken(*_: object) -> None:
        raise LookupError("there is no place for messages")

    walk.to(Step.RECTIFY)
    walk.answer(Step.RECTIFY)
    walk.advance()
    walk.answer(Step.REVIEW)
    before = contents(walk.place)
    with monkeypatch.context() as patch:
        patch.setattr("tasks.messages.posting.insert_into", broken)
        with pytest.raises(LookupError):
            walk.advance()
    assert contents(walk.place) == before
    assert walk.advance() is None
    assert walk.file().matter.outcome is not None


@pytest.mark.parametrize("statement", ["INSERT INTO answerevidence", "INSERT INTO ledgerentry"])
def test_an_answer_that_breaks_off_leaves_no_rows(walk: Walk, statement: str) -> None:
    """The assignment stays open and the same answer is taken afterwards."""
    walk.to(Step.VERIFY)
    before = contents(walk.place)
    with power_cut_before(walk.place, statement), pytest.raises(PowerCut):
        walk.answer(Step.VERIFY)
    after = contents(walk.place)
    # A file without a row harms nobody: it lies under its own digest and is found again.
    assert {**after, "evidence files": before["evidence files"]} == before
    walk.answer(Step.VERIFY)
    assert [entry.kind for entry in ledger_of(walk.place, walk.number)][-1] == "answered"
