"""Characters that no font has: told at intake, in the story, and to the bureau before the letter goes out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Clock
from fakes.fonts import fonts_of_machine, write_font
from fakes.receivers import json_receiver, write_channels
from harness.command_line import Terminal
from walks.walking import PERSON, Walk, draft_lead, houma, ledger_of, messages_of, register_lead

from flows.mechanisms.leads import _notes
from models.codes import Step
from models.ladder.vocabulary import Grounds, Rung
from models.messages.kinds import MessageKind
from models.messages.tables import Message
from models.record.entry_kinds import EntryKind
from models.record.tables import LedgerEntry
from tasks.delivery.sending import deliver_messages
from tasks.documents.rendered import render_leftovers
from tasks.ladder.supervision import SupervisionRequest, supervise
from tasks.lookup.stories import tell_matter
from tasks.workplace import Workplace

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

# Of extension B; the bundled fonts have it not.
RARE = "𠮷"
TITLE = f"要求张{RARE}在本地设立子公司方可投标"
LETTER = "侯发改移函〔2026〕1号"
NAMED = "“𠮷”（U+20BB7）"


@pytest.fixture
def bare() -> Iterator[None]:
    """A machine with the bundled fonts only."""
    with fonts_of_machine():
        yield


@pytest.fixture
def named(place: Workplace, clock: Clock, papers: Path) -> Walk:
    """A lead that names a person whose name few fonts have."""
    return Walk(place, clock, papers, register_lead(place, clock, title=TITLE))


def told(walk: Walk) -> list[Message]:
    """Return what the bureau is told of characters."""
    return [message for message in messages_of(walk.place) if message.kind is MessageKind.UNPRINTABLE]


def noted(walk: Walk, number: str = "") -> list[LedgerEntry]:
    """Return the entries of a matter about characters."""
    entries = ledger_of(walk.place, number or walk.number)
    return [entry for entry in entries if entry.kind == EntryKind.UNPRINTABLE]


@pytest.mark.usefixtures("bare")
def test_the_bureau_is_told_once_of_each_document(named: Walk) -> None:
    """With the ledger of the matter, before the unit's message is written, and with the letter attached."""
    named.to(Step.RECEIPT)
    (notice,) = told(named)
    assert (notice.unit_code, notice.document_number) == ("FGJ", LETTER)
    assert notice.dedupe_key == f"{named.number}/unprintable/{LETTER}/FGJ"
    assert notice.subject == f"【公文缺字】移交函 {LETTER} 中有字没有可用字体，PDF 中印作〓"
    assert NAMED in notice.body
    assert "主送侯马市住房和城乡建设管理局" in notice.body
    (transfer,) = [message for message in messages_of(named.place) if message.kind is MessageKind.TRANSFER]
    assert (notice.id or 0) < (transfer.id or 0)
    (entry,) = noted(named)
    assert entry.summary == f"移交函 {LETTER} 中{NAMED}没有可用字体，PDF 中印作〓"
    assert entry.detail == {"document": LETTER, "characters": [RARE]}
    assert render_leftovers(named.place, named.clock()) == 1
    assert len(told(named)) == len(noted(named)) == 1


@pytest.mark.usefixtures("bare")
def test_it_is_handed_over_before_the_letter(named: Walk) -> None:
    """To the bureau first; the letter goes out all the same."""
    with json_receiver() as receiver:
        write_channels(named.place, {"FGJ": receiver.url("bureau"), "ZJJ": receiver.url("unit")})
        named.to(Step.RECEIPT)
        deliver_messages(named.place, named.number)
    subjects = [(each.address, each.subject[:6]) for each in receiver.received]
    assert subjects == [("bureau", "【公文缺字】"), ("unit", subjects[-1][1])]
    assert "移交" in subjects[-1][1]


@pytest.mark.usefixtures("bare")
def test_the_letter_goes_out_when_the_bureau_is_not_reached(named: Walk) -> None:
    """Nothing stands still."""
    with json_receiver() as receiver:
        write_channels(named.place, {"ZJJ": receiver.url("unit")})
        named.to(Step.RECEIPT)
        deliver_messages(named.place, named.number)
    assert [each.address for each in receiver.received] == ["unit"]
    assert told(named)[0].handed_over_at is None


@pytest.mark.usefixtures("bare")
def test_a_draft_is_told_of_without_being_sent(named: Walk) -> None:
    """Whoever decides on a circular knows; the text of a draft goes to nobody."""
    named.to(Step.VERIFY)
    request = SupervisionRequest(Rung.CIRCULAR, Grounds.DELAYING, f"三次约谈张{RARE}均未到场。", PERSON)
    supervise(named.place, named.number, request, named.clock())
    letter, draft = told(named)
    assert letter.document_number == LETTER
    assert draft.document_number is None
    assert "侯发改通报〔2026〕1号" in draft.subject


