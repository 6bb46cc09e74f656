"""The commands ``export`` and ``stats``, as an official types them."""

import json
from pathlib import Path
from typing import Any

import pytest
from harness.command_line import Terminal
from walks.walking import PERSON


@pytest.fixture
def office(terminal: Terminal) -> Terminal:
    """An office with a lead that waits for its receipt."""
    added: Any = terminal.json("lead", "add", "--title", "要求设立子公司", "--facts", "招标文件另设条件。")
    number = added["number"]
    terminal.advance(number)
    terminal.text("answer", number, "移交", "--by", f"发改局/{PERSON}", "--authority", "住建局")
    terminal.advance(number)
    return terminal


def test_export_tells_file_count_and_digest(office: Terminal, tmp_path: Path) -> None:
    """In a sentence, and for programs as JSON."""
    said = office.text("export", "台账.xlsx")
    assert said.startswith("已导出 1 条线索（全部线索）到 台账.xlsx。\nSHA-256：")
    told: Any = office.json("export", "台账.jsonl", "--open", "--received", "2020-01..")
    assert (told["file"], told["leads"], len(told["sha256"])) == ("台账.jsonl", 1, 64)
    assert json.loads((tmp_path / "台账.jsonl").read_text("utf-8"))["authority"] == "ZJJ"


def test_export_refuses_in_one_sentence(office: Terminal) -> None:
    """Each with the exit code of its class; nothing is written."""
    office.text("export", "台账.csv")
    for arguments, code, sentence in (
        (("台账.csv",), 5, "文件 台账.csv 已存在，未覆盖；请换一个文件名，或加 --force 覆盖。"),
        (("台账.doc",), 6, "文件名 台账.doc 应以 .xlsx、.csv 或 .jsonl 结尾，由后缀决定导出格式。"),
        (
            ("a.csv", "--received", "去年"),
            3,
            "收到日期“去年”无法识别，请写成月份 2026-11 或日期 2026-11-27。",
        ),
        (
            ("a.csv", "--received", "2026-12..2026-11"),
            3,
            "收到日期“2026-12-01..2026-11-30”的起始日期晚于截止日期，请核对。",
        ),
    ):
        said = office.run("export", *arguments)
        assert (said.code, said.err.strip(), said.out) == (code, sentence, "")
    assert "已导出 0 条" in office.text("export", "台账.csv", "--force", "--closed-only")


def test_stats_are_told_in_two_tables(office: Terminal) -> None:
    """What was in time with both figures of the rate, then what it took; for programs under English keys."""
    said = office.text("stats")
    assert "发改局  移交  1/1          100.0%" in said
    assert "住建局  签收  0/0          —" in said
    assert said.rstrip().endswith("没有延期、退回、督办和反弹。")
    told: Any = office.json("stats", "--by", "step")
    transfer = told["rows"][0]
    assert (transfer["step"], transfer["on_time"], transfer["due"], transfer["rate"]) == ("移交", 1, 1, 1.0)
    assert (told["total"]["running"], told["rows"][1]["rate"]) == (1, None)


def test_stats_of_a_time_without_leads_say_so(office: Terminal) -> None:
    """Instead of an empty table; a dimension nobody knows is a usage error."""
    assert office.text("stats", "--from", "2020-01", "--to", "2020-02").startswith("该时间范围内没有")
    assert office.run("stats", "--by", "day").code == 2
    assert "按主管单位统计时只计签收、核查、整改" in office.text(
        "stats", "--by", "authority", "--by", "month"
    )
