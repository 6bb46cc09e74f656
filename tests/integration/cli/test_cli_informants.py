"""Informants on the command line: asked for, never given as options, told only where that is the purpose."""

import io
import json
import sys
from pathlib import Path

import click
import pytest
from harness.command_line import Terminal
from harness.wording import assert_is_one_sentence
from walks.informants import CONTACT, NAME, NOTE, PARTS, told_in

from deployments.cli.record.informants import informant
from models.archive.vocabulary import Barrier
from tasks.informants.vault import new_key

LINES = f"姓名：{NAME}\n联系方式：{CONTACT}\n备注：{NOTE}\n"
SHOW = ("--person", "经办人甲", "--reason", "核实线索细节")


@pytest.fixture
def number(terminal: Terminal) -> str:
    """A lead at an installation with a key."""
    terminal.text("informant", "key")
    return str(terminal.json("lead", "add", "--title", "题", "--facts", "事")["number"])  # type: ignore[index]


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let a person type something."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_an_identity_is_asked_for_part_by_part(
    terminal: Terminal, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The questions go to standard error; what was typed is printed nowhere."""
    types(monkeypatch, f"{NAME}\n\n{NOTE}\n")
    said = terminal.run("informant", "add", number, "--person", "经办人甲")
    assert (said.code, said.out) == (0, f"{number} 的举报人信息已登记，加密保存。\n")
    assert "举报人联系方式: " in said.err
    assert told_in((said.out + said.err).encode()) == []
    page = terminal.text("informant", "show", number, *SHOW)
    assert page.splitlines()[1:] == [f"举报人：{NAME}", "联系方式：未提供", f"备注：{NOTE}"]


def test_an_identity_is_read_from_a_file_and_corrected(
    terminal: Terminal, number: str, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file should go; a second one needs to be asked for before anything is typed."""
    file = papers / "举报人.txt"
    file.write_bytes(LINES.encode("gb18030"))
    told = terminal.text("informant", "add", number, "--person", "经办人甲", "--from", file)
    assert told == f"{number} 的举报人信息已登记，加密保存。请删除文件 {file}。\n"
    types(monkeypatch, LINES)
    refused = terminal.run("informant", "add", number, "--person", "经办人甲")
    assert (refused.code, refused.err) == (5, f"{number} 已登记举报人信息，如需整体更正请加 --correct。\n")
    again = ("informant", "add", number, "--person", "经办人甲", "--from", "-", "--correct")
    types(monkeypatch, LINES)
    assert terminal.json(*again) == {"number": number, "corrected": True, "named_in_lead": False}
    shown = terminal.json("informant", "show", number, *SHOW)
    assert shown == {"number": number, "name": NAME, "contact": CONTACT, "note": NOTE}


def test_no_option_takes_an_identity() -> None:
    """A shell keeps its history, and every account sees the words of a command that runs."""
    options = {
        option for command in informant.commands.values() for p in command.params for option in p.opts
        if isinstance(p, click.Option)
    }  # fmt: skip
    assert options == {"--print", "--json", "--person", "--from", "--correct", "--reason"}


