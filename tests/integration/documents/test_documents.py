"""Official documents: which are issued when, their numbers, their withdrawal, and what the ledger keeps."""

from datetime import UTC, datetime, timedelta

import pytest
from conftest import Clock
from mishaps.accidents import at_once
from sqlmodel import col, select
from walks.walking import (
    AUTHORITY,
    PERSON,
    Walk,
    houma,
    ledger_of,
    messages_of,
    register_lead,
    write_evidence,
)

from models.codes import Step
from models.documents.official import document_from_json
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.errors import ConflictError, NotFound, RuleViolation
from models.ladder.vocabulary import Grounds, Rung
from tasks.conduct.steps import take_step
from tasks.documents.issuing import digest_of, find_document, withdraw
from tasks.ladder.escalation import raise_rungs
from tasks.ladder.supervision import SupervisionRequest, supervise
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace


def documents(place: Workplace) -> list[Document]:
    """Return all documents in the order of their numbers."""
    with place.reading() as session:
        return list(session.exec(select(Document).order_by(col(Document.id))))


def test_a_life_cycle_leaves_its_documents(walk: Walk) -> None:
    """Letter, notice and closing report: to whom, with which number, and attached to which message."""
    walk.to_closure()
    found = documents(walk.place)
    assert [(row.kind, row.number, row.status) for row in found] == [
        (DocumentKind.TRANSFER_LETTER, "侯发改移函〔2026〕1号", DocumentStatus.ISSUED),
        (DocumentKind.RECTIFICATION_NOTICE, "侯发改整〔2026〕1号", DocumentStatus.ISSUED),
        (DocumentKind.CLOSING_REPORT, "侯发改结报〔2026〕1号", DocumentStatus.ISSUED),
    ]
    letter, notice, report = (document_from_json(row.content) for row in found)
    assert letter.recipient == "侯马市住房和城乡建设管理局"
    assert letter.copies == ("侯马市行政审批服务管理局",)
    assert "立即停止要求企业提交该证明。" in [block.text for block in notice.body]
    assert report.recipient == "国家发展和改革委员会"
    assert report.body[-1].text == "特此报告。"
    attached = {m.kind: m.document_number for m in messages_of(walk.place) if m.document_number}
    assert attached == {
        "transfer": found[0].number, "rectify": found[1].number, "closure": found[2].number,
    }  # fmt: skip
    assert [m.unit_code for m in messages_of(walk.place) if m.document_number == found[2].number] == ["FGJ"]


def test_every_document_stands_in_the_ledger_with_its_digest(walk: Walk) -> None:
    """The text that was fixed can be proven by the entry."""
    walk.to_closure()
    entries = [e for e in ledger_of(walk.place, walk.number) if e.kind == "document_issued"]
    assert [(e.detail["document"], e.detail["content_sha256"]) for e in entries] == [
        (row.number, digest_of(row.content)) for row in documents(walk.place)
    ]


def test_the_ladder_issues_a_notice_a_report_and_a_draft(walk: Walk) -> None:
    """One document for each rung, whoever gets a copy; the circular waits with its number."""
    walk.to(Step.VERIFY)
    for moment in (houma(27, 9), houma(27, 15), houma(30, 9), houma(30, 9) + timedelta(days=1)):
        raise_rungs(walk.place, moment)
    found = [row for row in documents(walk.place) if row.kind is not DocumentKind.TRANSFER_LETTER]
    assert [(row.number, row.status) for row in found] == [
        ("侯发改督〔2026〕1号", DocumentStatus.ISSUED),
        ("侯发改报〔2026〕1号", DocumentStatus.ISSUED),
        ("侯发改通报〔2026〕1号", DocumentStatus.DRAFT),
    ]
    supervised = [m.document_number for m in messages_of(walk.place) if m.kind == "supervise"]
    assert supervised == [found[0].number] * 2
    report = document_from_json(found[1].content)
    assert (report.recipient, report.body[-1].text) == ("侯马市人民政府", "特此报告。")


