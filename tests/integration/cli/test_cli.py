"""The command line, used in-process: every command, for people and with ``--json`` for programs."""

import json
from datetime import date
from pathlib import Path

import pytest
from fakes.prefect_stand_in import StandIn, serving
from harness.command_line import Terminal
from openpyxl import load_workbook
from walks.walking import EXPLANATION, PERSON, write_evidence

from models.codes import Step
from models.days.calendar import published_calendar

TITLE, FACTS = "要求企业设立子公司", "招标文件设置了清单之外的准入条件。"
ANSWERS = {
    "移交": ("--by", f"发改局/{PERSON}", "--authority", "住建局", "--cooperating", "行政审批局、市场监管局"),
    "签收": ("--by", f"住建局/{PERSON}"),
    "核查": ("--by", f"ZJJ／{PERSON}", "--finding", "属实", "--responsible", "市场监管局",
             "--opinion", "立即停止。", "--explanation", EXPLANATION),
    "整改": ("--by", f"市场监管局/{PERSON}", "--measures", "废止文件。", "--explanation", EXPLANATION),
    "验收": ("--by", f"发改局/{PERSON}", "--verdict", "通过"),
}  # fmt: skip


def add_lead(terminal: Terminal) -> str:
    """Register a lead and return its number."""
    added = terminal.json("lead", "add", "--title", TITLE, "--facts", FACTS)
    assert isinstance(added, dict)
    return str(added["number"])


def evidence_for(step: str, folder: Path) -> list[str]:
    """Return the option that hands in evidence where the step needs it."""
    return ["--evidence", str(write_evidence(folder))] if step in ("核查", "整改") else []


def test_init_may_be_repeated(bare_terminal: Terminal) -> None:
    """The first time it fills the unit directory, later it leaves everything as it is."""
    assert "共 21 个单位" in bare_terminal.text("init")
    number = add_lead(bare_terminal)
    again = bare_terminal.text("init")
    assert "数据库已就绪" in again
    assert "已导入单位目录" not in again
    assert number in bare_terminal.text("lead", "list")


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_a_lead_is_answered_step_by_step_to_its_closure(
    terminal: Terminal, papers: Path, *, as_json: bool
) -> None:
    """Without a server every answer is kept, and the operator is told that it is not lost."""
    number = add_lead(terminal)
    for step, options in ANSWERS.items():
        terminal.advance(number)
        arguments = ("answer", number, step, *options, *evidence_for(step, papers))
        if as_json:
            said = terminal.json(*arguments)
            assert isinstance(said, dict)
            assert (said["number"], said["step"]) == (number, Step.parse(step, "").value)
            assert "反馈已保存，不会丢失" in said["note"]
        else:
            text = terminal.text(*arguments)
            assert text.startswith(f"{number} 的{step}反馈已登记。\n反馈已保存，不会丢失。")
    terminal.advance(number)
    assert terminal.text("lead", "list") == "没有在办线索。\n"
    assert "已销号" in terminal.text("lead", "list", "--all")
    (row,) = json.loads(terminal.text("lead", "list", "--all", "--json"))
    assert (row["status"], row["signal"]) == ("已销号", "已办结")
    story = terminal.text("lead", "show", number)
    assert "协办单位：侯马市行政审批服务管理局、侯马市市场监督管理局" in story
    assert "问题线索办结：已销号，各环节均按期" in story
    assert EXPLANATION in story


def test_what_is_owed_is_listed_shown_and_explained(terminal: Terminal) -> None:
    """List, show and why agree on the due date of an open lead."""
    number = add_lead(terminal)
    assert "派发中" in terminal.text("lead", "list")
    assert terminal.text("lead", "why", number) == "尚未交办，还没有到期日。\n"
    terminal.advance(number)
    (row,) = json.loads(terminal.text("lead", "list", "--json"))
    assert (row["number"], row["status"], row["unit"]) == (number, "移交", "发改局")
    assert row["due"] in terminal.text("lead", "list")
    story = terminal.json("lead", "show", number)
    assert isinstance(story, dict)
    assert (story["due"], story["status"]) == (row["due"], "待移交")
    assert f"到期日 {row['due']}" in terminal.text("lead", "show", number.lower())
    (account,) = json.loads(terminal.text("lead", "why", number, "--json"))
    assert any(line.startswith(f"到期日 {row['due']} 18:00 届满") for line in account["account"])
    assert "第1日" in terminal.text("lead", "why", story["number"])