def test_leads_with_informants_are_listed_and_shown_without_them(
    terminal: Terminal, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers and yes or no, nothing more."""
    assert terminal.text("informant", "list") == "没有登记举报人信息的线索。\n"
    assert "举报人信息：无" in terminal.text("lead", "show", number)
    types(monkeypatch, LINES)
    terminal.text("informant", "add", number, "--person", "经办人甲", "--from", "-")
    (row,) = json.loads(terminal.text("informant", "list", "--json"))
    assert set(row) == {"number", "printed_number", "recorded_at"}
    assert number in terminal.text("informant", "list")
    assert "举报人信息：已加密保存" in terminal.text("lead", "show", number)
    assert terminal.json("lead", "show", number)["informant"] == "已加密保存"  # type: ignore[index,call-overload]


@pytest.mark.parametrize("options", [("--person", "经办人甲"), ("--reason", "核实"), ()])
def test_showing_needs_a_person_and_a_reason(
    terminal: Terminal, number: str, options: tuple[str, ...]
) -> None:
    """A command without them is a wrong command."""
    said = terminal.run("informant", "show", number, *options)
    assert (said.code, said.out) == (2, "")
    assert_is_one_sentence(said.err.strip().split("。")[0] + "。")


def test_the_key_is_created_once_replaced_and_found_lost(
    terminal: Terminal, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each command says; the start tells where a key is wrong, and ends well all the same."""
    types(monkeypatch, LINES)
    terminal.text("informant", "add", number, "--person", "经办人甲", "--from", "-")
    assert terminal.run("informant", "key").code == 5
    rotated = terminal.text("informant", "rotate", "--person", "经办人甲")
    assert rotated.startswith("已更换密钥，重新加密1条。\n请立即备份新的密钥文件")
    key_file = terminal.home / "informant.key"
    key = key_file.read_text()
    key_file.unlink()
    assert "举报人信息暂不能登记和调阅，其余功能不受影响：没有举报人信息的密钥" in terminal.text("init")
    assert terminal.run("informant", "show", number, *SHOW).code == 4
    assert "注意：已有1条举报人信息由以前的密钥加密" in terminal.text("informant", "key")
    assert terminal.run("informant", "show", number, *SHOW).code == 6
    with key_file.open("a") as file:
        file.write(key)
    assert terminal.text("informant", "rotate", "--person", "经办人甲").startswith("已续完上次未完成的更换")
    assert told_in(terminal.text("informant", "show", number, *SHOW).encode()) == list(PARTS)


def test_keys_of_the_environment_are_used_and_never_written(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new one can be printed; the file is neither made nor needed."""
    printed = terminal.text("informant", "key", "--print").strip()
    old = new_key()
    monkeypatch.setenv("ZERO137_INFORMANT_KEY", old)
    number = str(terminal.json("lead", "add", "--title", "题", "--facts", "事")["number"])  # type: ignore[index]
    types(monkeypatch, LINES)
    terminal.text("informant", "add", number, "--person", "经办人甲", "--from", "-")
    assert terminal.run("informant", "key").code == 5
    alone = terminal.run("informant", "rotate", "--person", "经办人甲")
    assert (alone.code, old in alone.err) == (3, False)
    monkeypatch.setenv("ZERO137_INFORMANT_KEY", f"{printed},{old}")
    assert "请从 ZERO137_INFORMANT_KEY 中去掉其余1个密钥" in terminal.text(
        "informant", "rotate", "--person", "经办人甲"
    )
    monkeypatch.setenv("ZERO137_INFORMANT_KEY", printed)
    assert told_in(terminal.text("informant", "show", number, *SHOW).encode()) == list(PARTS)
    assert not (terminal.home / "informant.key").exists()


def test_a_lead_is_added_with_its_barrier_and_importance(terminal: Terminal) -> None:
    """Both stand in the story and in the ledger's entry."""
    added = terminal.json(
        "lead", "add", "--title", "题", "--facts", "事", "--barrier", "5", "--importance", "重要"
    )
    story = terminal.json("lead", "show", added["number"])  # type: ignore[index,call-overload]
    assert isinstance(story, dict)
    assert ["壁垒类型", Barrier.WIDENED.label] in story["particulars"]
    assert ["重要程度", "重要"] in story["particulars"]
    detail = story["ledger"][0]["detail"]
    assert (detail["barrier"], detail["importance"]) == ("05", "major")
    refused = terminal.run("lead", "add", "--title", "题", "--facts", "事", "--category", "企业违规进入",
                           "--barrier", "05")  # fmt: skip
    assert (refused.code, refused.err) == (3, "只有类别为违规设置隐性壁垒或其他的线索可填壁垒类型。\n")
