"""A unit is abolished: what it owed and was still to be told goes to its successor, and nobody reports it."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from sqlmodel import col, select
from walks.directories import HEIR, MERGED, change
from walks.walking import (
    AUTHORITY,
    EXPLANATION,
    PDF,
    PERSON,
    Walk,
    contents,
    houma,
    ledger_of,
    messages_of,
    register_lead,
    write_evidence,
)

from flows.forms import submission_of
from models.codes import Outcome, Step
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.errors import InputError, RuleViolation
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Grounds, Raising, Recipient, Rung
from models.matters.tables import Matter
from models.messages.kinds import MessageKind
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from models.office.tables import Unit
from models.runs.diagnosis import Carried, RunFact, diagnose
from models.runs.vocabulary import RunFault
from tasks.audit.comparison import check_facts
from tasks.audit.verification import verify_ledger
from tasks.conduct.waits import show_form, shown_form
from tasks.ladder.escalation import raise_rungs
from tasks.ladder.supervision import SupervisionRequest, supervise
from tasks.lookup.board import read_board
from tasks.lookup.stories import tell_story
from tasks.office.ended_units import tell_of_ended_units
from tasks.office.succession import HandedOn, hand_on_duties
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace, read_office

OLD, NEW = "侯马市住房和城乡建设管理局", "侯马市城市建设局"
RUN = "00000000-0000-4000-8000-000000000001"
# Bureau and approver become one new unit.
REFORMED = """
[[unit]]
code = "FGWX"
name = "侯马市发展改革委员会"
short_name = "新发改委"
roles = ["bureau", "approver", "authority", "responsible"]

[[unit]]
code = "FGJ"
name = "侯马市发展和改革局"
short_name = "发改局"
roles = ["bureau", "authority", "responsible"]
active = false
succeeded_by = "FGWX"

