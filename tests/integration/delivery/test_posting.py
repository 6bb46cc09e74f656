"""Posting: one writer of messages; what cannot be put into words undoes nothing else. Source: ADR-0026."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path

import pytest
from conftest import Clock
from fakes.receivers import json_receiver, write_channels
from harness.wording import assert_is_one_sentence
from sqlmodel import select
from walks.every_kind import CLIMB, write_every_kind
from walks.walking import BUREAU, PERSON, Walk, contents, houma, ledger_of, messages_of, register_lead

from models.codes import Step
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind
from models.errors import InputError, RuleViolation
from models.ladder.vocabulary import Grounds, Rung
from models.messages.kinds import DOCUMENT_VALUES, MessageKind
from models.messages.tables import Message
from models.record.entry_kinds import EntryKind
from models.record.tables import LedgerEntry
from notifications.texts import rendering, wording
from notifications.texts.rendering import RenderedMessage
from notifications.texts.wording import check_wording
from tasks.delivery.sending import deliver_messages
from tasks.ladder.escalation import raise_rungs
from tasks.ladder.supervision import SupervisionRequest, supervise
from tasks.mechanisms.leads.consulting import Consultation, consult
from tasks.workplace import Workplace

# Apprise imports a module that Python 3.11 announces the end of; it does without it on newer versions.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

# One key of each kind, as they were when six writers spelt them; homes hold them.
_KEYS = """
L2026-0001/receipt/1/transfer/ZJJ
L2026-0001/verify/1/verify/ZJJ
L2026-0001/rectify/1/rectify/SCJG
L2026-0001/rectify/2/return/SCJG
L2026-0001/review/2/closure/FGJ
L2026-0003/rectify/1/consultation-20261123020000/XSPJ
L2026-0003-Y1/extension/1/extension_request/SFGW
L2026-0003-Y1/extension/1/extension_reply/ZJJ
L2026-0005/receipt/1/receipt_reminder-20261124/ZJJ
L2026-0006/verify/1/remind-20261126/ZJJ
L2026-0006/verify/1/due_today-20261126/ZJJ
L2026-0006/verify/1/urge-20261126/ZJJ:leader
L2026-0006/verify/1/supervise-20261126/FGJ
L2026-0006/verify/1/report-20261126/SZF
L2026-0006-T1/publication/1/circular_draft/FGJ
L2026-0006-T1/verify/1/circular-20261126/SFJ
L2026-0007/rectify/1/due_moved-20261228020000/SCJG
archive/2028-01/archive_review/FGJ
archive/2027-04-01/case_collection/SFJ
calendar/2026-12-28/calendar_missing/FGJ
files/file_fault/a-file
"""


def write_template(place: Workplace, name: str, text: str) -> None:
    """Give the office a template of its own."""
    target = place.templates_folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def sent(place: Workplace, kind: MessageKind) -> list[Message]:
    """Return the messages of a kind in the order they were written."""
    return [message for message in messages_of(place) if message.kind is kind]


def noted(walk: Walk) -> list[Mapping[str, object]]:
    """Return what the ledger of a lead says of templates that failed."""
    entries = ledger_of(walk.place, walk.number)
    return [entry.detail for entry in entries if entry.kind == EntryKind.WORDING_FAILED]


def break_message(monkeypatch: pytest.MonkeyPatch, broken: MessageKind) -> None:
    """Let no template of a kind give any words, the packaged one neither."""

    def render(kind: MessageKind, values: Mapping[str, object], folder: Path | None) -> RenderedMessage:
        if kind is broken:
            raise ZeroDivisionError("division by zero")
        return rendering.render_message(kind, values, folder)

    monkeypatch.setattr(wording, "render_message", render)


@pytest.fixture
def verifying(place: Workplace, clock: Clock, papers: Path) -> list[Walk]:
    """Three leads whose verification is due on Thursday, 26 November."""
    numbers = [register_lead(place, clock, title=f"线索之{each}") for each in range(3)]
    return [Walk(place, clock, papers, number).to(Step.VERIFY) for number in numbers]


def test_values_and_kinds_are_those_declared(
    place: Workplace, clock: Clock, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every template gets what its kind declares, no more and no less, and homes keep their keys."""
    passed: dict[str, AbstractSet[str]] = {}
    write_template(place, "return.txt.j2", "{{ nothing }}")

    def worded(kind: MessageKind, values: Mapping[str, object], folder: Path | None) -> object:
        assert passed.setdefault(kind, values.keys()) == values.keys()
        return wording.worded_message(kind, values, folder)

    def render(kind: DocumentKind, values: Mapping[str, object], folder: Path | None) -> object:
        assert passed.setdefault(f"document {kind}", values.keys()) == values.keys()
        return rendering.render_document(kind, values, folder)

    monkeypatch.setattr("tasks.messages.posting.worded_message", worded)
    monkeypatch.setattr("tasks.documents.issuing.render_document", render)
    write_every_kind(place, clock, papers)
    of_documents = {f"document {kind}": names for kind, names in DOCUMENT_VALUES.items()}
    assert passed == {kind.value: kind.values for kind in MessageKind} | of_documents
    assert {message.kind for message in messages_of(place)} == set(MessageKind)
    keys = {message.dedupe_key for message in messages_of(place)}
    given_up = f"L2026-0001/given_up/{messages_of(place)[0].id}-0"
    assert {*_KEYS.split(), given_up} <= keys
    with place.reading() as session:
        assert set(session.exec(select(LedgerEntry.kind))) <= {kind.value for kind in EntryKind}


