"""Words for any matter: what it is stands in the text, not what leads are called."""

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Clock
from walks.every_kind import CLIMB, WORDLESS
from walks.walking import (
    AUTHORITY,
    PDF,
    PERSON,
    Walk,
    houma,
    ledger_of,
    messages_of,
    register_lead,
    write_evidence,
)

from models.codes import Step
from models.errors import InputError
from models.messages.kinds import DOCUMENT_VALUES, MessageKind
from models.record.entry_kinds import EntryKind
from notifications.texts.wording import check_wording, document_template
from tasks.documents.issuing import documents_of
from tasks.ladder.escalation import raise_rungs
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace

# What told of a unit in the releases before: the addressee, on a rung who owes, of an undelivered message to
# whom it went.
_WITH_UNIT = sorted(
    {f"{kind}.txt.j2" for kind in MessageKind}
    - {f"{kind}.txt.j2" for kind in ("archive_review", "case_collection", "wording_fault", "unprintable")}
    | {document_template(kind) for kind in DOCUMENT_VALUES}
)


def write_own(place: Workplace, name: str, text: str) -> None:
    """Give the office a template of its own."""
    target = place.templates_folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def test_a_duty_is_told_without_a_template_of_its_mechanism(walk: Walk) -> None:
    """What is asked, by whom, by when, what an answer consists of, and where it goes; with a letter."""
    walk.to(Step.RECEIPT).answer(Step.RECEIPT)
    replace(walk, place=replace(walk.place, mechanisms=WORDLESS)).advance()
    message = messages_of(walk.place)[-1]
    with walk.place.reading() as session:
        letter = documents_of(session, walk.file().matter)[-1]
    matter = walk.file().matter
    assert (message.kind, message.unit_code) == (MessageKind.TASK, AUTHORITY)
    assert message.subject == "【交办】侯线〔2026〕1号 请于 2026-11-26（星期四） 前反馈核查情况"
    assert message.body.splitlines() == [
        "侯马市住房和城乡建设管理局：",
        "现将问题线索 侯线〔2026〕1号（编号 L2026-0001）交你单位办理，请按期反馈核查情况。",
        f"线索：{matter.title}",
        f"办理要求：{walk.file().subject.facts}",
        "交办单位：侯马市发展和改革局",
        "反馈期限：2026-11-26（星期四） 18:00（3个工作日，自 2026-11-23 的次日起算）。",
        "反馈内容：核查结论、责任单位、整改意见、情况说明（不少于20字）、印证材料。",
        "反馈方式：将上述材料报侯马市发展和改革局登记，注明编号 L2026-0001。",
        "公文：侯发改工函〔2026〕1号",
        "依据：通知§12(三)：三个工作日内核查反馈",
    ]
    assert message.document_number == letter.number == "侯发改工函〔2026〕1号"
    assert letter.content["title"] == "侯马市发展和改革局关于办理问题线索（侯线〔2026〕1号）的函"
    printed = [block["text"] for block in letter.content["body"]]
    assert walk.file().subject.facts in printed
    assert "（二）反馈内容：核查结论、责任单位、整改意见、情况说明（不少于20字）、印证材料。" in printed
    assert printed[-1] == "特此函达。"


def test_a_rung_of_a_request_calls_it_a_request(walk: Walk, clock: Clock, papers: Path) -> None:
    """Whoever has to rule is reminded of a request for an extension, not of a lead."""
    walk.to(Step.RECTIFY)
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"%request")
    request = ExtensionRequest(AUTHORITY, PERSON, "2026-12-07", "须经合法性审查。", [paper])
    asked = replace(walk, number=request_extension(walk.place, walk.number, request, clock()))
    row = asked.to(Step.EXTENSION).file().open_assignment
    assert row is not None
    clock.now = houma(row.due_on.day, 9)
    raise_rungs(walk.place, clock())
    reminder = messages_of(walk.place)[-1]
    lines = reminder.body.splitlines()
    assert reminder.kind is MessageKind.DUE_TODAY
    assert "承办的延期申请 侯线〔2026〕1号延期1（编号 L2026-0001-Y1）今日到期" in lines[1]
    assert lines[2] == f"延期申请：{walk.file().matter.title}"
    assert "问题线索" not in reminder.body


@pytest.mark.parametrize("name", _WITH_UNIT)
def test_an_own_template_may_say_unit(tmp_path: Path, name: str) -> None:
    """An upgrade stops no template that worked: the value is there, under its name of before."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("关于{{ unit }}的文\n{{ unit }}：请知悉。\n", encoding="utf-8")
    assert check_wording(tmp_path) == [name]


def test_unit_is_who_owes_on_a_rung_and_else_the_addressee(walk: Walk) -> None:
    """As it was when templates had no other word."""
    for name, new in (("verify", "addressee"), ("remind", "owing"), ("supervise", "owing")):
        write_own(walk.place, f"{name}.txt.j2", f"{{{{ unit }}}} {{{{ {new} }}}} {{{{ addressee }}}}")
    walk.to(Step.VERIFY)
    for moment in CLIMB[:4]:
        raise_rungs(walk.place, moment)
    owing, bureau = "侯马市住房和城乡建设管理局", "侯马市发展和改革局"
    subjects = {(message.kind, message.tag): message.subject for message in messages_of(walk.place)}
    assert subjects[MessageKind.VERIFY, "ZJJ"] == f"{owing} {owing} {owing}"
    assert subjects[MessageKind.REMIND, "ZJJ"] == f"{owing} {owing} {owing}"
    assert subjects[MessageKind.SUPERVISE, "FGJ"] == f"{owing} {owing} {bureau}"


@pytest.mark.parametrize(
    "text",
    ["【通报】关于逾期的通报\n各有关单位：\n", "【通报】\n各有关单位：\n现予通报。\n"],
    ids=["addressee alone", "mark alone"],
)
def test_a_circular_that_says_nothing_is_told_under_its_own_name(walk: Walk, text: str) -> None:
    """It would have no text or no title as a document: the packaged words take its place in both."""
    write_own(walk.place, "circular.txt.j2", text)
    with pytest.raises(InputError, match=r"circular\.txt\.j2 无法使用：没有标题或正文"):
        check_wording(walk.place.templates_folder)
    walk.to(Step.VERIFY)
    for moment in CLIMB:
        raise_rungs(walk.place, moment)
    draft = replace(walk, number=f"{walk.number}-T1").file()
    with walk.place.reading() as session:
        (document,) = documents_of(session, draft.matter)
    assert "现按规定在全市范围内予以通报" in str(document.content["body"])
    faults = [e.detail for e in ledger_of(walk.place, walk.number) if e.kind == EntryKind.WORDING_FAILED]
    assert [fault["template"] for fault in faults] == ["circular.txt.j2"]


def test_texts_of_leads_name_leads(place: Workplace, clock: Clock, papers: Path) -> None:
    """A reader of a reminder sees the word the notice uses."""
    walk = Walk(place, clock, papers, register_lead(place, clock)).to(Step.VERIFY)
    raise_rungs(place, CLIMB[0])
    body = messages_of(place)[-1].body
    assert "承办的问题线索 侯线〔2026〕1号（编号 L2026-0001）尚未反馈核查情况。" in body
    assert f"\n线索：{walk.file().matter.title}\n" in body
