"""What goes wrong in an office, by its real entrances: forms and commands, each in a run people can read."""

from pathlib import Path
from typing import Any

import pytest
from harness.running_system import System, until

pytestmark = pytest.mark.e2e

_GROUNDS = "招标文件由行政审批部门编制，我单位无管辖权。"


def registered(system: System, title: str, *more: str) -> str:
    """Return a lead whose transfer is owed."""
    told = system.json("lead", "add", "--title", title, "--facts", f"{title}：要求另行提供证明。", *more)
    number = str(told["number"])
    system.await_step(number, "待移交")
    return number


def handed(system: System, title: str) -> str:
    """Return a lead whose receipt 住建局 owes."""
    number = registered(system, title)
    system.answer(number, "移交", "发改局", "--authority", "住建局")
    system.await_step(number, "待签收")
    return number


def launch(system: System, deployment: str, number: str, **form: str) -> str:
    """Start what operators start, with one form; returns its run."""
    found = system.api(f"/deployments/name/{deployment}/{deployment}")
    (name,) = set(found["parameter_openapi_schema"]["properties"]) - {"number"}
    return system.launch(found["id"], number=number, **{name: {"person": "经办人乙", **form}})


def fill(system: System, number: str, **fields: str) -> None:
    """Fill in the form a matter waits with, as the UI does."""
    run = system.lead(number)["run"]
    system.api(f"/flow_runs/{run}/resume", {"run_input": {"person": "经办人丙", **fields}})


def kinds(system: System, number: str) -> list[str]:
    """Return what the ledger of a matter tells of, in order."""
    return [entry["kind"] for entry in system.lead(number)["ledger"]]


def letters(system: System, number: str) -> list[tuple[str, str]]:
    """Return the transfer letters of a lead: to whom, and whether they are in force."""
    found = system.json("document", "list", "--lead", number, "--kind", "移交函")
    return [(each["content"]["recipient"], each["status"]) for each in found]


def test_a_lead_is_handed_back_by_form_and_goes_to_another_unit(system: System) -> None:
    """The decision is a form of its own run; the lead's run waits for the new unit in the end."""
    number = handed(system, "误派的线索")
    asked = launch(system, "退办申请", number, unit="住建局", grounds=_GROUNDS)
    system.ends_as(asked, "待决定")
    request = system.await_step(f"{number}-B1", "待退办审核")
    assert request["facts"] == _GROUNDS
    run = system.lead(number)["run"]
    assert "退办待定" in system.api(f"/flow_runs/{run}")["tags"]
    fill(system, f"{number}-B1", assigning="改派", authority="侯马市行政审批服务管理局")
    system.await_step(f"{number}-B1", "同意退办，已改派")
    until(lambda: system.lead(number)["owing"] == "侯马市行政审批服务管理局", "the other unit owes it")
    assert [status for _, status in letters(system, number)] == ["withdrawn", "issued"]
    system.await_step(number, "待签收")
    name = until(lambda: _named(system, run, "行政审批"), "the run bears the new unit")
    assert "签收（第2次）" in name
    system.answer(number, "签收", "行政审批局")
    system.await_step(number, "待核查")
    refused = system.run("answer", number, "签收", "--by", "住建局/经办人甲", check=False)
    assert refused.returncode != 0


def _named(system: System, run: str, part: str) -> str:
    """Return the name of a run once it holds a part, blank before."""
    name = str(system.api(f"/flow_runs/{run}")["name"])
    return name if part in name else ""


def test_the_bureau_redirects_and_insists_by_command(system: System) -> None:
    """A request that became pointless leaves nobody a form; one that is refused lets the old clock go on."""
    number = handed(system, "职能划转的线索")
    told = system.json("hand-back", number, "--by", "住建局/经办人甲", "--grounds", _GROUNDS)
    assert told["number"] == f"{number}-B1"
    system.await_step(f"{number}-B1", "待退办审核")
    system.json(
        "lead", "redirect", number, "--to", "交通局", "--grounds", "职能已划转。", "--person", "经办人乙"
    )
    system.await_step(f"{number}-B1", "无需再审批")
    until(lambda: system.lead(number)["owing"] == "侯马市交通运输局", "the other unit owes it")
    system.json("hand-back", number, "--by", "交通局/经办人丁", "--grounds", "不涉及交通运输。")
    # Another unit refuses the same lead: that is for the head of the bureau.
    system.await_step(f"{number}-B2", "待退办裁定")
    system.answer(
        f"{number}-B2", "退办裁定", "发改局", "--assigning", "维持", "--explanation", "招标主体为交通局。"
    )
    system.await_step(f"{number}-B2", "不同意退办")
    reply = [m for m in system.json("messages", "list") if m["kind"] == "hand_back_reply"]
    assert [m["unit_code"] for m in reply] == ["JTJ"]
    assert kinds(system, number).count("redirected") == 1