[[unit]]
code = "SFGW"
name = "市发展改革委"
short_name = "市发改委"
roles = ["approver"]
active = false
succeeded_by = "FGWX"
"""
# The authority of the walks ends, and nobody is named.
ENDED = MERGED[MERGED.index('[[unit]]\ncode = "ZJJ"') :].replace('succeeded_by = "CJJ"\n', "")


def succeed(walk: Walk) -> HandedOn:
    """Let the successor take over."""
    return change(walk.place, walk.clock, MERGED).handed_on


def documents_of(place: Workplace, kind: DocumentKind) -> list[Document]:
    """Return the documents of a kind in their order."""
    with place.reading() as session:
        return list(session.exec(select(Document).where(Document.kind == kind).order_by(col(Document.id))))


def test_an_open_duty_passes_with_entry_letter_and_message(walk: Walk, clock: Clock) -> None:
    """The due date stays: verification of a lead of Monday 23 is due on Thursday 26."""
    walk.to(Step.VERIFY)
    clock.now = houma(24, 10)
    assert succeed(walk).duties == 1
    row = walk.file().assignments[-1].row
    assert (row.unit_code, row.due_on, row.rung_at) == (HEIR, date(2026, 11, 26), clock())
    assert walk.file().matter.stale_since == clock()
    (entry,) = (e for e in ledger_of(walk.place, walk.number) if e.kind == "succeeded" and "step" in e.detail)
    assert entry.summary == f"{OLD}的核查由承继单位{NEW}继续办理，到期日仍为 2026-11-26"
    assert (entry.detail["before"], entry.detail["after"]) == (AUTHORITY, HEIR)
    (letter,) = documents_of(walk.place, DocumentKind.SUCCESSION_LETTER)
    assert letter.number == "侯发改承函〔2026〕1号"
    assert letter.content["recipient"] == NEW
    body = "\n".join(block["text"] for block in letter.content["body"])
    assert f"{OLD}已停用，其职责自2026-11-24起由你单位承继。" in body
    assert "（一）期限不变，请于2026-11-26（星期四）18:00前反馈核查情况。" in body
    (message,) = (m for m in messages_of(walk.place) if m.kind is MessageKind.SUCCESSION)
    assert (message.unit_code, message.document_number) == (HEIR, letter.number)
    assert message.subject == "【承继】侯线〔2026〕1号 请于 2026-11-26（星期四） 前反馈核查情况"
    assert message.body.startswith(f"{NEW}：\n{OLD}已停用")
    assert "期限不变，仍为 2026-11-26（星期四） 18:00" in message.body


def test_the_past_stays_the_old_units_and_the_record_agrees(walk: Walk, clock: Clock) -> None:
    """It signed; the successor verifies, and everything is proved by the ledger at the end."""
    walk.to(Step.VERIFY)
    clock.now = houma(24, 10)
    succeed(walk)
    with pytest.raises(RuleViolation, match=f"{OLD}已停用，其职责由{NEW}承继，不能再选用"):
        walk.answer(Step.VERIFY)
    walk.pass_step(Step.VERIFY, unit="城市建设局")
    walk.to_closure()
    assert walk.file().matter.outcome is Outcome.RECTIFIED
    steps = tell_story(walk.place, walk.number)["steps"]
    assert isinstance(steps, list)
    assert [step["unit"] for step in steps[1:3]] == [OLD, NEW]
    verify_ledger(walk.place)
    check_facts(walk.place)
    # Its closing is told to the successor, once, and to nobody who is no more.
    closed = [m.unit_code for m in messages_of(walk.place) if m.kind is MessageKind.CLOSURE]
    assert closed.count(HEIR) == 1
    assert AUTHORITY not in closed


def test_what_was_chosen_before_and_is_asked_for_later_goes_to_the_successor(
    walk: Walk, clock: Clock
) -> None:
    """The lead was handed to the old unit, which owes nothing yet in the moment it ends."""
    walk.to(Step.TRANSFER).answer(Step.TRANSFER)
    clock.now += timedelta(minutes=1)
    assert succeed(walk).duties == 0
    walk.advance()
    assert walk.file().assignments[-1].row.unit_code == HEIR
    (letter,) = documents_of(walk.place, DocumentKind.TRANSFER_LETTER)
    assert letter.content["recipient"] == NEW
    assert [row["authority"] for row in read_board(walk.place, clock())["rows"]] == [NEW]


def request(walk: Walk, papers: Path, unit: str = AUTHORITY) -> Walk:
    """Ask for an extension; returns the walk of the request, up to where the ruling is owed."""
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"% request")
    asked = ExtensionRequest(unit, PERSON, "2026-12-05", "须经合法性审查。", [paper])
    number = request_extension(walk.place, walk.number, asked, walk.clock())
    petition = replace(walk, number=number)
    petition.advance()
    return petition


def test_the_reply_goes_to_the_successor_of_whoever_asked(walk: Walk, clock: Clock, papers: Path) -> None:
    """It asked on Monday under its own name, and is no more when the ruling comes."""
    petition = request(walk.to(Step.RECTIFY), papers)
    clock.now = houma(24, 10)
    succeed(walk)
    particulars = tell_story(walk.place, petition.number)["particulars"]
    assert isinstance(particulars, list)
    assert dict(particulars)["提出单位"] == OLD
    petition.pass_step(Step.EXTENSION)
    (reply,) = documents_of(walk.place, DocumentKind.EXTENSION_REPLY)
    assert reply.content["recipient"] == NEW
    told = [m.unit_code for m in messages_of(walk.place) if m.kind is MessageKind.EXTENSION_REPLY]
    assert sorted(told) == [HEIR, "SCJG"]


def test_the_successor_asks_for_an_extension(walk: Walk, clock: Clock, papers: Path) -> None:
    """It goes on for the authority the lead was handed to, which can ask for nothing any more."""
    walk.to(Step.RECTIFY)
    clock.now = houma(24, 10)
    succeed(walk)
    with pytest.raises(RuleViolation, match=f"{OLD}已停用"):
        request(walk, papers)
    assert request(walk, papers, "城市建设局").file().assignments[-1].row.unit_code == "SFGW"


def test_approver_and_bureau_have_successors_too(walk: Walk, clock: Clock, papers: Path) -> None:
    """The ruling and later the review are the new units'; the bureau writes no letter to itself."""
    petition = request(walk.to(Step.RECTIFY), papers)
    other = Walk(walk.place, clock, papers, register_lead(walk.place, clock, title="另一条")).to(
        Step.TRANSFER
    )
    clock.now = houma(24, 10)
    assert change(walk.place, clock, REFORMED).handed_on.duties == 2
    assert petition.file().assignments[-1].row.unit_code == "FGWX"
    assert other.file().assignments[-1].row.unit_code == "FGWX"
    assert documents_of(walk.place, DocumentKind.SUCCESSION_LETTER) == []
    petition.pass_step(Step.EXTENSION, unit="FGWX")
    walk.pass_step(Step.RECTIFY)
    assert walk.file().assignments[-1].row.unit_code == "FGWX"
    verify_ledger(walk.place)
    check_facts(walk.place)


