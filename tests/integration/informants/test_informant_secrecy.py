"""A whole life cycle with an informant: nothing but the one explicit command ever tells who it was."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import click
import pytest
from harness.command_line import Said, Terminal
from sqlmodel import col, select
from walks.documents import official
from walks.informants import CONTACT, NAME, NOTE, PARTS, files_telling, told_in
from walks.lead_tables import as_csv
from walks.walking import EXPLANATION, PDF, contents, houma, messages_of, write_evidence

from deployments.cli.main import cli
from deployments.installation.clock import set_drill_clock
from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
from deployments.mechanisms import MECHANISMS
from flows.forms import form_for
from models.documents.tables import Document
from models.matters.tables import Matter
from notifications.papers.pdf import render_pdf
from notifications.papers.word import render_word
from notifications.texts.rendering import render_mail
from tasks.documents.rendered import rendered
from tasks.ladder.escalation import raise_rungs
from tasks.lookup.board import board_markdown
from tasks.lookup.stories import tell_matter
from tasks.matters.reading import find_matter, read_file
from tasks.workplace import Workplace

LEAD, REQUEST, CIRCULAR = "L2026-0001", "L2026-0001-Y1", "L2026-0001-T1"
# These run for ever or wait for a server; whatever else there is, now or later, is asked for all it prints.
_ENDLESS = {"up", "drill", "serve", "services", "work", "register"}


@dataclass
class Heard:
    """A terminal that remembers whatever it printed, and the texts that Prefect would have shown."""

    terminal: Terminal
    papers: Path
    said: list[str] = field(default_factory=list)

    def run(self, *arguments: object) -> Said:
        """Run a command, however it ends."""
        ended = self.terminal.run(*arguments)
        self.said += [ended.out, ended.err]
        return ended

    def must(self, *arguments: object) -> str:
        """Run a command that succeeds."""
        ended = self.run(*arguments)
        assert ended.code == 0, (arguments, ended)
        return ended.out

    def at(self, day: int, hour: int) -> None:
        """Let it be a moment of November 2026."""
        set_drill_clock(self.terminal.home, houma(day, hour))

    def advance(self, number: str) -> None:
        """Carry a matter on, and look at what the console shows of it then."""
        self.terminal.advance(number)
        with closing(open_workplace(load_settings())) as place:
            self.said += _shown(place, number)

    def answer(self, number: str, step: str, unit: str, *more: object, proven: bool = False) -> None:
        """Answer a step, and carry the matter on."""
        proof = ("--explanation", EXPLANATION, "--evidence", write_evidence(self.papers))
        self.must("answer", number, step, "--by", f"{unit}/经办人甲", *more, *(proof if proven else ()))
        self.advance(number)


def _shown(place: Workplace, number: str) -> list[str]:
    """Return what Prefect shows of a matter: artifact, form, name and tags of its run."""
    with place.reading() as session:
        owed = read_file(session, find_matter(session, number), MECHANISMS).open_assignment
    told = tell_matter(place, number, place.clock())
    text = told.form_text("")
    form = [str(form_for(place.kinds.duty(owed.step), told.office, text).model_json_schema())] if owed else []
    return [told.markdown, text, repr(told.label), *form]


@pytest.fixture
def heard(bare_terminal: Terminal, database_url: str, papers: Path, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """A terminal at an installation on each database, where it is Monday, 2026-11-23 10:00."""
    monkeypatch.setenv("ZERO137_DATABASE_URL", database_url)
    heard = Heard(bare_terminal, papers)
    bare_terminal.home.mkdir()
    heard.at(23, 10)
    heard.must("init")
    heard.must("informant", "key")
    return heard


def come_in(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Import a lead with its informant, wrongly first, then add a note; returns the file."""
    file = heard.papers / "线索.csv"
    cells = [
        "限定本地企业投标",
        "招标文件要求。",
        "省",
        "晋发改〔2026〕12号",
        "违规设置隐性壁垒",
        "",
        "07",
        "重要",
    ]
    file.write_bytes(as_csv([*cells, NAME, CONTACT], ["", NAME, "", "", "", "", "", "", NAME, CONTACT]))
    assert heard.run("lead", "import", file).code == 6
    assert heard.run("lead", "import", file, "--skip-bad", "--json").code == 0
    assert "文件 线索.csv 中仍是明文，请删除。" in heard.must("lead", "import", file, "--skip-bad")
    lines = f"姓名：{NAME}\n联系方式：{CONTACT}\n备注：{NOTE}\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    heard.must("informant", "add", LEAD, "--person", "经办人甲", "--from", "-", "--correct")
    return file