def _circular(walk: Walk, clock: Clock) -> Walk:
    """Have a circular drafted by hand; return the walk of its approval."""
    walk.to(Step.VERIFY)
    request = SupervisionRequest(Rung.CIRCULAR, Grounds.DELAYING, "三次约谈均未到场。", PERSON)
    drafted = supervise(walk.place, walk.number, request, clock())
    circular = Walk(walk.place, clock, walk.folder, drafted.circular)
    circular.advance()
    return circular


def test_an_approved_circular_is_issued_word_for_word(walk: Walk, clock: Clock) -> None:
    """Its text is that of the draft; its date is that of the day it is published."""
    circular = _circular(walk, clock)
    draft = document_from_json(documents(walk.place)[-1].content)
    clock.now = houma(24, 10)
    circular.answer(Step.PUBLICATION)
    row = documents(walk.place)[-1]
    issued = document_from_json(row.content)
    assert row.status is DocumentStatus.ISSUED
    assert (issued.title, issued.body, issued.recipient) == (draft.title, draft.body, draft.recipient)
    assert (draft.dated.day, issued.dated.day) == (23, 24)
    sent = [m for m in messages_of(walk.place) if m.kind == "circular"]
    assert {m.document_number for m in sent} == {row.number}
    assert all(block.text in sent[0].body for block in issued.body)


def test_a_circular_that_is_withheld_keeps_its_number(walk: Walk, clock: Clock) -> None:
    """The note says why, and the next circular has the next number."""
    circular = _circular(walk, clock)
    circular.answer(
        Step.PUBLICATION, fields={"ruling": "不同意"}, explanation="先行约谈主要负责人，暂不通报。"
    )
    row = documents(walk.place)[-1]
    assert (row.status, row.note) == (
        DocumentStatus.WITHDRAWN, "不予发布：先行约谈主要负责人，暂不通报。",
    )  # fmt: skip
    assert ledger_of(walk.place, circular.number)[-1].kind != "document_issued"
    request = SupervisionRequest(Rung.CIRCULAR, Grounds.DELAYING, "第四次约谈仍未到场。", PERSON)
    supervise(walk.place, walk.number, request, houma(24, 10))
    assert documents(walk.place)[-1].number == "侯发改通报〔2026〕2号"


def test_a_draft_is_withdrawn_when_the_answer_comes(walk: Walk, clock: Clock) -> None:
    """Nothing is left to be published."""
    _circular(walk, clock)
    walk.answer(Step.VERIFY)
    row = documents(walk.place)[-1]
    assert (row.status, row.note) == (DocumentStatus.WITHDRAWN, "无需再审批（核查已反馈）")


@pytest.mark.parametrize("ruling", ["同意", "不同意"])
def test_the_approver_replies_by_letter(walk: Walk, clock: Clock, ruling: str) -> None:
    """To the authority that asked, with copies to the bureau and to whoever owes the rectification."""
    walk.to(Step.RECTIFY)
    paper = write_evidence(walk.folder, "延期申请.pdf")
    request = ExtensionRequest(AUTHORITY, PERSON, "2026-12-11", "须修订文件后废止。", files=(paper,))
    number = request_extension(walk.place, walk.number, request, clock())
    asked = Walk(walk.place, clock, walk.folder, number)
    asked.advance()
    asked.answer(Step.EXTENSION, fields={"ruling": ruling}, explanation="情况属实，请抓紧办理。")
    reply = document_from_json(documents(walk.place)[-1].content)
    assert (reply.kind, reply.issuer) == (DocumentKind.EXTENSION_REPLY, "市发展改革委")
    assert reply.recipient == "侯马市住房和城乡建设管理局"
    assert reply.copies == ("侯马市发展和改革局", "侯马市市场监督管理局")
    text = "".join(block.text for block in reply.body)
    assert ("同意延期" in text, "不同意延期" in text) == (True, ruling == "不同意")
    assert "情况属实，请抓紧办理。" in text