def test_the_same_lead_is_added_once(terminal: Terminal) -> None:
    """The second time its number is told, and nothing is stored."""
    number = add_lead(terminal)
    again = terminal.text("lead", "add", "--title", TITLE, "--facts", FACTS)
    assert again == f"侯线〔{number[1:5]}〕1号（{number}，在办）此前已登记，未重复登记。\n"


def test_leads_are_imported_from_the_template(terminal: Terminal, papers: Path) -> None:
    """Written, filled in, imported; a bad row stops the import unless it may be skipped."""
    assert "列：标题、事实情况、来源层级" in terminal.text("lead", "template", papers / "表.xlsx")
    assert terminal.json("lead", "template", papers / "另表.xlsx") == {"file": str(papers / "另表.xlsx")}
    book = load_workbook(papers / "表.xlsx")
    for row in (["线索一", "事实"], ["线索二"], ["线索三", "事实", "省", None, "其他", None]):
        book.worksheets[0].append(row)
    book.save(papers / "表.xlsx")
    refused = terminal.run("lead", "import", papers / "表.xlsx")
    assert (refused.code, refused.out) == (6, "")
    assert refused.err == ("表.xlsx 第3行 事实情况：事实情况不能为空。\n共1处不合格，未导入任何线索。\n")
    assert terminal.json("lead", "list") == []
    found = terminal.json("lead", "import", papers / "表.xlsx", "--skip-bad")
    assert isinstance(found, dict)
    assert (len(found["created"]), found["known"], found["skipped_rows"]) == (2, 0, [3])
    again = terminal.run("lead", "import", papers / "表.xlsx", "--skip-bad")
    assert again.out.startswith("新登记0条，此前已登记2条，跳过1行。\n此前已登记：侯线〔")
    assert "\n表.xlsx 第3行 事实情况" in again.out


def test_evidence_is_uploaded_and_named_in_an_answer(terminal: Terminal, papers: Path) -> None:
    """The number that the upload gives is good for the answer."""
    number = add_lead(terminal)
    for step in ("移交", "签收"):
        terminal.advance(number)
        terminal.text("answer", number, step, *ANSWERS[step])
    terminal.advance(number)
    first, second = write_evidence(papers, "甲.pdf"), write_evidence(papers, "乙.txt", "记录".encode())
    (told,) = json.loads(terminal.text("evidence", "add", number, first, "--json"))
    assert (told["name"], told["size"]) == ("甲.pdf", first.stat().st_size)
    assert "乙.txt（0.1 KB）" in terminal.text("evidence", "add", number, second)
    terminal.text("answer", number, "核查", *ANSWERS["核查"], "--evidence", told["key"])
    assert f"{told['key']}  甲.pdf" in terminal.text("lead", "show", number)


def test_units_are_listed_and_imported(terminal: Terminal, papers: Path) -> None:
    """A file adds a unit; the list shows it with its roles."""
    listed = json.loads(terminal.text("units", "list", "--json"))
    assert len(listed) == 21
    file = papers / "单位.toml"
    file.write_text('[[unit]]\ncode = "YCJ"\nname = "侯马市烟草专卖局"\nshort_name = "烟草局"\n'
                    'roles = ["authority"]\n', encoding="utf-8")  # fmt: skip
    assert terminal.json("units", "import", file) == {
        "added": 1, "changed": 0, "substitutes": 0, "duties_handed_on": 0, "messages_handed_on": 0,
    }  # fmt: skip
    assert terminal.text("units", "import", file) == "新增0个单位，修改0个单位。\n"
    (line,) = [line for line in terminal.text("units", "list").splitlines() if line.startswith("YCJ")]
    assert line.split() == ["YCJ", "烟草局", "侯马市烟草专卖局", "主管单位"]


