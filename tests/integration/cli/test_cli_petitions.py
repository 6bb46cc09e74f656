"""Extensions, circulars and supervision on the command line, while no server is reached."""

from pathlib import Path

from harness.command_line import Terminal
from walks.walking import EXPLANATION, PDF, write_evidence

_ANSWERS = (
    ("移交", "发改局", "--authority", "住建局"),
    ("签收", "住建局"),
    ("核查", "住建局", "--finding", "属实", "--responsible", "市场监管局", "--opinion", "停止。"),
)


def lead_in_rectification(terminal: Terminal, papers: Path) -> str:
    """Return a lead whose rectification is owed."""
    added = terminal.json("lead", "add", "--title", "题", "--facts", "事")
    number = str(added["number"])  # type: ignore[index]
    proof = ("--explanation", EXPLANATION, "--evidence", write_evidence(papers))
    for step, unit, *fields in _ANSWERS:
        terminal.advance(number)
        more = proof if step == "核查" else ()
        terminal.text("answer", number, step, "--by", f"{unit}/经办人甲", *fields, *more)
    terminal.advance(number)
    return number


def test_an_extension_is_asked_for_listed_and_decided(terminal: Terminal, papers: Path) -> None:
    """The request is saved although the server is away, and said to be."""
    number = lead_in_rectification(terminal, papers)
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"% request\n")
    told = terminal.text(
        "extend", number, "--by", "住建局/经办人乙", "--until", "2031年5月20日",
        "--grounds", "须经合法性审查。", "--evidence", paper,
    )  # fmt: skip
    assert told.startswith(f"延期申请已登记为 {number}-Y1，待审批。\n申请已保存，不会丢失")
    request = f"{number}-Y1"
    assert "派发中" in terminal.text("petitions", "list")
    terminal.advance(request)
    assert "延期审批" in terminal.text("petitions", "list")
    assert [row["number"] for row in terminal.json("lead", "list")] == [number]  # type: ignore[attr-defined]
    asked = ("lead", "list", "--kind", "延期申请", "--text")
    assert [row["number"] for row in terminal.json(*asked, "题")] == [request]  # type: ignore[attr-defined]
    assert terminal.json(*asked, "没有这个词") == []
    both = terminal.json(
        "lead", "list", "--kind", "延期申请", "--kind", "问题线索", "--text", "题", "--sort", "编号"
    )
    assert [row["number"] for row in both] == [number, request]  # type: ignore[attr-defined]
    status = terminal.json("status")
    assert (status["leads"], status["open"]) == (1, 1), "a part is not counted beside its lead"  # type: ignore[index,call-overload]
    page = terminal.text("lead", "show", request)
    for line in ("拟延至：2031-05-20（星期二）", "提出单位：侯马市住房和城乡建设管理局", "延期申请.pdf"):
        assert line in page
    ruling = ("--ruling", "同意", "--until", "2031-05-21", "--explanation", "准予延期。")
    terminal.text("answer", request, "延期审批", "--by", "市发改委/经办人丙", *ruling)
    assert terminal.json("lead", "show", number)["due"] == "2031-05-21（星期三，暂定）"  # type: ignore[index,call-overload]
    assert "经批准延期至 2031-05-21（星期三）" in terminal.text("lead", "why", number)
    terminal.advance(request)
    assert terminal.text("petitions", "list") == "没有待审批的事项。\n"
    assert "同意延期" in terminal.text("petitions", "list", "--all")


def test_a_circular_is_drafted_by_hand_and_withheld(terminal: Terminal, papers: Path) -> None:
    """A supervision goes out, a circular waits for the bureau."""
    number = lead_in_rectification(terminal, papers)
    why = ("--grounds", "拖延", "--note", "三次约谈均未到场。", "--person", "经办人乙")
    assert terminal.text("supervise", number, *why) == "督办已写入发件箱，由巡查发出。\n"
    told = terminal.text("supervise", number, "--rung", "通报", *why)
    assert told.startswith(f"通报已拟稿（{number}-T1），待批准后发布。\n通报稿已保存，不会丢失")
    terminal.advance(f"{number}-T1")
    withheld = ("--ruling", "不同意", "--explanation", "先约谈。")
    terminal.text("answer", f"{number}-T1", "通报审批", "--by", "发改局/经办人甲", *withheld)
    assert "不予发布：先约谈。" in terminal.text("lead", "show", number)
    kinds = [m["kind"] for m in terminal.json("messages", "list")]  # type: ignore[attr-defined]
    assert "circular" not in kinds
