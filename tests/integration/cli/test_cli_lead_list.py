"""``lead list`` as an official types it: Chinese words for everything, pages, and JSON for programs."""

import pytest
from harness.command_line import Terminal


@pytest.fixture
def listed(terminal: Terminal) -> Terminal:
    """A terminal with three leads, the first of which is handed to nobody yet."""
    for title, options in (
        ("要求企业设立子公司方可投标", ("--source", "省", "--category", "违规设置隐性壁垒")),
        ("限制外地企业参与采购", ("--received", "2026-01-05")),
        ("收取清单外ＡＢＣ保证金100%", ()),
    ):
        said = terminal.json("lead", "add", "--title", title, "--facts", "招标文件设置了准入条件。", *options)
        assert isinstance(said, dict)
        if not options or "--received" in options:
            terminal.advance(said["number"])
    return terminal


def numbers(terminal: Terminal, *options: str) -> list[int]:
    """Return the leads that are listed, by the last digit of their numbers."""
    rows = terminal.json("lead", "list", *options)
    assert isinstance(rows, list)
    return [int(row["number"][-1]) for row in rows]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("--source 省", [1]),
        ("--source 国家 --source 省 --sort 编号", [1, 2, 3]),
        ("--category 违规设置隐性壁垒", [1]),
        ("--step 移交 --unit 发改局 --sort 编号 --desc", [3, 2]),
        ("--step 核查", []),
        ("--signal 逾期", [2]),
        ("--signal 正常 --signal 临期 --signal 逾期", [2, 3]),
        ("--signal 已办结", []),
        ("--received 2026-01-01..2026-01-31", [2]),
        ("--received ..2026-01-31", [2]),
        ("--due 2026-01-06", [2]),
        ("--closed 2026-01-01..", []),
        ("--authority 住建局", []),
        ("--importance 一般 --sort 收到", [2, 1, 3]),
        ("--barrier 5", []),
        ("--text 招标 --sort 编号", [1, 2, 3]),
        ("--text 保证金", [3]),
        ("--text abc", [3]),
        ("--text 100%", [3]),
        ("--text 0_%", []),
        ("--text 企", [2, 1]),
        ("--all --sort 标题", [3, 1, 2]),
        ("--closed-only", []),
    ],
)
def test_leads_are_filtered_and_put_in_order(listed: Terminal, options: str, found: list[int]) -> None:
    """Every option by itself and some together; several of one kind mean any of them."""
    assert numbers(listed, *options.split()) == found


def test_words_that_are_parted_must_all_stand_there(listed: Terminal) -> None:
    """In title or facts, in whatever order."""
    assert numbers(listed, "--text", "准入 采购") == [2]
    assert numbers(listed, "--text", "采购　投标") == []


def test_pages_tell_how_many_there_are(listed: Terminal) -> None:
    """In the last line for people; for programs as soon as a page is asked for."""
    assert listed.text("lead", "list").splitlines()[-1] == "第1页，共1页，3条"
    page = ("lead", "list", "--sort", "编号", "--per-page", "2", "--page", "2")
    lines = listed.text(*page).splitlines()
    assert (len(lines), lines[-1]) == (3, "第2页，共2页，3条")
    found = listed.json(*page)
    assert isinstance(found, dict)
    assert (found["total"], found["page"], found["pages"]) == (3, 2, 2)
    assert [row["title"] for row in found["leads"]] == ["收取清单外ＡＢＣ保证金100%"]
    assert listed.text("lead", "list", "--page", "9") == "第9页没有内容，共1页，3条。\n"
    assert listed.text("lead", "list", "--text", "没有") == "没有符合条件的线索。\n"


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ("--step 出发", 3, "环节“出发”不在可选范围内，可填：移交、签收、核查"),
        ("--signal 红", 3, "可填：正常、临期、逾期、已办结"),
        ("--source 县", 3, "可填：国家、省、市"),
        ("--category 无", 3, "可填：政府违规审批、"),
        ("--barrier 16", 3, "可填 01 至 15 或其名称"),
        ("--importance 无", 3, "可填：一般、重要"),
        ("--unit 火星局", 4, "zero137 units list"),
        ("--sort 大小", 3, "可填：到期、收到、编号、标题"),
        ("--received 昨天", 3, "收到日期“昨天”无法识别"),
        ("--closed ..9999-12-31", 3, "超出2004年至2099年"),
        ("--all --closed-only", 3, "只能选用一个"),
        ("--page 0", 2, "--page"),
        ("--per-page 1001", 2, "--per-page"),
    ],
)
def test_what_cannot_be_asked_is_told(terminal: Terminal, options: str, code: int, says: str) -> None:
    """One sentence that says what may be given instead."""
    said = terminal.run("lead", "list", *options.split())
    assert (said.code, said.out) == (code, "")
    assert says in said.err
    assert said.err.count("\n") == 1