@pytest.mark.parametrize("kind", ["remind", "return", "due_moved", "circular_draft", "release", "task"])
@pytest.mark.parametrize(
    "body",
    ["{{ source }}", "{% if title == '另一事项' %}{{ source }}{% endif %}"],
    ids=["always", "on a branch the sample does not take"],
)
def test_a_value_of_another_kind_is_refused_at_the_start(place: Workplace, kind: str, body: str) -> None:
    """What any matter may send knows no source of a lead; the sentence names file, value and choice."""
    write_template(place, f"{kind}.txt.j2", f"【提醒】{{{{ printed_number }}}}\n{body}\n")
    with pytest.raises(InputError) as refused:
        check_wording(place.templates_folder)
    told = str(refused.value)
    assert f"{kind}.txt.j2" in told
    assert "没有名为 source 的值" in told
    assert "printed_number" in told
    assert_is_one_sentence(told)


def test_documents_are_checked_against_their_own_kind(place: Workplace) -> None:
    """The reply on an extension knows what was ruled, a report does not."""
    text = "关于整改的函\n{{ ruling }}\n"
    write_template(place, "documents/extension_reply.txt.j2", text)
    assert check_wording(place.templates_folder) == ["documents/extension_reply.txt.j2"]
    write_template(place, "documents/report.txt.j2", text)
    with pytest.raises(InputError, match=r"documents/report.txt.j2.*ruling"):
        check_wording(place.templates_folder)


def test_what_tells_of_a_template_has_none_of_its_own(place: Workplace) -> None:
    """It is sent where the office's words failed, so it is always in the packaged ones."""
    write_template(place, "wording_fault.txt.j2", "【模板】{{ template }}\n{{ reason }}\n")
    with pytest.raises(InputError, match="不对应任何自带模板"):
        check_wording(place.templates_folder)