def test_numbers_have_neither_gaps_nor_doubles_at_once(place: Workplace, clock: Clock) -> None:
    """Eight leads are transferred by four threads, each many times."""
    numbers = [register_lead(place, clock, title=f"线索之{n}") for n in range(8)]
    walks = [Walk(place, clock, place.home, number) for number in numbers]
    for each in walks:
        each.to(Step.TRANSFER)
        each.answer(Step.TRANSFER)

    def advance_all() -> None:
        for number in numbers:
            while type(take_step(place, number, clock())).__name__ == "Assign":
                pass

    at_once(advance_all, threads=4)
    letters = [row for row in documents(place) if row.kind is DocumentKind.TRANSFER_LETTER]
    assert sorted(row.sequence for row in letters) == list(range(1, 9))


def test_a_year_begins_with_number_one(walk: Walk, clock: Clock) -> None:
    """The year is that of the office, not of UTC."""
    walk.to(Step.RECTIFY)
    clock.now = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    other = Walk(walk.place, clock, walk.folder, register_lead(walk.place, clock, title="另一条线索"))
    other.to(Step.RECEIPT)
    assert documents(walk.place)[-1].number == "侯发改移函〔2027〕1号"


def test_a_step_that_breaks_off_gives_its_number_back(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No gap: the next letter has the number of the one that never was."""

    def broken(*_: object) -> None:
        raise LookupError("there is no place for messages")

    walk.to(Step.TRANSFER)
    walk.answer(Step.TRANSFER)
    with monkeypatch.context() as patch:
        patch.setattr("tasks.messages.posting.insert_into", broken)
        with pytest.raises(LookupError):
            walk.advance()
    assert documents(walk.place) == []
    walk.advance()
    assert [row.number for row in documents(walk.place)] == ["侯发改移函〔2026〕1号"]


def test_a_hostile_lead_stays_text(place: Workplace, clock: Clock) -> None:
    """Neither template syntax nor heading marks nor line breaks of a lead steer the document."""
    facts = "{{ 7 * 7 }} {% raw %}\n# 不是标题\n## 也不是\n" + "无" * 3000
    walk = Walk(
        place, clock, place.home, register_lead(place, clock, title="#let x = 1 {{ x }}", facts=facts)
    )
    walk.to(Step.RECEIPT)
    letter = document_from_json(documents(place)[0].content)
    texts = [block.text for block in letter.body if block.level == 0]
    for line in facts.splitlines():
        assert line.strip() in texts
    assert "标题：#let x = 1 {{ x }}" in texts
    assert [block.text for block in letter.body if block.level] == ["一、线索情况", "二、办理要求"]


def test_a_document_is_found_and_withdrawn_by_number(walk: Walk, clock: Clock) -> None:
    """Whatever brackets a person types; a second withdrawal or one without a reason is refused."""
    walk.to(Step.RECEIPT)
    with walk.place.writing() as session:
        for typed in ("侯发改移函〔2026〕1号", "侯发改移函[2026]1号", " 侯发改移函（2026）1号", "g1"):
            if typed != "g1" or walk.place.engine.dialect.name == "sqlite":
                assert find_document(session, typed).sequence == 1
        with pytest.raises(NotFound):
            find_document(session, "侯发改移函〔2026〕9号")
        row = find_document(session, "侯发改移函〔2026〕1号", for_change=True)
        with pytest.raises(RuleViolation):
            withdraw(session, row, " ", PERSON, clock())
        withdraw(session, row, "线索登记有误，另行移交。", PERSON, clock())
        with pytest.raises(ConflictError):
            withdraw(session, row, "再次", PERSON, clock())
    assert ledger_of(walk.place, walk.number)[-1].kind == "document_withdrawn"
