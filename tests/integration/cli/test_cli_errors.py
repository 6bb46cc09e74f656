"""What goes wrong on the command line: the exit code of its class, one Chinese sentence, no traceback."""

import re
from pathlib import Path

import click
import pytest
from harness.command_line import Said, Terminal
from harness.wording import assert_is_one_sentence
from walks.walking import EXPLANATION, write_evidence

from deployments.cli.main import EXIT_CODES, cli
from models.errors import Zero137Error


def assert_told(said: Said, code: int) -> None:
    """The error stands on standard error alone."""
    assert (said.code, said.out) == (code, ""), said
    assert "Traceback" not in said.err
    assert_is_one_sentence(said.err.removesuffix("\n"))


def add_lead(terminal: Terminal) -> str:
    """Register a lead, hand it to the bureau and return its number."""
    said = terminal.json("lead", "add", "--title", "题", "--facts", "事")
    assert isinstance(said, dict)
    terminal.advance(str(said["number"]))
    return str(said["number"])


def test_every_class_of_error_has_an_exit_code_of_its_own() -> None:
    """0, 1, 2 and 130 mean something else."""
    codes = list(EXIT_CODES.values())
    assert len(set(codes)) == len(codes)
    assert not {0, 1, 2, 130} & set(codes)
    assert set(Zero137Error.__subclasses__()) == set(EXIT_CODES)


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("lead add --title 题 --facts \u3000", 3, "事实情况不能为空"),
        ("answer LEAD 核查 --by 住建局/经办人甲", 3, "尚未进入核查环节"),
        ("answer LEAD 会签 --by 发改局/经办人甲", 3, "环节“会签”不在可选范围内"),
        ("answer LEAD 移交 --by 发改局/经办人甲 --verdict 通过", 3, "选项 --verdict 不适用于移交"),
        ("answer LEAD 移交 --by 发改局 --authority 住建局", 3, "--by 应写成 单位/姓名"),
        ("answer LEAD 移交 --by 发改局/ --authority 住建局", 3, "请填写经办人姓名"),
        ("calendar due 2026-02-30 3日", 3, "2026-02-30"),
        ("calendar due 2026-11-27 400日", 3, "期限应为1至365日"),
        ("calendar due 2026-11-27 不久", 3, "期限“不久”不在可选范围内"),
        ("messages list --status 在途", 3, "状态“在途”不在可选范围内"),
        ("lead show L2026-9999", 4, "没有编号为“L2026-9999”的事项"),
        ("lead why L2026-9999", 4, "没有编号为“L2026-9999”的事项"),
        ("answer L2026-9999 移交 --by 发改局/经办人甲 --authority 住建局", 4, "没有编号为"),
        ("answer LEAD 移交 --by 发改局/经办人甲 --authority 烟草局", 4, "没有“烟草局”"),
        ("evidence add LEAD 没有.pdf", 4, "“没有.pdf”不存在或无法读取"),
        ("lead import 没有.csv", 4, "“没有.csv”不存在或无法读取"),
        ("calendar import 没有.csv", 4, "“没有.csv”不存在"),
        ("lead import 线索.doc", 6, "不支持文件 线索.doc 的格式"),
        ("lead template 线索.doc", 6, "文件 线索.doc 已存在"),
        ("lead template 没有/表.xlsx", 6, "无法写入 表.xlsx"),
        ("units import 线索.doc", 6, "不是有效的 TOML"),
        ("calendar due 2099-12-30 核查", 7, "2100-01-01 超出可推算的日历范围"),
        ("calendar due 2003-12-01 1日", 3, "超出2004年至2099年"),
        ("down", 10, "系统没有在运行"),
    ],
)
def test_an_error_is_told_in_one_sentence(terminal: Terminal, command: str, code: int, says: str) -> None:
    """The exit code is that of the class of the error."""
    Path("线索.doc").write_text("线索", encoding="utf-8")
    number = add_lead(terminal) if "LEAD" in command else ""
    said = terminal.run(*[number if word == "LEAD" else word for word in command.split(" ")])
    assert_told(said, code)
    assert says in said.err


def test_a_second_answer_conflicts(terminal: Terminal) -> None:
    """Its exit code tells it from an answer that breaks a rule."""
    number = add_lead(terminal)
    command = ("answer", number, "移交", "--by", "发改局/经办人甲", "--authority", "住建局")
    terminal.text(*command)
    said = terminal.run(*command, "--json")
    assert_told(said, 5)
    assert "以先到者为准" in said.err


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("出发", "没有这个命令：出发"),
        ("lead 出发", "没有这个命令：出发"),
        ("lead list --what", "没有选项 --what"),
        ("lead add --title 题", "缺少"),
        ("lead show", "缺少"),
        ("answer L2026-0001 移交", "缺少"),
        ("calendar show 去年", "YEAR"),
    ],
)
def test_a_wrong_command_is_explained(bare_terminal: Terminal, command: str, says: str) -> None:
    """The sentence names what is wrong and where the usage stands."""
    said = bare_terminal.run(*command.split())
    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert re.search(r"可用 zero137.* --help 查看用法。\n$", said.err)
    assert "Traceback" not in said.err


