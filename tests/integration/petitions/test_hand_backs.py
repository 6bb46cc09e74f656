"""Handing back (退办) and handing over anew (改派): a new round and clock, or the old goes on."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from walks.walking import (
    AUTHORITY,
    BUREAU,
    PDF,
    Walk,
    contents,
    houma,
    ledger_of,
    messages_of,
    write_evidence,
)

from models.codes import Outcome, Step
from models.days.periods import Period
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.errors import ConflictError, NotFound, RuleViolation
from models.ladder.vocabulary import Recipient
from models.lookup.statistics import Dimension
from models.matters.facts import Assign, Await, DeemReceived
from models.matters.timeliness import Timeliness
from tasks.audit.comparison import check_facts
from tasks.audit.verification import verify_ledger
from tasks.conduct.steps import take_step
from tasks.conduct.withdrawing import withdraw_by_hand
from tasks.documents.issuing import documents_of
from tasks.ladder.escalation import raise_rungs
from tasks.lookup.board import read_board
from tasks.lookup.leads.counting import read_statistics
from tasks.lookup.stories import explain_due, tell_matter, tell_story
from tasks.matters.reading import find_matter
from tasks.mechanisms.leads.changes.redirecting import RedirectionRequest, redirect_lead
from tasks.petitions.hand_backs import HandBackRequest, hand_back

# Another authority of the packaged directory than the one a lead is handed to first.
OTHER = "XSPJ"
GROUNDS = "招标文件由行政审批部门编制，我单位无管辖权。"


@pytest.fixture
def handed(walk: Walk) -> Walk:
    """A lead whose receipt is owed: handed over on Monday 2026-11-23, to be signed by Tuesday 18:00."""
    return walk.to(Step.RECEIPT)


def ask(walk: Walk, unit: str = AUTHORITY, grounds: str = GROUNDS) -> Walk:
    """Hand a lead back; returns the walk of the request, up to where the bureau owes its decision."""
    number = hand_back(walk.place, walk.number, HandBackRequest(unit, "经办人乙", grounds), walk.clock())
    asked = replace(walk, number=number)
    assert isinstance(asked.advance(), Await)
    return asked


def decide(asked: Walk, step: Step = Step.HAND_BACK, explanation: str = "", **fields: str) -> None:
    """Let the bureau decide and the request come to its end."""
    asked.answer(step, unit=BUREAU, fields=fields, explanation=explanation)
    assert asked.advance() is None


def letters(walk: Walk) -> list[tuple[str, DocumentStatus]]:
    """Return to whom transfer letters were written, and whether they are in force."""
    with walk.place.reading() as session:
        found = documents_of(session, find_matter(session, walk.number))
    return [(d.content["recipient"], d.status) for d in found if d.kind is DocumentKind.TRANSFER_LETTER]


def owed(walk: Walk) -> tuple[Step, str, int, date]:
    """Return what is owed now: step, unit, round and due day."""
    row = walk.file().open_assignment
    assert row is not None
    return row.step, row.unit_code, row.round, row.due_on


def test_what_was_handed_back_goes_to_another_unit_with_a_new_letter_and_clock(
    handed: Walk, clock: Clock
) -> None:
    """The old letter is withdrawn, the old unit is told, and in no figure does it appear as late."""
    clock.now = houma(24, 10)
    asked = ask(handed)
    assert asked.number == "L2026-0001-B1"
    (told,) = (m for m in messages_of(handed.place) if m.kind == "hand_back")
    assert (told.unit_code, told.recipient, GROUNDS in told.body) == (BUREAU, Recipient.UNIT, True)
    assert "请于 2026-11-25（星期三） 前决定" in told.subject
    clock.now = houma(25, 16)
    decide(asked, assigning="改派", authority=OTHER, cooperating="")
    assert asked.file().matter.outcome is Outcome.HANDED_ON
    assert isinstance(handed.advance(), Await)
    # Handed over anew on Wednesday: to be signed by Thursday.
    assert owed(handed) == (Step.RECEIPT, OTHER, 2, date(2026, 11, 26))
    names = [unit for unit, _ in letters(handed)]
    assert [status for _, status in letters(handed)] == [DocumentStatus.WITHDRAWN, DocumentStatus.ISSUED]
    assert names[0] != names[1]
    (gone,) = (m for m in messages_of(handed.place) if m.kind == "redirected")
    assert (gone.unit_code, "你单位不再承办" in gone.body, "侯发改移函〔2026〕1号" in gone.body) == (
        AUTHORITY, True, True,
    )  # fmt: skip
    assert [m.unit_code for m in messages_of(handed.place) if m.kind == "transfer"] == [AUTHORITY, OTHER]
    kinds = [entry.kind for entry in ledger_of(handed.place, handed.number)]
    assert kinds[-4:] == ["redirected", "document_withdrawn", "assigned", "document_issued"]
    check_facts(handed.place)
    verify_ledger(handed.place)
    statistics = read_statistics(handed.place, Period(None, None), clock())
    tally = statistics.by([Dimension.UNIT])[AUTHORITY,]
    assert (tally.due, tally.timeliness[Timeliness.MOOT]) == (0, 1)
    story = tell_story(handed.place, handed.number)
    (first,) = (step for step in story["steps"] if step["unit"].endswith("住房和城乡建设管理局"))
    assert first["timeliness"] == Timeliness.MOOT.label
    assert "改派单位：" in first["decision"]
    handed.to_closure()
    assert handed.file().matter.outcome is Outcome.RECTIFIED
    assert "（逾期环节" not in ledger_of(handed.place, handed.number)[-1].summary


def test_while_it_waits_nothing_is_deemed_and_nobody_is_urged(handed: Walk, clock: Clock) -> None:
    """And where the bureau insists, the old clock has gone on: what had come due by then comes."""
    clock.now = houma(24, 17)
    asked = ask(handed)
    assert "退办待定" in tell_matter(handed.place, handed.number, clock()).label.tags
    clock.now = houma(25, 10)
    assert isinstance(take_step(handed.place, handed.number, clock()), Await)
    decide(asked, assigning="维持", explanation="该招标文件由你单位监管，应由你单位办理。")
    assert asked.file().matter.outcome is Outcome.INSISTED
    (reply,) = (m for m in messages_of(handed.place) if m.kind == "hand_back_reply")
    assert (reply.unit_code, "仍由你单位办理" in reply.body) == (AUTHORITY, True)
    assert "期限仍为 2026-11-24（星期二） 18:00" in reply.body
    assert "应由你单位办理" in reply.body
    assert isinstance(take_step(handed.place, handed.number, clock()), DeemReceived)
    assert [status for _, status in letters(handed)] == [DocumentStatus.ISSUED]


def test_a_verification_is_handed_back_and_its_ladder_waits(walk: Walk, clock: Clock) -> None:
    """The deadline passes, nobody hears of it, and the decision lets the ladder go on with 催办."""
    walk.to(Step.VERIFY)
    clock.now = houma(26, 16)
    asked = ask(walk)
    clock.now = houma(27, 10)
    raise_rungs(walk.place, clock())
    assert not [m for m in messages_of(walk.place) if m.kind == "urge" and m.unit_code == AUTHORITY]
    decide(asked, assigning="维持", explanation="属于你单位职责。")
    raise_rungs(walk.place, clock())
    urged = [m.recipient for m in messages_of(walk.place) if m.kind == "urge" and m.unit_code == AUTHORITY]
    assert urged == [Recipient.UNIT, Recipient.LEADER]


def test_a_second_refusal_by_another_unit_is_for_the_head_of_the_bureau(handed: Walk, clock: Clock) -> None:
    """The same question by the first unit again is none: it was answered."""
    decide(ask(handed), assigning="改派", authority=OTHER)
    handed.advance()
    clock.now = houma(24, 9)
    second = ask(handed, OTHER, "该线索不涉及审批，属行业监管。")
    row = second.file().open_assignment
    assert row is not None
    assert row.step is Step.SECOND_HAND_BACK
    told = [m for m in messages_of(handed.place) if m.kind == "hand_back"]
    assert [(m.recipient, m.tag) for m in told] == [
        (Recipient.UNIT, BUREAU), (Recipient.LEADER, f"{BUREAU}-leader"),
    ]  # fmt: skip
    assert told[1].body.splitlines()[0].endswith("主要负责人：")
    decide(second, Step.SECOND_HAND_BACK, assigning="改派", authority=AUTHORITY)
    handed.advance()
    assert owed(handed)[:3] == (Step.RECEIPT, AUTHORITY, 3)


@pytest.mark.parametrize(
    ("unit", "fields", "explanation", "told"),
    [
        (BUREAU, {"assigning": "改派", "authority": AUTHORITY}, "", "正是提出退办的单位"),
        (BUREAU, {"assigning": "改派"}, "", "请填写主管单位"),
        (BUREAU, {"assigning": "维持"}, "", "请写明理由"),
        (BUREAU, {"assigning": "改派", "authority": OTHER, "cooperating": OTHER}, "", "不必再列为协办单位"),
        (AUTHORITY, {"assigning": "维持"}, "同意。", "不能代为反馈"),
        (BUREAU, {}, "同意。", "不在可选范围内"),
    ],
)
def test_a_decision_nobody_could_act_on_is_refused(
    handed: Walk, unit: str, fields: dict[str, str], explanation: str, told: str
) -> None:
    """Nothing is written."""
    asked = ask(handed)
    before = contents(handed.place)
    with pytest.raises(RuleViolation, match=told) as refused:
        asked.answer(Step.HAND_BACK, unit=unit, fields=fields, explanation=explanation)
    assert_is_one_sentence(str(refused.value))
    assert contents(handed.place) == before


def test_who_may_hand_back_and_when(walk: Walk, clock: Clock) -> None:
    """The unit that has it, before it says what it found, once for each handing over, with grounds."""

    def refused(unit: str = AUTHORITY, grounds: str = GROUNDS) -> str:
        before = contents(walk.place)
        request = HandBackRequest(unit, "经办人乙", grounds)
        with pytest.raises((RuleViolation, ConflictError, NotFound)) as error:
            hand_back(walk.place, walk.number, request, clock())
        assert contents(walk.place) == before
        assert_is_one_sentence(str(error.value))
        return str(error.value)

    walk.to(Step.TRANSFER)
    assert refused() == "只有签收、核查环节可以退办，该线索当前环节：移交。"
    walk.to(Step.RECEIPT)
    assert "不能退办" in refused(OTHER)
    assert refused(grounds=" ") == "退办理由不能为空。"
    asked = ask(walk)
    assert "请等待发展改革部门决定" in refused()
    decide(asked, assigning="维持", explanation="属于你单位职责。")
    assert "已决定不同意退办" in refused()
    walk.to(Step.VERIFY)
    assert "已决定不同意退办" in refused()
    walk.to(Step.RECTIFY)
    assert "当前环节：整改" in refused()
    walk.to_closure()
    assert "已办结" in refused()


def test_a_signature_makes_the_request_pointless(handed: Walk) -> None:
    """Whoever signs has it; the verification may still be handed back."""
    asked = ask(handed)
    handed.answer(Step.RECEIPT)
    assert asked.file().matter.outcome is Outcome.MOOT
    handed.advance()
    assert ask(handed).number == "L2026-0001-B2"


def test_the_bureau_hands_over_anew_by_itself(walk: Walk, clock: Clock) -> None:
    """At the verification too; what was asked meanwhile need not be decided any more."""
    walk.to(Step.VERIFY)
    clock.now = houma(25, 9)
    asked = ask(walk)
    request = RedirectionRequest(OTHER, "", "职能已于本月划转。", "经办人甲")
    assert redirect_lead(walk.place, walk.number, request, clock()) == walk.number
    assert asked.file().matter.outcome is Outcome.MOOT
    walk.advance()
    assert owed(walk) == (Step.RECEIPT, OTHER, 2, date(2026, 11, 26))
    with pytest.raises(ConflictError, match="已改派其他单位办理"):
        walk.answer(Step.VERIFY)
    walk.answer(Step.RECEIPT, unit=OTHER)
    walk.advance()
    assert owed(walk) == (Step.VERIFY, OTHER, 2, date(2026, 11, 30))
    board = read_board(walk.place, clock())
    assert [(row["step"], row["open"]) for row in board["rows"]] == [("核查", 1)]
    assert board["rows"][0]["authority"] != "侯马市住房和城乡建设管理局"
    with pytest.raises(RuleViolation, match="不必改派"):
        redirect_lead(walk.place, walk.number, request, clock())
    check_facts(walk.place)


def test_while_the_letter_is_withdrawn_the_clock_stands_still(handed: Walk, clock: Clock) -> None:
    """No receipt is deemed, no rung raised, no answer taken, until it is handed over anew."""
    done = withdraw_by_hand(handed.place, "侯发改移函〔2026〕1号", "文中事实有误。", "经办人甲", clock())
    assert "已停止计时" in done.effect
    assert "停止计时" in tell_matter(handed.place, handed.number, clock()).label.tags
    assert "停止计时" in explain_due(handed.place, handed.number)[-1][1][-1]
    clock.now = houma(30, 10)
    assert not raise_rungs(handed.place, clock())
    assert isinstance(take_step(handed.place, handed.number, clock()), Await)
    with pytest.raises(RuleViolation, match="移交函已撤回"):
        handed.answer(Step.RECEIPT)
    with pytest.raises(RuleViolation, match="移交函已撤回"):
        ask(handed)
    request = RedirectionRequest(AUTHORITY, "", "更正后重新移交。", "经办人甲")
    redirect_lead(handed.place, handed.number, request, clock())
    assert isinstance(take_step(handed.place, handed.number, clock()), Assign)
    assert owed(handed) == (Step.RECEIPT, AUTHORITY, 2, date(2026, 12, 1))
    assert [status for _, status in letters(handed)] == [DocumentStatus.WITHDRAWN, DocumentStatus.ISSUED]


def test_after_its_term_a_matter_may_be_handed_back_but_the_ladder_goes_on(walk: Walk, clock: Clock) -> None:
    """Or whoever is late would need no more than a word."""
    walk.to(Step.VERIFY)
    clock.now = houma(27, 9, 30)
    ask(walk)
    row = walk.file().open_assignment
    assert row is not None
    assert row.held is False
    assert "期限此前已满，督办照常" in ledger_of(walk.place, walk.number)[-1].summary


def test_papers_go_with_it(handed: Walk, papers: Path) -> None:
    """They are stored with the lead, and the request rests on them."""
    paper = write_evidence(papers, "三定规定.pdf", PDF + b"% mandate\n")
    request = HandBackRequest(AUTHORITY, "经办人乙", GROUNDS, [paper])
    number = hand_back(handed.place, handed.number, request, handed.clock())
    story = tell_story(handed.place, number)
    assert [piece["name"] for piece in story["evidence"]] == ["三定规定.pdf"]
    check_facts(handed.place)