def test_messages_not_handed_over_pass_with_a_note(walk: Walk, clock: Clock) -> None:
    """Channel and unit change; the text says whom it was for, the ledger that it went elsewhere."""
    walk.to(Step.VERIFY)
    raise_rungs(walk.place, houma(27, 9))
    with walk.place.writing() as session:
        first = session.exec(select(Message).where(Message.kind == MessageKind.TRANSFER)).one()
        first.status = Delivery.HANDED_OVER
        sending = session.exec(select(Message).where(Message.kind == MessageKind.VERIFY)).one()
        sending.status, sending.next_attempt_at = Delivery.SENDING, houma(27, 11)
        waiting = session.exec(
            select(Message).where(Message.unit_code == AUTHORITY).order_by(col(Message.id))
        ).all()
        assert [m.kind.value for m in waiting] == ["transfer", "verify", "urge", "urge"]
    clock.now = houma(27, 10)
    assert succeed(walk) == HandedOn(duties=1, messages=2)
    tags = {m.kind.value + m.recipient.value: m.tag for m in messages_of(walk.place)}
    assert (tags["urgeunit"], tags["urgeleader"]) == (HEIR, f"{HEIR}-leader")
    assert (tags["transferunit"], tags["verifyunit"]) == (AUTHORITY, AUTHORITY)
    urged = next(m for m in messages_of(walk.place) if m.kind is MessageKind.URGE)
    assert urged.body.startswith(f"（本消息原致{OLD}，该单位职责自2026-11-27起由{NEW}承继，现转致你单位。）")
    noted = [e.summary for e in ledger_of(walk.place, walk.number) if "message" in e.detail]
    assert noted == [f"未发出的消息由{OLD}转致{NEW}：{urged.subject}"] * 2
    # What was just being sent and failed is found by the next patrol.
    assert hand_on_duties(walk.place, houma(27, 12)) == HandedOn(duties=0, messages=1)
    assert hand_on_duties(walk.place, houma(27, 12)) == HandedOn()


def test_the_ladder_goes_on_with_the_successor(walk: Walk, clock: Clock) -> None:
    """Urged on Friday, abolished at noon; whatever comes later names the successor alone."""
    walk.to(Step.VERIFY)
    raise_rungs(walk.place, houma(27, 9))
    clock.now = houma(27, 12)
    succeed(walk)
    for moment in (houma(27, 15), houma(30, 9), houma(30, 9) + timedelta(days=1)):
        raise_rungs(walk.place, moment)
    later = [m for m in messages_of(walk.place) if m.kind in {"supervise", "report", "circular_draft"}]
    assert {m.kind.value for m in later} == {"supervise", "report"}
    assert all(NEW in m.body and OLD not in m.subject + m.body for m in later)
    assert [m.unit_code for m in later if m.recipient is Recipient.LEADER] == [HEIR]
    (report,) = documents_of(walk.place, DocumentKind.REPORT)
    assert OLD not in str(report.content)
    (draft,) = documents_of(walk.place, DocumentKind.CIRCULAR)
    assert OLD not in str(draft.content)


def test_a_report_that_did_not_go_out_is_stopped(walk: Walk, clock: Clock) -> None:
    """The government never hears of a unit that is no more; a person may report the successor."""
    walk.to(Step.VERIFY)
    for moment in (houma(27, 9), houma(30, 9)):
        raise_rungs(walk.place, moment)
    clock.now = houma(30, 10)
    succeed(walk)
    (report,) = (m for m in messages_of(walk.place) if m.kind is MessageKind.REPORT)
    assert (report.status, report.last_error) == (Delivery.GIVEN_UP, f"{OLD}已停用，由{NEW}承继")
    (document,) = documents_of(walk.place, DocumentKind.REPORT)
    assert document.status is DocumentStatus.WITHDRAWN
    with walk.place.reading() as session:
        rung = session.exec(select(Escalation).where(Escalation.rung == Rung.REPORT)).one()
    assert rung.raising is Raising.SKIPPED
    request = SupervisionRequest(Rung.REPORT, Grounds.DELAYING, "约谈未到场。", PERSON)
    supervise(walk.place, walk.number, request, houma(30, 11))
    again = messages_of(walk.place)[-1]
    assert (again.kind, NEW in again.body, OLD in again.body) == (MessageKind.REPORT, True, False)


def test_a_circular_that_waits_is_taken_back(walk: Walk, clock: Clock) -> None:
    """Its text names the old unit, so nobody is to approve it any more."""
    walk.to(Step.VERIFY)
    for moment in (houma(27, 9), houma(30, 9), houma(30, 9) + timedelta(days=1)):
        raise_rungs(walk.place, moment)
    clock.now = houma(30, 10) + timedelta(days=1)
    succeed(walk)
    (draft,) = documents_of(walk.place, DocumentKind.CIRCULAR)
    assert (draft.status, OLD in draft.note) == (DocumentStatus.WITHDRAWN, True)
    with walk.place.reading() as session:
        circular = session.exec(select(Matter).where(col(Matter.parent_id).is_not(None))).one()
    assert circular.outcome is Outcome.MOOT