def live(heard: Heard) -> None:
    """Go through every step: refusals, an extension, the ladder up to a circular, a return, the closure."""
    heard.advance(LEAD)
    heard.answer(LEAD, "移交", "发改局", "--authority", "住建局", "--cooperating", "行政审批局")
    heard.answer(LEAD, "签收", "住建局")
    found = ("--finding", "属实", "--responsible", "市场监管局", "--opinion", "停止。")
    assert heard.run("answer", LEAD, "核查", "--by", "住建局/经办人甲", *found).code == 3
    heard.answer(LEAD, "核查", "住建局", *found, proven=True)
    paper = write_evidence(heard.papers, "延期申请.pdf", PDF + b"% request\n")
    heard.must("extend", LEAD, "--by", "住建局/经办人乙", "--until", "2026-12-07", "--grounds", "须审查。",
               "--evidence", paper)  # fmt: skip
    heard.advance(REQUEST)
    heard.answer(REQUEST, "延期审批", "市发改委", "--ruling", "不同意", "--explanation", "理由不足。")
    heard.must("document", "consult", LEAD, "--to", "商务局", "--question", "有无依据？", "--reply-by",
               "2026-11-27", "--person", "经办人甲")  # fmt: skip
    climb(heard)
    heard.advance(CIRCULAR)
    heard.answer(CIRCULAR, "通报审批", "发改局", "--ruling", "同意")
    heard.answer(LEAD, "整改", "市场监管局", "--measures", "废止文件。", proven=True)
    heard.answer(LEAD, "验收", "发改局", "--verdict", "退回", "--explanation", "未公布。")
    heard.answer(LEAD, "整改", "市场监管局", "--measures", "废止并公布。", proven=True)
    heard.answer(LEAD, "验收", "发改局", "--verdict", "通过")


def climb(heard: Heard) -> None:
    """Let two weeks pass without an answer: every rung is raised, up to the draft of a circular."""
    for hours in range(0, 24 * 16, 6):
        set_drill_clock(heard.terminal.home, houma(27, 9) + timedelta(hours=hours))
        with closing(open_workplace(load_settings())) as place:
            raise_rungs(place, place.clock())


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give every command there is, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


def fill(command: click.Command, keep: Path) -> list[str]:
    """Return arguments for a command: the lead's number, and something wherever something is required."""
    words = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            is_path = isinstance(parameter.type, click.Path)
            words.append(str(keep / f"{command.name}.xlsx") if is_path else LEAD)
        elif parameter.required:
            words += [parameter.opts[0], "核实"]
    return words


def ask_everything(heard: Heard) -> None:
    """Run every command with something, for people and for programs; most refuse, and all print."""
    for words, command in commands(cli):
        if words[0] in _ENDLESS or words == ("informant", "show"):
            continue
        filled = fill(command, heard.papers)
        heard.run(*words, "--help")
        heard.run(*words, *filled)
        if any(parameter.name == "as_json" for parameter in command.params):
            heard.run(*words, *filled, "--json")
            optional = [p for p in command.params if p.name == "everything"]
            heard.run(*words, *filled, *(["--all"] if optional else []), "--json")


def texts_in(place: Workplace) -> list[str]:
    """Return what goes out and what is shown from the facts: messages, mails, documents, board, rows."""
    with place.reading() as session:
        matters = session.exec(select(Matter.number)).all()
        documents = session.exec(select(Document.number).order_by(col(Document.id))).all()
    for number in documents:
        rendered(place, number, place.clock())
    mails = [render_mail(m.kind, m.subject, m.body, m.document_number or "") for m in messages_of(place)]
    assert len(documents) >= 8, documents
    assert {m.kind for m in messages_of(place)} >= {"transfer", "rectify", "circular", "closure", "report"}
    return [
        *mails, board_markdown(place, place.clock()), repr(contents(place)), repr(place),
        *(text for number in matters for text in _shown(place, number)),
    ]  # fmt: skip


def test_nothing_tells_who_the_informant_was_but_the_command_that_is_asked_to(
    heard: Heard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Screens, JSON, messages, mails, documents, forms, artifacts, tables, files and logs of a life cycle."""
    file = come_in(heard, monkeypatch)
    live(heard)
    assert "已销号" in heard.must("lead", "list", "--all")
    ask_everything(heard)
    with closing(open_workplace(load_settings())) as place:
        heard.said += texts_in(place)
    assert [text for text in heard.said if told_in(text.encode())] == []
    # The file that was imported is the operator's, and lies outside the state.
    assert files_telling(tmp_path, file) == {}
    assert list(files_telling(tmp_path)) == [str(file.relative_to(tmp_path))]
    shown = heard.terminal.text("informant", "show", LEAD, "--person", "经办人甲", "--reason", "核实细节")
    assert told_in(shown.encode()) == list(PARTS)
    assert "调阅举报人信息，事由：核实细节" in heard.must("lead", "show", LEAD)


def test_the_search_would_find_it(tmp_path: Path) -> None:
    """What looks for the informant finds it in JSON, an old encoding, an office file and a PDF."""
    named = official(f"据{NAME}反映，情况属实。")
    (tmp_path / "a.json").write_text(json.dumps(json.dumps({"name": NAME})))
    (tmp_path / "b.txt").write_bytes(NAME.encode("gb18030"))
    (tmp_path / "c.docx").write_bytes(render_word(named))
    (tmp_path / "d.pdf").write_bytes(render_pdf(named))
    assert list(files_telling(tmp_path)) == ["a.json", "b.txt", "c.docx", "d.pdf"]