def test_what_became_of_units_is_listed(terminal: Terminal, papers: Path) -> None:
    """Names before, end and successor, and who stands in for whom; the last import tells what it did."""
    file = papers / "变更.toml"
    file.write_text(
        '[[unit]]\ncode = "GXJ"\nname = "侯马市工业和数据局"\nshort_name = "工数局"\n'
        'roles = ["authority"]\nsince = 2026-02-01\n'
        '[[unit]]\ncode = "SWJ"\nname = "侯马市商务局"\nshort_name = "商务局"\nroles = ["authority"]\n'
        'active = false\nended = 2026-02-01\nsucceeded_by = "GXJ"\n'
        '[[substitute]]\nunit = "SFGW"\nby = "SZF"\nfirst = 2099-01-01\nlast = 2099-01-09\n',
        encoding="utf-8",
    )
    assert terminal.text("units", "import", file) == "新增0个单位，修改2个单位，代行安排1条。\n"
    lines = {line.split()[0]: line.split()[-1] for line in terminal.text("units", "list").splitlines()}
    assert lines["GXJ"] == "曾用名侯马市工业和信息化局（工信局，至2026-01-31）；2026-02-01起用现名"
    assert lines["SWJ"] == "2026-02-01停用；承继单位工数局"
    assert lines["SFGW"] == "2099-01-01至2099-01-09由市政府代行"
    (told,) = [unit for unit in json.loads(terminal.text("units", "list", "--json")) if unit["code"] == "GXJ"]
    assert told["former"] == [{"name": "侯马市工业和信息化局", "short_name": "工信局", "until": "2026-01-31"}]


def test_the_calendar_is_shown_computed_and_imported(terminal: Terminal, papers: Path) -> None:
    """A year without a notice is provisional until its notice is imported."""
    assert "2026-02-14  上班  春节调休上班" in terminal.text("calendar", "show", 2026)
    year = next(year for year in range(2027, 2100) if not published_calendar().covers(year))
    assert f"{year}年放假安排尚未导入" in terminal.text("calendar", "show", year)
    due = terminal.json("calendar", "due", f"{year}-01-04", "7日")
    assert isinstance(due, dict)
    assert due["provisional"] is True
    assert "第3日" in terminal.text("calendar", "due", "2026-11-27", "3个工作日")
    told = terminal.text("calendar", "due", "2026-11-27 18:30", "核查")
    assert "到期日 2026-12-02（星期三） 18:00 届满（民法典第二百零三条" in told
    days = [date(year, month, 1) for month in (1, 5, 10)]
    rows = [{"date": str(day), "kind": "rest", "festival": "节"} for day in days]
    (papers / "n.json").write_text(json.dumps(rows), encoding="utf-8")
    done = terminal.json("calendar", "import", papers / "n.json")
    assert done == [{"year": year, "created": True, "moved": [], "overlaps": [], "note": ""}]
    again = terminal.text("calendar", "import", papers / "n.json", "--year", year)
    assert again == f"{year}年放假安排此前已导入，未重复导入。\n"
    shown = terminal.json("calendar", "show", year)
    assert isinstance(shown, dict)
    assert (shown["loaded"], len(shown["days"])) == (True, 3)
    few = f"date,kind,festival,issued_on\n{year}-07-05,rest,防汛,{year}-07-01\n"
    (papers / "补充.csv").write_text(few, encoding="utf-8")
    assert terminal.text("calendar", "import", papers / "补充.csv", "--supplement") == (
        f"{year}年放假安排已导入，调整0个在办期限。\n"
    )
    assert len(terminal.json("calendar", "show", year)["days"]) == 4  # type: ignore[call-overload,index]


def test_messages_and_status_are_counted(terminal: Terminal) -> None:
    """The outbox by lead and by status; the system as a whole with nothing running."""
    assert terminal.text("messages", "list") == "没有消息。\n"
    number = add_lead(terminal)
    terminal.advance(number)
    terminal.text("answer", number, "移交", *ANSWERS["移交"])
    terminal.advance(number)
    (message,) = json.loads(
        terminal.text("messages", "list", "--lead", number, "--status", "待发送", "--json")
    )
    assert (message["unit_code"], message["kind"], message["status"]) == ("ZJJ", "transfer", "created")
    assert "【移交】" in terminal.text("messages", "list")
    assert terminal.json("messages", "list", "--status", "已交付渠道") == []
    status = terminal.json("status")
    assert status == {
        "running": False, "server": False, "workers": [],
        "leads": 1, "open": 1, "overdue": 0, "unsent": 1, "given_up": 0,
    }  # fmt: skip
    assert terminal.text("status").splitlines()[0] == "系统：未运行"


def test_a_system_of_several_parts_is_told_as_running(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its server was not started from this folder, and may be on another machine."""
    with serving(StandIn(workers=("ONLINE", "ONLINE", "OFFLINE"))) as server:
        monkeypatch.setenv("ZERO137_SERVER_URL", f"http://127.0.0.1:{server.port}")
        told = terminal.text("status").splitlines()
    assert told[0] == "系统：运行中，各部分分别启动（不是由本文件夹的 zero137 up）"
    assert told[1].startswith("Prefect 服务：正常")
    assert told[2] == "执行进程：在线2个"