def test_leads_are_corrected_and_called_off_in_the_ui(system: System, proof: Path) -> None:
    """The run of what was called off ends by itself, and its state says how."""
    number, double = handed(system, "登记有误的线索"), registered(system, "重复的线索", "--source", "省")
    system.json("evidence", "add", double, proof)
    done = launch(
        system, "更正登记", number, title="更正后的线索", document_number="示例转办〔2026〕9号",
        grounds="与来文核对。",
    )  # fmt: skip
    system.ends_as(done, "已更正")
    told = system.lead(number)
    assert told["title"] == "更正后的线索"
    assert dict(told["particulars"])["来文文号"] == "示例转办〔2026〕9号"
    again = launch(system, "更正登记", number, title="更正后的线索", grounds="再次核对。")
    system.ends_as(again, "未更正")
    merged = launch(system, "终止办理", double, why="重复", into=number, grounds="同一招标文件。")
    system.ends_as(merged, "重复，已并入")
    run = system.await_step(double, "重复，已并入")["run"]
    until(lambda: system.state(run) == "重复，已并入", "the run of the double ends")
    assert [piece["name"] for piece in system.lead(number)["evidence"]] == [proof.name]
    gone = ("--because", "撤回", "--reference", "示例函〔2026〕15号", "--grounds", "来函撤回。")
    refused = system.run("lead", "call-off", number, *gone, "--person", "经办人乙", check=False)
    assert (refused.returncode, "尚待答复" in refused.stderr) == (3, True)
    third = handed(system, "撤回的线索")
    ended = system.json("lead", "call-off", third, *gone, "--person", "经办人乙")
    assert ended["outcome"] == "withdrawn"
    system.await_step(third, "撤回办结")
    report = system.json("document", "list", "--lead", third, "--kind", "终止办理报告")
    assert [each["number"] for each in report] == [ended["report"]]
    until(lambda: {each["lead"] for each in system.json("archive", "list")} >= {double, third}, "archived")
    system.run("ledger", "verify")


def test_what_comes_back_is_linked_to_what_was_closed(system: System, proof: Path) -> None:
    """Both stories name the other, also where a row of a file says so."""
    number = handed(system, "反弹的线索")
    system.json("lead", "call-off", number, *_mistake())
    refused = system.run(*_again(number), check=False)
    assert (refused.returncode, "只有办结的线索" in refused.stderr) == (3, True)
    closed = _closed(system, proof)
    told: dict[str, Any] = system.json(*_again(closed))
    assert told["created"] is True
    system.await_step(told["number"], "待移交")
    assert closed in dict(system.lead(told["number"])["particulars"])["反弹自"]
    assert told["number"] in dict(system.lead(closed)["particulars"])["反弹"]


def _mistake() -> tuple[str, ...]:
    """Return the options that call a lead off as a mistake."""
    return ("--because", "误登记", "--grounds", "不属于市场准入问题。", "--person", "经办人乙")


def _again(number: str) -> tuple[str, ...]:
    """Return the command that registers a relapse."""
    return (
        "lead",
        "add",
        "--title",
        "又见同样要求",
        "--facts",
        "新的文件又有同样要求。",
        "--relapse-of",
        number,
    )


def _closed(system: System, proof: Path) -> str:
    """Return a lead that was closed as unsubstantiated."""
    number = handed(system, "不属实的线索")
    system.answer(number, "签收", "住建局")
    system.await_step(number, "待核查")
    (paper,) = system.json("evidence", "add", number, proof)
    explained = ("--explanation", "经现场核查并调阅全部审批档案，未发现所述情况，材料已随附。")
    system.answer(number, "核查", "住建局", "--finding", "不属实", *explained, "--evidence", paper["key"])
    system.await_step(number, "待验收")
    system.answer(number, "验收", "发改局", "--verdict", "通过")
    system.await_step(number, "不属实办结")
    return number
