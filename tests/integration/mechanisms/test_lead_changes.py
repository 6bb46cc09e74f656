"""What goes wrong with a lead: typed wrongly, withdrawn, reported twice, registered by mistake, come back."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from walks.walking import (
    AUTHORITY,
    BUREAU,
    PDF,
    PERSON,
    RESPONSIBLE,
    Walk,
    contents,
    draft_lead,
    houma,
    ledger_of,
    messages_of,
    register_lead,
    write_evidence,
)

from models.codes import Outcome, Step
from models.days.periods import Period
from models.documents.vocabulary import DocumentKind
from models.errors import ConflictError, NotFound, RuleViolation
from models.lookup.statistics import Dimension
from models.matters.facts import Await
from models.mechanisms.leads.tables import Lead
from models.mechanisms.leads.vocabulary import CallOff
from tasks.archive.archiving import archive_matter
from tasks.archive.exports.exporting import export_archive
from tasks.archive.exports.verifying import verify_export
from tasks.audit.comparison import check_facts
from tasks.audit.verification import verify_ledger
from tasks.conduct.coming_due import open_due
from tasks.documents.issuing import documents_of
from tasks.evidence.pieces import add_evidence, evidence_of
from tasks.lookup.board import read_board
from tasks.lookup.leads.counting import read_statistics
from tasks.lookup.stories import explain_due, tell_story
from tasks.matters.reading import find_matter, key_of
from tasks.mechanisms.leads.changes.calling_off import CalledOff, CallOffRequest, call_off
from tasks.mechanisms.leads.changes.correcting import Corrected, CorrectionRequest, correct_lead
from tasks.mechanisms.leads.changes.redirecting import RedirectionRequest, redirect_lead
from tasks.mechanisms.leads.registering import register_leads
from tasks.petitions.extensions import ExtensionRequest, request_extension

WHY = "经与转送单位核对。"


def correct(walk: Walk, **given: str) -> Corrected:
    """Correct a lead now."""
    return correct_lead(walk.place, walk.number, CorrectionRequest(given, WHY, PERSON), walk.clock())


def end(walk: Walk, why: CallOff, **more: str) -> CalledOff:
    """Call a lead off now."""
    return call_off(walk.place, walk.number, CallOffRequest(why, WHY, PERSON, **more), walk.clock())


def another(walk: Walk, **cells: object) -> Walk:
    """Return another lead, just registered."""
    return replace(walk, number=register_lead(walk.place, walk.clock, **cells))


def told(walk: Walk, kind: str) -> list[str]:
    """Return the units that were sent a message of a kind about a lead."""
    with walk.place.reading() as session:
        key = key_of(find_matter(session, walk.number))
    return [m.unit_code for m in messages_of(walk.place) if m.kind == kind and m.matter_id == key]


def letters(walk: Walk, kind: DocumentKind) -> list[tuple[str, str]]:
    """Return to whom documents of a kind went, and what they say."""
    with walk.place.reading() as session:
        found = documents_of(session, find_matter(session, walk.number))
    return [
        (d.content["recipient"], "\n".join(block["text"] for block in d.content["body"]))
        for d in found
        if d.kind is kind
    ]


# Correction.


def test_a_correction_keeps_both_and_tells_who_works_on_it(walk: Walk, clock: Clock) -> None:
    """The list, the story and the ledger agree, and the source file it came from is still known."""
    walk.to(Step.VERIFY)
    before = draft_lead(walk.place, clock)
    done = correct(walk, title="要求企业设立子公司方可投标", document_number="示例转办〔2026〕9号")
    assert done.changes == [
        "标题：原“要求企业在本地设立子公司方可投标”，现“要求企业设立子公司方可投标”",
        "来文文号：原“无”，现“示例转办〔2026〕9号”",
    ]
    assert walk.file().matter.title == "要求企业设立子公司方可投标"
    (entry,) = (e for e in ledger_of(walk.place, walk.number) if e.kind == "corrected")
    assert (entry.detail["before"]["title"], entry.detail["after"]["title"]) == (
        "要求企业在本地设立子公司方可投标", "要求企业设立子公司方可投标",
    )  # fmt: skip
    assert (entry.actor, entry.detail["grounds"]) == (f"发改局 {PERSON}", WHY)
    assert told(walk, "corrected") == [AUTHORITY]
    (message,) = (m for m in messages_of(walk.place) if m.kind == "corrected")
    assert all(change in message.body for change in done.changes)
    check_facts(walk.place)
    verify_ledger(walk.place)
    again = register_leads(walk.place, [before], PERSON, clock())
    assert [(one.number, one.created) for one in again] == [(walk.number, False)]
    corrected = draft_lead(
        walk.place, clock, title="要求企业设立子公司方可投标", document_number="示例转办〔2026〕9号"
    )
    assert register_leads(walk.place, [corrected], PERSON, clock())[0].number == walk.number


def test_a_receipt_that_was_typed_wrongly_moves_the_transfer(walk: Walk, clock: Clock) -> None:
    """Received on Friday 20, not Monday 23: due on Monday; nobody becomes overdue in the past."""
    walk.to(Step.TRANSFER)
    correct(walk, received_at="2026-11-20 15:00")
    row = walk.file().open_assignment
    assert row is not None
    assert (row.clock_start, row.due_on) == (date(2026, 11, 20), date(2026, 11, 23))
    (entry,) = (e for e in ledger_of(walk.place, walk.number) if e.kind == "due_recomputed")
    assert entry.summary == "因更正收到时间，移交到期日由 2026-11-24 调整为 2026-11-23"
    clock.now = houma(23, 17)
    correct(walk, received_at="2026-11-10")
    row = walk.file().open_assignment
    assert row is not None
    assert row.due_on == date(2026, 11, 23), "a term that had ended before is not put in force now"
    account = explain_due(walk.place, walk.number)[0][1]
    assert account[-1] == (
        "登记的到期日为 2026-11-23（星期一）：放假安排或登记内容其后有调整，不使已定期限变为逾期。"
    )
    check_facts(walk.place)


def test_a_category_that_has_no_barrier_takes_it_along(walk: Walk) -> None:
    """Both changes are told."""
    hidden = another(walk, title="隐性壁垒", category="违规设置隐性壁垒", barrier="05")
    done = correct(hidden, category="政府违规审批")
    assert [change.partition("：")[0] for change in done.changes] == ["类别", "壁垒类型"]
    assert hidden.file().subject.barrier is None
    check_facts(walk.place)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "与现有登记一致"),
        ({"title": "要求企业在本地设立子公司方可投标"}, "与现有登记一致"),
        ({"title": "一" * 201}, "超过200字"),
        ({"received_at": "2099-01-01"}, "不能在将来"),
        ({"source_level": "县"}, "不在可选范围内"),
    ],
)
def test_a_correction_that_corrects_nothing_is_refused(
    walk: Walk, given: dict[str, str], sentence: str
) -> None:
    """Nothing is written."""
    before = contents(walk.place)
    with pytest.raises(RuleViolation, match=sentence) as error:
        correct(walk, **given)
    assert_is_one_sentence(str(error.value))
    assert contents(walk.place) == before


def test_a_correction_never_makes_two_leads_of_one(walk: Walk, clock: Clock) -> None:
    """Nor changes what is closed, or lets a transfer lie before the receipt."""
    other = another(walk, title="另一条线索")
    with pytest.raises(ConflictError, match="L2026-0002"):
        correct(walk, title="另一条线索")
    walk.to(Step.RECEIPT)
    clock.now = houma(24, 10)
    with pytest.raises(RuleViolation, match="不能晚于移交时间"):
        correct(walk, received_at="2026-11-24 09:30")
    walk.to_closure()
    with pytest.raises(ConflictError, match="已办结"):
        correct(walk, title="改")
    assert other.number == "L2026-0002"


def test_what_waits_for_a_decision_bears_the_new_title(walk: Walk, papers: Path) -> None:
    """The approver reads what is right."""
    walk.to(Step.RECTIFY)
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"%request")
    request = ExtensionRequest(AUTHORITY, PERSON, "2026-12-07", "须经合法性审查。", [paper])
    asked = request_extension(walk.place, walk.number, request, walk.clock())
    correct(walk, title="更正后的标题")
    assert replace(walk, number=asked).file().matter.title == "延期申请：更正后的标题"
    assert sorted(told(walk, "corrected")) == sorted([AUTHORITY, RESPONSIBLE])


# Calling off.


def test_what_was_withdrawn_is_closed_outside_all_rates_and_reported(walk: Walk, clock: Clock) -> None:
    """Who works on it is told; a late step of it counts nowhere."""
    walk.to(Step.VERIFY)
    clock.now = houma(27, 10)
    done = end(walk, CallOff.WITHDRAWN, reference="示例函〔2026〕15号")
    assert done.outcome is Outcome.WITHDRAWN
    ((to, text),) = letters(walk, DocumentKind.CALL_OFF_REPORT)
    assert to == "国家发展和改革委员会"
    assert "转送单位已撤回该线索（示例函〔2026〕15号）。经与转送单位核对。" in text
    assert told(walk, "called_off") == [BUREAU, AUTHORITY]
    assert walk.advance() is None
    statistics = read_statistics(walk.place, Period(None, None), clock())
    assert statistics.by([Dimension.UNIT]) == {}
    board = read_board(walk.place, clock())
    assert (board["open"], board["overdue"], board["closed_on_time"], board["closed_late"]) == (0, 0, 0, 0)
    entry = ledger_of(walk.place, walk.number)
    assert "called_off" in {each.kind for each in entry}
    assert archive_matter(walk.place, walk.number, clock()).number
    check_facts(walk.place)
    verify_ledger(walk.place)
    with pytest.raises(ConflictError, match="已办结"):
        walk.answer(Step.VERIFY)


def test_a_duplicate_goes_into_the_other_and_both_senders_are_answered(
    walk: Walk, clock: Clock, papers: Path
) -> None:
    """Its evidence and number go along; the report of each level names its own."""
    double = another(walk, title="同一问题", source_level="省", document_number="示例省转〔2026〕3号")
    paper = write_evidence(papers, "举报材料.pdf", PDF + b"% double\n")
    add_evidence(walk.place, double.number, [paper], PERSON, clock())
    double.to(Step.RECEIPT)
    done = end(double, CallOff.DUPLICATE, into=walk.number)
    assert (done.outcome, done.into, done.report) == (Outcome.MERGED, walk.number, "")
    with walk.place.reading() as session:
        pieces = evidence_of(session, find_matter(session, walk.number))
    assert [piece.name for piece in pieces] == ["举报材料.pdf"]
    story = dict(tell_story(walk.place, walk.number)["particulars"])
    assert story["并入本线索"] == "侯线〔2026〕2号（L2026-0002，重复，已并入）"
    assert dict(tell_story(walk.place, double.number)["particulars"])["已并入"] == (
        "侯线〔2026〕1号（L2026-0001，在办）"
    )
    walk.to_closure()
    reports = dict(letters(walk, DocumentKind.CLOSING_REPORT))
    assert set(reports) == {"国家发展和改革委员会", "山西省发展和改革委员会"}
    assert "省（示例省转〔2026〕3号）归集转送" in reports["山西省发展和改革委员会"]
    assert "示例省转" not in reports["国家发展和改革委员会"]
    closing = [m for m in messages_of(walk.place) if m.kind == "closure" and m.unit_code == BUREAU]
    assert len({m.document_number for m in closing}) == 2
    again = register_leads(
        walk.place,
        [
            draft_lead(
                walk.place, clock, title="同一问题", source_level="省", document_number="示例省转〔2026〕3号"
            )
        ],
        PERSON,
        clock(),
    )
    assert again[0].label == "侯线〔2026〕2号（L2026-0002，重复，已并入）"
    check_facts(walk.place)


def test_what_was_registered_by_mistake_is_ended_without_a_report(walk: Walk, papers: Path) -> None:
    """What waited for a decision about it need not be decided any more."""
    walk.to(Step.RECTIFY)
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"%request")
    request = ExtensionRequest(AUTHORITY, PERSON, "2026-12-07", "须经合法性审查。", [paper])
    asked = replace(walk, number=request_extension(walk.place, walk.number, request, walk.clock()))
    done = end(walk, CallOff.MISTAKEN)
    assert (done.outcome, done.report) == (Outcome.MISTAKEN, "")
    assert asked.file().matter.outcome is Outcome.MOOT
    assert told(walk, "called_off") == [AUTHORITY, RESPONSIBLE]
    assert not letters(walk, DocumentKind.CALL_OFF_REPORT)


def test_calling_off_what_cannot_be_is_refused(walk: Walk) -> None:
    """With one sentence each, and nothing written."""
    walk.to(Step.RECEIPT)
    other = another(walk, title="另一条线索")
    end(another(walk, title="第三条线索"), CallOff.DUPLICATE, into=walk.number)

    def refused(which: Walk, why: CallOff, **more: str) -> str:
        before = contents(walk.place)
        with pytest.raises((RuleViolation, ConflictError, NotFound)) as error:
            end(which, why, **more)
        assert_is_one_sentence(str(error.value))
        assert contents(walk.place) == before
        return str(error.value)

    assert "不能为空" in refused(other, CallOff.WITHDRAWN)
    assert "不能并入自身" in refused(other, CallOff.DUPLICATE, into=other.number)
    assert "没有编号" in refused(other, CallOff.DUPLICATE, into="L2026-0099")
    assert "只有重复的线索" in refused(other, CallOff.MISTAKEN, into=walk.number)
    assert "其来文单位尚待答复" in refused(walk, CallOff.MISTAKEN)
    walk.to_closure()
    assert "请登记为反弹" in refused(other, CallOff.DUPLICATE, into=walk.number)
    assert "不能再终止办理" in refused(walk, CallOff.MISTAKEN)


def test_an_exported_archive_says_what_was_changed_and_is_verified(
    walk: Walk, clock: Clock, tmp_path: Path
) -> None:
    """Redirected, corrected, with a double: names of other leads, no keys of our database."""
    walk.to(Step.RECEIPT)
    redirect_lead(walk.place, walk.number, RedirectionRequest("XSPJ", "", "职能划转。", PERSON), clock())
    correct(walk, document_number="示例转办〔2026〕9号")
    end(another(walk, title="同一问题"), CallOff.DUPLICATE, into=walk.number)
    walk.to_closure()
    archive_matter(walk.place, walk.number, clock())
    done = export_archive(walk.place, walk.number, tmp_path / "存放", PERSON, clock())
    assert verify_export(done.path).lead == walk.number
    facts = json.loads((done.path / "办理情况.json").read_text(encoding="utf-8"))
    (told,) = (matter for matter in facts["matters"] if matter["number"] == walk.number)
    assert told["related"] == {"merged": ["L2026-0002"]}
    assert {"merged_into_id", "relapse_of_id", "paused"}.isdisjoint(
        {*told, *told["lead"], *told["assignments"][0]}
    )
    decisions = [each["answer"]["decision"] for each in told["assignments"]]
    assert decisions[:3] == ["", "redirected", ""]
    letters_ = [(each["kind"], each["status"]) for each in told["documents"]][:2]
    assert letters_ == [("transfer_letter", "withdrawn"), ("transfer_letter", "issued")]


# Looking back.


def test_some_months_after_a_closing_the_bureau_looks_back(walk: Walk, clock: Clock) -> None:
    """Closed on 23 November: on 23 May it is opened once; what holds is closed with a word."""
    walk.to_closure()
    clock.now = datetime(2027, 5, 22, 2, 0, tzinfo=UTC)
    assert open_due(walk.place, clock()) == []
    clock.now = datetime(2027, 5, 24, 2, 0, tzinfo=UTC)
    assert open_due(walk.place, clock()) == ["L2026-0001-H1"]
    assert open_due(walk.place, clock()) == []
    look = replace(walk, number="L2026-0001-H1")
    assert isinstance(look.advance(), Await)
    (message,) = (m for m in messages_of(walk.place) if m.kind == "look_back")
    assert (message.unit_code, "侯线〔2026〕1号（L2026-0001）" in message.body) == (BUREAU, True)
    assert read_board(walk.place, clock())["rows"][0]["step"] == "回头看"
    with pytest.raises(RuleViolation, match="请写明回头看的情况"):
        look.answer(Step.LOOK_BACK, fields={"holding": "未反弹"})
    look.answer(Step.LOOK_BACK, fields={"holding": "未反弹"}, explanation="现场核查，未再设置该条件。")
    assert look.advance() is None
    assert look.file().matter.outcome is Outcome.HOLDING
    check_facts(walk.place)
    verify_ledger(walk.place)


def test_what_has_come_back_is_a_lead_of_its_own(walk: Walk, clock: Clock) -> None:
    """Both stories show it, and it counts against the unit that had rectified it."""
    walk.to_closure()
    clock.now = datetime(2027, 5, 24, 2, 0, tzinfo=UTC)
    open_due(walk.place, clock())
    look = replace(walk, number="L2026-0001-H1")
    look.advance()
    look.answer(Step.LOOK_BACK, fields={"holding": "反弹"}, explanation="新的招标文件又要求设立子公司。")
    assert look.advance() is None
    assert look.file().matter.outcome is Outcome.RELAPSED
    back = replace(walk, number="L2027-0001")
    assert isinstance(back.advance(), Await)
    assert back.file().subject.facts == "新的招标文件又要求设立子公司。"
    assert dict(tell_story(walk.place, walk.number)["particulars"])["反弹"] == (
        "侯线〔2027〕1号（L2027-0001，在办）"
    )
    assert dict(tell_story(walk.place, back.number)["particulars"])["反弹自"] == (
        "侯线〔2026〕1号（L2026-0001，已销号）"
    )
    statistics = read_statistics(walk.place, Period(None, None), clock())
    assert {unit: t.relapses for (unit,), t in statistics.by([Dimension.UNIT]).items() if t.relapses} == {
        RESPONSIBLE: 1
    }
    check_facts(walk.place)


def test_a_relapse_is_registered_by_hand_and_only_of_what_is_closed(walk: Walk, clock: Clock) -> None:
    """The same words once more are another lead; twice they are one."""
    again = draft_lead(walk.place, clock, relapse_of="l2026-0001")
    with pytest.raises(RuleViolation, match="仍在办理"):
        register_leads(walk.place, [again], PERSON, clock())
    walk.to_closure()
    first, second = (register_leads(walk.place, [again], PERSON, clock())[0] for _ in range(2))
    assert (first.number, first.created, second.number, second.created) == (
        "L2026-0002", True, "L2026-0002", False,
    )  # fmt: skip
    with walk.place.reading() as session:
        lead = session.get_one(Lead, key_of(find_matter(session, "L2026-0002")))
        assert lead.relapse_of_id == key_of(find_matter(session, walk.number))
    assert ledger_of(walk.place, walk.number)[-1].summary == "反弹，另行登记为侯线〔2026〕2号（L2026-0002）"
    with pytest.raises(NotFound):
        register_leads(walk.place, [draft_lead(walk.place, clock, relapse_of="L2026-0077")], PERSON, clock())