def test_a_patrol_with_a_wrong_template_reminds_all_the_same(verifying: list[Walk]) -> None:
    """In the packaged words and in time; each ledger tells it, and the bureau is told once a day."""
    place = verifying[0].place
    write_template(place, "remind.txt.j2", "【提醒】{{ printed_number }}\n{{ source }}\n")
    assert raise_rungs(place, CLIMB[0]).total() == 3
    reminders = sent(place, MessageKind.REMIND)
    assert [message.subject for message in reminders] == [
        f"【提醒】侯线〔2026〕{each}号 核查将于 2026-11-26（星期四） 到期" for each in (1, 2, 3)
    ]
    for walk in verifying:
        (detail,) = noted(walk)
        assert (detail["template"], detail["replaced"]) == ("remind.txt.j2", True)
        assert "source" in str(detail["reason"])
    (notice,) = sent(place, MessageKind.WORDING_FAULT)
    assert (notice.unit_code, notice.matter_id) == (BUREAU, None)
    assert notice.subject == "【模板异常】remind.txt.j2 无法使用，已改用自带模板"
    for told in ("“提醒”的模板 remind.txt.j2", "source", "zero137 doctor", "重新启动"):
        assert told in notice.body


def test_it_is_told_again_the_next_day(verifying: list[Walk]) -> None:
    """As long as nobody mended it and it is needed."""
    place = verifying[0].place
    write_template(place, "due_today.txt.j2", "【今日】{{ nothing }}")
    write_template(place, "urge.txt.j2", "【催办】{{ lines }}")
    write_template(place, "supervise.txt.j2", "{% broken")
    for moment in CLIMB[:4]:
        raise_rungs(place, moment)
    told = [message.dedupe_key for message in sent(place, MessageKind.WORDING_FAULT)]
    assert told == [
        "messages/wording_fault/2026-11-26/due_today.txt.j2",
        "messages/wording_fault/2026-11-27/urge.txt.j2",
        "messages/wording_fault/2026-11-27/supervise.txt.j2",
    ]
    assert len(noted(verifying[0])) == 3