@pytest.mark.parametrize("command", ["", "lead", "evidence", "units", "calendar", "messages"])
def test_a_command_without_its_rest_shows_its_help_page(bare_terminal: Terminal, command: str) -> None:
    """In Chinese, with the exit code of a wrong command."""
    said = bare_terminal.run(*command.split())
    assert said.code == 2
    assert said.err.startswith("用法：zero137")
    assert "命令" in said.err


def test_help_is_chinese_and_no_error(bare_terminal: Terminal) -> None:
    """On standard output, for the whole and for one command."""
    assert "启动系统：数据库、Prefect 服务、执行进程和全部部署" in bare_terminal.text("--help")
    page = bare_terminal.text("answer", "--help")
    assert page.startswith("用法：zero137 answer [选项] NUMBER STEP")
    assert "核查：属实、部分属实、不属实" in page


@pytest.mark.parametrize("name", cli.list_commands(click.Context(cli)))
def test_every_command_has_a_help_page(bare_terminal: Terminal, name: str) -> None:
    """Each is found where the list says, and tells what it does."""
    assert bare_terminal.text(name, "--help").startswith(f"用法：zero137 {name} ")


@pytest.mark.parametrize(
    "command",
    ["lead list", "lead add --title 题 --facts 事", "lead show L2026-0001", "units list", "messages list",
     "calendar show 2026", "evidence add L2026-0001 线索.pdf", "status"],
)  # fmt: skip
def test_a_folder_without_a_database_is_not_made_into_one(bare_terminal: Terminal, command: str) -> None:
    """Whoever stands in the wrong folder is told so instead of starting an empty register."""
    said = bare_terminal.run(*command.split())
    assert_told(said, 10)
    assert "还没有数据库，请先运行 zero137 up（或 zero137 init）" in said.err
    assert not bare_terminal.home.exists()


def test_a_database_without_tables_is_told_as_such(bare_terminal: Terminal) -> None:
    """An empty file in the place of the database: the way out is init."""
    bare_terminal.home.mkdir()
    (bare_terminal.home / "zero137.db").touch()
    said = bare_terminal.run("lead", "list")
    assert_told(said, 10)
    assert "请先运行 zero137 up（或 zero137 init）" in said.err
    bare_terminal.text("init")
    assert bare_terminal.text("lead", "list") == "没有在办线索。\n"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ZERO137_HAME", "/tmp", "hame（未知的键）"),  # noqa: S108 - nothing is written there
        ("ZERO137_PORT", "0", "port（数值过小）"),
        ("ZERO137_PORT", "八千", "port（应为整数）"),
        ("ZERO137_EVIDENCE_MB", "4096", "evidence_mb（数值过大）"),
        ("ZERO137_POLICY", "没有.toml", "没有.toml”不存在"),
        ("ZERO137_POLICY", "线索.doc", "政策文件 线索.doc 不是有效的 TOML"),
    ],
)
def test_a_wrong_setting_is_named(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    """A mistyped variable is not ignored."""
    Path("线索.doc").write_text("线索", encoding="utf-8")
    monkeypatch.setenv(name, value)
    said = terminal.run("lead", "list")
    assert_told(said, 6)
    assert says in said.err


def test_a_database_server_that_does_not_answer_is_told_as_such(
    bare_terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an internal fault nor an invitation to set something up; the password is not shown."""
    monkeypatch.setenv("ZERO137_DATABASE_URL", "postgresql://somebody:secret@127.0.0.1:9/facts")
    said = bare_terminal.run("lead", "list")
    assert_told(said, 10)
    assert "数据库连不上" in said.err
    assert "secret" not in said.err


def test_an_unforeseen_fault_is_logged_and_told(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The traceback goes into a file for whoever maintains the system, not onto the terminal."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a fault that nobody foresaw")

    monkeypatch.setattr("tasks.lookup.stories.tell_story", broken)
    said = terminal.run("lead", "show", "L2026-0001")
    assert_told(said, 1)
    assert "ZeroDivisionError" in said.err
    log = (terminal.home / "logs" / "error.log").read_text(encoding="utf-8")
    assert "a fault that nobody foresaw" in log
    assert str(terminal.home) in said.err


def test_a_large_file_is_refused_by_the_limit_that_was_set(
    terminal: Terminal, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the setting."""
    monkeypatch.setenv("ZERO137_EVIDENCE_MB", "1")
    number = add_lead(terminal)
    large = write_evidence(papers, "大.txt", EXPLANATION.encode() * 10_000)
    said = terminal.run("evidence", "add", number, large)
    assert_told(said, 3)
    assert "超过1MB（设置 ZERO137_EVIDENCE_MB）" in said.err
