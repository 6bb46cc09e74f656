"""Commands of the archive: what a person types and reads."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness.command_line import Terminal
from walks.archives import closed_walk

from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
from tasks.archive.archiving import archive_leftovers

NUMBER = "0137-WS·2026-D30-SCZR-0001"


@pytest.fixture
def archived(terminal: Terminal, tmp_path: Path) -> str:
    """The number of an archived lead, at an installation of its own."""
    place = open_workplace(load_settings())
    try:
        clock = place.clock
        walk = closed_walk(place, clock, tmp_path / "papers", category="企业违规进入")  # type: ignore[arg-type]
        archive_leftovers(place, clock())
    finally:
        place.close()
    assert terminal.home.exists()
    return walk.number


def test_an_archive_is_listed_shown_classed_and_reviewed(terminal: Terminal, archived: str) -> None:
    """As tables for people, as JSON for programs; every act stands in its history."""
    (row,) = terminal.json("archive", "list", "--category", "企业违规进入")  # type: ignore[misc]
    number = row["number"]
    assert row["lead"] == archived
    assert number in terminal.text("archive", "list", "--year", row["year"], "--retention", "30年")
    assert terminal.text("archive", "list", "--due") == "没有符合条件的档案。\n"
    told = terminal.text(
        "archive", "classify", number, "--barrier", "7", "--importance", "重要",
        "--person", "经办人甲", "--reason", "涉及多地企业",
    )  # fmt: skip
    assert told == f"已分类。档号 {number}，永久保存。\n"
    assert number in terminal.text("archive", "list", "--barrier", "07", "--importance", "重要")
    terminal.text("archive", "review", archived, "--person", "经办人甲", "--note", "内容完整")
    shown = terminal.text("archive", "show", number)
    for words in (
        "卷内目录",
        "移交函",
        "核查 记录.pdf",
        "分类为重要，壁垒类型07限制外地企业",
        f"审核档案 {number}：内容完整",
    ):
        assert words in shown or words in str(terminal.json("archive", "show", number))
    assert [line["sequence"] for line in terminal.json("archive", "show", archived)["items"]] == [
        1,
        2,
        3,
        4,
        5,
    ]  # type: ignore[index,call-overload]


def test_an_archive_is_exported_and_verified(terminal: Terminal, archived: str, tmp_path: Path) -> None:
    """Folder and ZIP; a second time into the same folder is refused."""
    out = tmp_path / "导出"
    told = terminal.text("archive", "export", archived, "--to", out, "--person", "经办人甲")
    assert "已自行核验" in told
    (folder,) = out.iterdir()
    assert "核验通过" in terminal.text("archive", "verify", folder)
    package = terminal.json("archive", "export", archived, "--to", out, "--person", "经办人甲", "--zip")
    assert terminal.json("archive", "verify", package["path"])["lead"] == archived  # type: ignore[index,call-overload]
    said = terminal.run("archive", "export", archived, "--to", out, "--person", "经办人甲")
    assert (said.code, said.err.endswith("请换一个文件夹。\n")) == (6, True)
    (folder / "多.txt").write_text("多", encoding="utf-8")
    assert terminal.run("archive", "verify", folder).code == 8


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", "L2026-0999"), 4, "没有编号"),
        (("list", "--barrier", "16"), 3, "可填 01 至 15"),
        (("list", "--retention", "一年"), 3, "永久、30年、10年"),
        (("classify", "{lead}", "--person", "甲", "--reason", "乙"), 3, "--importance"),
        (("review", "{lead}", "--person", "", "--note", "好"), 3, "经办人姓名"),
        (("dispose", "{lead}", "--person", "甲", "--reason", "乙", "--yes"), 3, "应保管至"),
        (("export", "{lead}", "--to", "{file}", "--person", "甲"), 6, "无法写入"),
        (("verify", "nothing"), 4, "不存在"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    terminal: Terminal, archived: str, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """What is wrong and what to do, with the exit code of its class."""
    (tmp_path / "file").write_text("x")
    typed = [each.format(lead=archived, file=tmp_path / "file") for each in arguments]
    said = terminal.run("archive", *typed)
    assert (said.code, said.out) == (code, "")
    assert words in said.err
    assert said.err.count("\n") == 1


@pytest.fixture
def expired(archived: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same archive decades later: its term is over."""
    clock: Callable[[], datetime] = lambda: datetime(2099, 1, 5, 2, tzinfo=UTC)  # noqa: E731 - a clock
    monkeypatch.setattr("deployments.installation.opening.clock_of", lambda _: clock)
    return archived


def test_disposal_asks_for_the_number(
    terminal: Terminal, expired: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong number destroys nothing; the right one or --yes does."""
    (row,) = terminal.json("archive", "list")  # type: ignore[misc]
    dispose = ("archive", "dispose", expired, "--person", "经办人甲", "--reason", "经鉴定已无保存价值")
    monkeypatch.setattr("click.prompt", lambda *_, **__: "0137")
    assert terminal.run(*dispose).code == 3
    assert terminal.run(*dispose, "--json").code == 3
    monkeypatch.setattr("click.prompt", lambda *_, **__: row["number"])
    assert "已销毁" in terminal.text(*dispose)
    assert "已销毁" in terminal.text("archive", "list")
    assert "已销毁，只保留登记和台账" in terminal.text("archive", "show", row["number"])
    assert terminal.run(*dispose, "--yes").code == 3