def test_a_document_of_another_machine_is_told_of_when_it_is_rendered(named: Walk, tmp_path: Path) -> None:
    """Where it was numbered there was a font; where its file is made there is none."""
    write_font(tmp_path, "Rare Names", RARE)
    with fonts_of_machine(tmp_path):
        named.to(Step.RECEIPT)
    assert not told(named)
    with fonts_of_machine():
        assert render_leftovers(named.place, named.clock()) == 1
    assert [notice.document_number for notice in told(named)] == [LETTER]
    kinds = [entry.kind for entry in ledger_of(named.place, named.number)]
    assert kinds[-2:] == [EntryKind.UNPRINTABLE, EntryKind.DOCUMENT_RENDERED]


def test_a_document_of_another_machine_is_told_of_first_too(named: Walk, tmp_path: Path) -> None:
    """The file is made when the letter is to be sent: what that brought to light goes out before it."""
    write_font(tmp_path, "Rare Names", RARE)
    with json_receiver() as receiver:
        write_channels(named.place, {"FGJ": receiver.url("bureau"), "ZJJ": receiver.url("unit")})
        with fonts_of_machine(tmp_path):
            named.to(Step.RECEIPT)
        with fonts_of_machine():
            deliver_messages(named.place, named.number)
    assert [each.address for each in receiver.received] == ["bureau", "unit"]
    assert receiver.received[0].subject.startswith("【公文缺字】")
    assert all(message.handed_over_at for message in messages_of(named.place))


def test_a_machine_with_the_font_tells_nothing(named: Walk, tmp_path: Path) -> None:
    """Neither in the ledger nor in the story."""
    write_font(tmp_path, "Rare Names", RARE)
    with fonts_of_machine(tmp_path):
        named.to(Step.RECEIPT)
        assert not told(named)
        assert not noted(named)
        assert "印作〓" not in tell_matter(named.place, named.number, houma(23, 12)).markdown


@pytest.mark.usefixtures("bare")
def test_the_story_says_what_cannot_be_printed(named: Walk) -> None:
    """Of what was registered, of what a unit answered, and of each document."""
    named.to(Step.VERIFY)
    explanation = "经现场核查，经办人李\U0002a6d0所述属实，招标文件确有此项要求。"
    named.pass_step(Step.VERIFY, explanation=explanation)
    telling = tell_matter(named.place, named.number, houma(24, 9))
    assert f"{NAMED}、“\U0002a6d0”（U+2A6D0）没有可用字体" in telling.markdown
    assert f"PDF 中印作〓的字：{NAMED}" in telling.markdown
    assert f"缺字：{NAMED}" in telling.form_text("")


@pytest.mark.usefixtures("bare")
def test_the_forms_tell_at_intake(place: Workplace, clock: Clock) -> None:
    """What a run of 登记线索 or 批量导入 ends with says it, in one sentence of several."""
    (note,) = _notes([draft_lead(place, clock), draft_lead(place, clock, title=TITLE)])
    assert note.startswith(f"{NAMED}没有可用字体")
    assert not note.endswith("。")
    assert _notes([draft_lead(place, clock)]) == []


@pytest.mark.usefixtures("bare")
def test_commands_tell_at_intake_and_with_an_answer(terminal: Terminal, tmp_path: Path) -> None:
    """A note, never a refusal: adding, importing, answering."""
    said = terminal.text("lead", "add", "--title", TITLE, "--facts", "招标文件设置了清单之外的条件。")
    assert f"{NAMED}没有可用字体，公文（PDF）中将印作〓" in said
    table = tmp_path / "线索.jsonl"
    table.write_text(json.dumps({"title": f"李{RARE}反映的问题", "facts": "清单之外的条件。"}), "utf-8")
    imported = terminal.json("lead", "import", table)
    assert isinstance(imported, dict)
    assert [note for note in imported["notes"] if NAMED in note]
    (number,) = imported["created"]
    terminal.advance(number)
    said = terminal.text(
        "answer",
        number,
        "移交",
        "--by",
        "发改局/经办人",
        "--authority",
        "住建局",
        "--explanation",
        f"请联系王{RARE}。",
    )
    assert f"{NAMED}没有可用字体" in said
    terminal.advance(number)
    (row,) = json.loads(terminal.text("document", "list", "--lead", number, "--json"))
    assert row["unprintable"] == RARE
    assert "印作〓的字" in terminal.text("document", "list")
    assert f"{NAMED}没有可用字体，PDF 中印作〓" in terminal.text("document", "show", row["number"])
    shown = terminal.text("lead", "show", number)
    assert "缺字" in shown
    assert f"PDF 中印作〓的字：{NAMED}" in shown


@pytest.mark.usefixtures("bare")
def test_the_examination_says_which_fonts_print_what(terminal: Terminal) -> None:
    """By the families used and by some rare characters."""
    rows = json.loads(terminal.run("doctor", "--json").out)
    (fonts,) = [row for row in rows if row["subject"] == "字体"]
    assert "正文Noto Serif SC，标题Noto Serif SC" in fonts["found"]
    assert f"{NAMED}" in fonts["found"]
    assert "遍黑体 Plangothic" in fonts["found"]