def test_what_no_template_can_say_is_noted_and_the_others_go_out(
    verifying: list[Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rung is raised and the bureau knows whom to call; a later reminder of another lead is sent."""
    late, other, _ = verifying
    other.pass_step(Step.VERIFY)
    break_message(monkeypatch, MessageKind.URGE)
    raise_rungs(late.place, CLIMB[2])
    assert sent(late.place, MessageKind.URGE) == []
    assert [message.matter_id for message in sent(late.place, MessageKind.REMIND)] == [other.file().matter.id]
    (detail,) = noted(late)
    assert (detail["template"], detail["replaced"]) == ("urge.txt.j2", False)
    assert ledger_of(late.place, late.number)[-2].kind == EntryKind.ESCALATED
    notices = sent(late.place, MessageKind.WORDING_FAULT)
    assert len(notices) == 2  # one of each lead that is late: somebody has to call
    assert "发给侯马市住房和城乡建设管理局的催办未能写出" in notices[0].subject
    assert "电话转告" in notices[0].body


def test_a_step_is_taken_though_its_message_cannot_be_worded(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lead goes on and ends; what was not said is in its ledger."""
    break_message(monkeypatch, MessageKind.VERIFY)
    walk.to_closure()
    kinds = {message.kind for message in messages_of(walk.place)}
    assert MessageKind.VERIFY not in kinds
    assert {MessageKind.RECTIFY, MessageKind.WORDING_FAULT} <= kinds
    assert [detail["template"] for detail in noted(walk)] == ["verify.txt.j2"]


def test_a_notice_that_fails_itself_undoes_nothing(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the ledger and the log are all there is."""
    write_template(walk.place, "verify.txt.j2", "{{ nothing }}")
    break_message(monkeypatch, MessageKind.WORDING_FAULT)
    walk.to(Step.VERIFY)
    assert len(sent(walk.place, MessageKind.VERIFY)) == 1
    assert sent(walk.place, MessageKind.WORDING_FAULT) == []
    assert len(noted(walk)) == 1


def test_a_document_falls_back_to_the_packaged_words(verifying: list[Walk]) -> None:
    """The supervision goes out with its document, numbered without a gap."""
    place = verifying[0].place
    write_template(place, "documents/supervision_notice.txt.j2", "关于督办的通知\n{{ ruling }}\n")
    for moment in CLIMB[:4]:
        raise_rungs(place, moment)
    with place.reading() as session:
        query = select(Document).where(Document.kind == DocumentKind.SUPERVISION_NOTICE)
        papers = session.exec(query.order_by(Document.sequence)).all()
    assert [paper.sequence for paper in papers] == [1, 2, 3]
    assert {message.document_number for message in sent(place, MessageKind.SUPERVISE)} == {
        paper.number for paper in papers
    }
    assert [detail["template"] for detail in noted(verifying[0])] == ["documents/supervision_notice.txt.j2"]
    assert len(sent(place, MessageKind.WORDING_FAULT)) == 1


def test_without_any_words_a_document_takes_no_number(
    verifying: list[Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its message goes out without it, and whoever consults somebody is told that nothing was sent."""
    place = verifying[0].place

    def render(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("tasks.documents.issuing.render_document", render)
        for moment in CLIMB[:4]:
            raise_rungs(place, moment)
        assert {message.document_number for message in sent(place, MessageKind.SUPERVISE)} == {None}
        before = contents(place)
        asked = Consultation(["XSPJ"], "是否还有同样要求？", date(2026, 12, 4), PERSON)
        with pytest.raises(RuleViolation):
            consult(place, verifying[0].number, asked, CLIMB[3])
        assert contents(place) == before
    assert consult(place, verifying[0].number, asked, CLIMB[3]).endswith("〔2026〕1号")


def test_a_circular_without_text_is_drafted_in_the_packaged_words(verifying: list[Walk]) -> None:
    """A circular is an official document too: a template of a subject alone does not do."""
    place = verifying[0].place
    write_template(place, "circular.txt.j2", "【通报】关于{{ unit }}的通报\n")
    with pytest.raises(InputError, match="没有标题或正文"):
        check_wording(place.templates_folder)
    for moment in CLIMB:
        raise_rungs(place, moment)
    for walk in verifying:
        draft = Walk(place, walk.clock, walk.folder, f"{walk.number}-T1").file()
        assert "现按规定在全市范围内予以通报" in draft.subject.petition.body
        assert len(noted(walk)) == 1


def test_a_circular_without_any_words_is_not_drafted(
    verifying: list[Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patrol notes it and goes on; a person who asks for one is told."""
    place = verifying[0].place
    wanted = SupervisionRequest(Rung.CIRCULAR, Grounds.DELAYING, "三次约谈均未到场", PERSON)
    late = Walk(place, verifying[0].clock, verifying[0].folder, register_lead(place, verifying[0].clock))
    late.to(Step.VERIFY)
    with monkeypatch.context() as broken:
        break_message(broken, MessageKind.CIRCULAR)
        for moment in CLIMB:
            raise_rungs(place, moment)
        assert len(sent(place, MessageKind.REPORT)) == 3 + 1
        assert [len(noted(walk)) for walk in verifying] == [1, 1, 1]
        with pytest.raises(RuleViolation, match="通报的模板无法使用"):
            supervise(place, late.number, wanted, houma(24, 10))
    # Once it is mended a person may raise what could not be drafted.
    assert supervise(place, verifying[0].number, wanted, CLIMB[-1]).circular == f"{verifying[0].number}-T1"


def test_mail_whose_form_fails_goes_out_in_the_packaged_form(walk: Walk) -> None:
    """The message is handed over, its ledger tells it, and the bureau is told."""
    write_template(walk.place, "transfer.html.j2", "<p>{{ nothing }}</p>")
    walk.to(Step.RECEIPT)
    with json_receiver() as receiver:
        write_channels(walk.place, {"ZJJ": receiver.url("zjj"), "FGJ": receiver.url("fgj")})
        assert deliver_messages(walk.place).handed_over == 1
        assert deliver_messages(walk.place).handed_over == 1
        assert [got.address for got in receiver.received] == ["zjj", "fgj"]
    (detail,) = noted(walk)
    assert (detail["template"], detail["replaced"]) == ("transfer.html.j2", True)
    assert "transfer.html.j2 无法使用" in messages_of(walk.place)[-1].subject