def test_the_form_that_is_shown_is_the_successors(walk: Walk, clock: Clock) -> None:
    """The run no longer waits for the form of the old unit, so it is woken and shows another one."""
    walk.to(Step.VERIFY)
    with walk.place.writing() as session:
        session.get_one(Matter, walk.file().matter.id).flow_run_id = RUN
    old = show_form(walk.place, walk.number, RUN, 1)
    clock.now += timedelta(hours=1)
    succeed(walk)
    assert shown_form(walk.place, walk.number) is None
    assert old is not None
    waiting = RunFact(RUN, walk.number, "PAUSED", timedelta(0), old.key)
    assert diagnose(Carried(walk.number, RUN, None), waiting) is RunFault.SUPERSEDED
    form = show_form(walk.place, walk.number, RUN, 1)
    assert form is not None
    assert form.key != old.key
    submission = submission_of(form.assignment, {"person": PERSON, "explanation": EXPLANATION})
    assert submission.unit == HEIR


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ENDED, f"{OLD}还有1件未结事项，停用时请用 succeeded_by 写明承继单位的代码"),
        (
            MERGED.replace('roles = ["authority", "responsible"]', 'roles = ["responsible"]', 1),
            "没有“主管单位”职责",
        ),
        (MERGED.replace('succeeded_by = "CJJ"', 'succeeded_by = "XXX"'), "承继单位“XXX”不在目录中"),
        (MERGED.replace('"城市建设局"\n', '"城市建设局"\nactive = false\n'), f"承继单位{NEW}已停用"),
    ],
)
def test_an_end_that_would_leave_something_undone_is_refused(
    walk: Walk, clock: Clock, text: str, says: str
) -> None:
    """One sentence says what is owed or wrong; nothing is written."""
    walk.to(Step.VERIFY)
    before = contents(walk.place)
    with pytest.raises(InputError, match=says) as caught:
        change(walk.place, clock, text)
    assert_is_one_sentence(str(caught.value))
    assert contents(walk.place) == before


def test_a_unit_that_owes_nothing_ends_without_a_successor(walk: Walk, clock: Clock) -> None:
    """What is closed asks for nobody."""
    walk.to_closure()
    assert change(walk.place, clock, ENDED).handed_on == HandedOn()
    assert read_office(walk.place).stored(AUTHORITY).ended == date(2026, 11, 23)


@pytest.fixture
def left_over(walk: Walk, clock: Clock) -> Walk:
    """What a home of an earlier release may hold: a unit that ended and still owes a verification."""
    walk.to(Step.VERIFY)
    with walk.place.writing() as session:
        session.get_one(Unit, AUTHORITY).active = False
    clock.now = houma(30, 9)
    return walk


def test_an_abolished_unit_is_never_reported(left_over: Walk, clock: Clock) -> None:
    """Overdue for days, nothing is raised; the bureau is told once what to do."""
    place = left_over.place
    before = len(messages_of(place))
    for days in range(4):
        assert not raise_rungs(place, clock() + timedelta(days=days))
        assert tell_of_ended_units(place, clock() + timedelta(days=days)) == (days == 0)
    (told,) = messages_of(place)[before:]
    assert (told.unit_code, told.subject) == ("FGJ", f"【停用单位】{OLD}已停用，仍有1件事项未反馈")
    assert "侯线〔2026〕1号 核查 2026-11-26（星期四）" in told.body
    assert ledger_of(place, "units")[-1].kind == "ended_unit"
    request = SupervisionRequest(Rung.REPORT, Grounds.DELAYING, "约谈未到场。", PERSON)
    with pytest.raises(RuleViolation, match=f"{OLD}已停用，不能再对其督办") as caught:
        supervise(place, left_over.number, request, clock())
    assert_is_one_sentence(str(caught.value))


def test_a_successor_named_later_takes_over_all_the_same(left_over: Walk, clock: Clock) -> None:
    """And the ladder begins with it where it stands."""
    assert not raise_rungs(left_over.place, clock())
    assert succeed(left_over).duties == 1
    assert left_over.file().assignments[-1].row.unit_code == HEIR
    assert raise_rungs(left_over.place, clock()) == {Rung.URGE: 1}


def test_a_unit_that_is_back_is_urged_again(left_over: Walk, clock: Clock) -> None:
    """Where it was ended by mistake."""
    raise_rungs(left_over.place, clock())
    change(left_over.place, clock, ENDED.replace("active = false\n", ""))
    assert raise_rungs(left_over.place, clock()) == {Rung.URGE: 1}
