"""A substitute for a time: new rulings are asked of it, open ones pass to it and back, each with an entry."""

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from sqlmodel import select
from walks.directories import change, substitute
from walks.walking import (
    AUTHORITY,
    PDF,
    PERSON,
    Walk,
    contents,
    houma,
    ledger_of,
    messages_of,
    write_evidence,
)

from models.codes import Outcome, Step
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind
from models.errors import InputError, RuleViolation
from models.matters.tables import Assignment
from models.messages.kinds import MessageKind
from tasks.office.succession import HandedOn, hand_on_duties
from tasks.office.units import list_substitutes
from tasks.petitions.extensions import ExtensionRequest, request_extension

APPROVER, STANDS_IN = "SFGW", "SZF"
WEEK = substitute(APPROVER, STANDS_IN, "2026-11-25", "2026-11-27")


def ask(walk: Walk, papers: Path) -> Walk:
    """Ask for an extension; returns the walk of the request, up to where a ruling is owed."""
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"% request")
    asked = ExtensionRequest(AUTHORITY, PERSON, "2026-12-05", "须经合法性审查。", [paper])
    request = replace(walk, number=request_extension(walk.place, walk.number, asked, walk.clock()))
    request.advance()
    return request


def owed(request: Walk) -> tuple[str, str | None]:
    """Return who owes the ruling, and for whom."""
    row: Assignment = request.file().assignments[-1].row
    return row.unit_code, row.acting_for


def test_a_request_of_these_days_is_decided_by_the_substitute(walk: Walk, clock: Clock, papers: Path) -> None:
    """It rules in its own name, and the reply is its own; the absent unit cannot rule meanwhile."""
    walk.to(Step.RECTIFY)
    clock.now = houma(25, 10)
    done = change(walk.place, clock, WEEK)
    assert (done.added, done.changed, done.substitutes, done.handed_on) == (0, 0, 1, HandedOn())
    assert ledger_of(walk.place, "units")[-1].summary == "单位目录导入：新增0个，修改0个，代行安排1条"
    request = ask(walk, papers)
    assert owed(request) == (STANDS_IN, APPROVER)
    assert "报侯马市人民政府审批" in ledger_of(walk.place, request.number)[0].summary
    assert "交由侯马市人民政府（代行市发展改革委）办理" in ledger_of(walk.place, request.number)[1].summary
    with pytest.raises(RuleViolation, match="应由侯马市人民政府反馈，市发展改革委不能代为反馈"):
        request.answer(Step.EXTENSION)
    request.pass_step(Step.EXTENSION, unit="市政府")
    assert request.file().matter.outcome is Outcome.EXTENDED
    with walk.place.reading() as session:
        reply = session.exec(select(Document).where(Document.kind == DocumentKind.EXTENSION_REPLY)).one()
    assert reply.content["issuer"] == "侯马市人民政府"


def test_an_open_request_passes_on_the_first_day_and_back_after_the_last(
    walk: Walk, clock: Clock, papers: Path
) -> None:
    """The patrol does it; the due date stays, and both units are written to."""
    request = ask(walk.to(Step.RECTIFY), papers)
    change(walk.place, clock, WEEK)
    due_on = request.file().assignments[-1].row.due_on
    seen = []
    for day in (24, 25, 27, 28):
        clock.now = houma(day, 9)
        duties = hand_on_duties(walk.place, clock()).duties
        seen.append((day, duties, *owed(request)))
        assert hand_on_duties(walk.place, clock()) == HandedOn()
    assert seen == [
        (24, 0, APPROVER, None),
        (25, 1, STANDS_IN, APPROVER),
        (27, 0, STANDS_IN, APPROVER),
        (28, 1, APPROVER, None),
    ]
    assert request.file().assignments[-1].row.due_on == due_on
    entries = [e.summary for e in ledger_of(walk.place, request.number) if e.kind == "succeeded"]
    assert entries == [
        f"市发展改革委的延期审批由侯马市人民政府代行办理，到期日仍为 {due_on}",
        f"侯马市人民政府的延期审批代行期满，交回市发展改革委办理，到期日仍为 {due_on}",
    ]
    told = [m for m in messages_of(walk.place) if m.kind is MessageKind.SUCCESSION]
    assert [m.unit_code for m in told] == [STANDS_IN, APPROVER]
    assert "自2026-11-25至2026-11-27，市发展改革委的职责由你单位代行。" in told[0].body
    assert "侯马市人民政府代行期满，恢复由你单位办理。" in told[1].body
    request.pass_step(Step.EXTENSION)
    assert request.file().matter.outcome is Outcome.EXTENDED


