"""What is put before a person is carried by a run of its own, decided in the UI or by the command line."""

from pathlib import Path

import pytest
from harness.running_system import System, until

pytestmark = pytest.mark.e2e

_FINDING = ("--finding", "属实", "--responsible", "市场监管局", "--opinion", "立即停止该做法。")
_EXPLAINED = ("--explanation", "经现场核查并调阅全部审批档案，有关文件已随本次反馈一并提交。")


def lead_in_verification(system: System, title: str) -> str:
    """Return a lead whose verification is owed by 住建局."""
    number = str(system.json("lead", "add", "--title", title, "--facts", "要求另行提供证明。")["number"])
    system.await_step(number, "待移交")
    system.answer(number, "移交", "发改局", "--authority", "住建局")
    system.await_step(number, "待签收")
    system.answer(number, "签收", "住建局")
    system.await_step(number, "待核查")
    return number


def verify(system: System, number: str, proof: Path) -> None:
    """Answer the verification: substantiated."""
    system.answer(number, "核查", "住建局", *_FINDING, *_EXPLAINED, "--evidence", proof)
    system.await_step(number, "待整改")


def fill(system: System, number: str, **fields: str) -> None:
    """Fill in the form a matter waits with, as the UI does."""
    run = system.lead(number)["run"]
    system.api(f"/flow_runs/{run}/resume", {"run_input": {"person": "经办人丙", **fields}})


def test_an_extension_is_asked_for_and_granted_in_the_ui(system: System, proof: Path) -> None:
    """The request waits in a run with a form; once granted, the lead's run shows the new date."""
    number = lead_in_verification(system, "整改须修订文件")
    verify(system, number, proof)
    (paper,) = system.json("evidence", "add", number, proof)
    deployment = system.api("/deployments/name/延期申请/延期申请")
    titles = deployment["parameter_openapi_schema"]["properties"]
    assert {name: field["title"] for name, field in titles.items()} == {
        "number": "编号",
        "extension": "申请内容",
    }
    until_ = "2030-12-10"
    asked = {
        "unit": "住建局", "until": until_, "grounds": "须经合法性审查。",
        "evidence": paper["key"], "person": "经办人乙",
    }  # fmt: skip
    first = system.launch(deployment["id"], number=number, extension=asked)
    until(lambda: system.state(first) == "待审批", "the request is put before the approver")
    second = system.launch(deployment["id"], number=number, extension=asked)
    until(lambda: system.state(second) == "未受理", "a second one is refused")
    names = [system.api(f"/flow_runs/{run_id}")["name"] for run_id in (first, second)]
    assert names == [f"延期申请 · {number} · 待审批", f"延期申请 · {number} · 未受理"]
    request = system.await_step(f"{number}-Y1", "待延期审批")
    assert [piece["name"] for piece in request["evidence"]] == [proof.name]
    run = system.lead(number)["run"]
    assert "延期待批" in system.api(f"/flow_runs/{run}")["tags"]
    (listed,) = [p for p in system.json("petitions", "list") if p["number"] == f"{number}-Y1"]
    assert (listed["unit"], listed["status"]) == ("市发改委", "延期审批")
    fill(system, f"{number}-Y1", ruling="同意", until="", explanation="准予延期。")
    system.await_step(f"{number}-Y1", "同意延期")
    assert system.lead(number)["due"].startswith(until_)
    system.start("巡查")
    label = system.api(f"/flow_runs/{run}")
    assert label["name"].endswith("12-10暂定"), "nobody knows the rest days of 2030 yet"
    assert "延期待批" not in label["tags"]


def test_a_draft_ends_with_the_answer_and_another_is_published(system: System, proof: Path) -> None:
    """What became pointless leaves nobody a form; what is approved is in the outbox once for each unit."""
    number = lead_in_verification(system, "拖延核查")
    by_hand = ("--rung", "通报", "--grounds", "拖延", "--note", "三次约谈均未到场。", "--person", "经办人乙")
    assert system.json("supervise", number, *by_hand)["circular"] == f"{number}-T1"
    draft = system.await_step(f"{number}-T1", "待通报审批")
    assert "三次约谈均未到场" in draft["facts"]
    verify(system, number, proof)
    system.await_step(f"{number}-T1", "无需再审批")
    assert system.json("supervise", number, *by_hand)["circular"] == f"{number}-T2"
    system.await_step(f"{number}-T2", "待通报审批")
    fill(system, f"{number}-T2", ruling="同意")
    system.await_step(f"{number}-T2", "已通报")
    units = [unit["code"] for unit in system.json("units", "list") if unit["active"]]
    sent = [m for m in system.json("messages", "list") if m["kind"] == "circular"]
    assert sorted(m["unit_code"] for m in sent) == sorted(units)