def test_an_import_on_the_day_itself_passes_at_once(walk: Walk, clock: Clock, papers: Path) -> None:
    """Nobody waits for the next patrol."""
    request = ask(walk.to(Step.RECTIFY), papers)
    clock.now = houma(25, 10)
    assert change(walk.place, clock, WEEK).handed_on.duties == 1
    assert owed(request) == (STANDS_IN, APPROVER)


def test_nobody_decides_about_what_it_asked_for(walk: Walk, clock: Clock, papers: Path) -> None:
    """The authority stands in for the approver: its own request stays with the approver."""
    early = ask(walk.to(Step.RECTIFY), papers)
    clock.now = houma(25, 10)
    change(walk.place, clock, substitute(APPROVER, AUTHORITY, "2026-11-25", "2026-11-27"))
    assert hand_on_duties(walk.place, clock()) == HandedOn()
    assert owed(early) == (APPROVER, None)
    early.pass_step(Step.EXTENSION, fields={"ruling": "不同意", "explanation": ""}, explanation="理由不足。")
    assert owed(ask(walk, papers)) == (APPROVER, None)


def test_what_the_bureau_decides_passes_to_its_substitute_too(walk: Walk, clock: Clock) -> None:
    """The transfer of a lead, and its review on a later day by the bureau itself."""
    change(walk.place, clock, substitute("FGJ", "XSPJ", "2026-11-23", "2026-11-23"))
    walk.advance()
    row = walk.file().assignments[-1].row
    assert (row.unit_code, row.acting_for) == ("XSPJ", "FGJ")
    walk.pass_step(Step.TRANSFER, unit="XSPJ")
    assert walk.file().assignments[-1].row.unit_code == AUTHORITY
    clock.now = houma(24, 10)
    walk.to(Step.REVIEW)
    assert walk.file().assignments[-1].row.unit_code == "FGJ"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (substitute(APPROVER, "XXX", "2026-11-25", "2026-11-27"), "“XXX”不在目录中或已停用"),
        (substitute("ZJJ", "JTJ", "2026-11-25", "2026-11-27"), "不是审批单位或发展改革部门，不能安排代行"),
        (WEEK + substitute(APPROVER, "FGJ", "2026-11-27", "2026-11-29"), "在同一天有两个代行单位"),
    ],
)
def test_a_substitution_that_cannot_be_followed_is_refused(
    walk: Walk, clock: Clock, text: str, says: str
) -> None:
    """Nothing is written."""
    before = contents(walk.place)
    with pytest.raises(InputError, match=says) as caught:
        change(walk.place, clock, text)
    assert_is_one_sentence(str(caught.value))
    assert contents(walk.place) == before


def test_a_substitution_can_be_shortened(walk: Walk, clock: Clock, papers: Path) -> None:
    """The approver is back early: the same first day with another last one."""
    request = ask(walk.to(Step.RECTIFY), papers)
    clock.now = houma(25, 10)
    change(walk.place, clock, WEEK)
    clock.now = houma(26, 10)
    done = change(walk.place, clock, WEEK.replace("2026-11-27", "2026-11-25"))
    assert (done.substitutes, done.handed_on.duties) == (1, 1)
    assert owed(request) == (APPROVER, None)
    assert [(each.first.day, each.last.day) for each in list_substitutes(walk.place)] == [(25, 25)]
