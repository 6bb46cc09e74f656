"""Real published cases go from a file to closure."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness.running_system import System, until

from notifications.texts.rendering import render_page

pytestmark = pytest.mark.e2e
EXPLANATION = "经核查，相关前置条件没有法律法规依据，现已全面取消并向社会公布。"


def walk(system: System, number: str, proof: Path, *, unsubstantiated: bool, returned: bool) -> None:
    """Drive one lead to its closure by the command line."""
    proven = ("--explanation", EXPLANATION, "--evidence", proof)
    system.answer(number, "移交", "发改局", "--authority", "住建局", "--cooperating", "商务局、交通局")
    system.await_step(number, "待签收")
    system.answer(number, "签收", "住建局")
    system.await_step(number, "待核查")
    if unsubstantiated:
        system.answer(number, "核查", "住建局", "--finding", "不属实", *proven)
    else:
        finding = ("--finding", "属实", "--responsible", "行政审批局", "--opinion", "取消该前置条件")
        system.answer(number, "核查", "住建局", *finding, *proven)
        system.await_step(number, "待整改")
        system.answer(number, "整改", "行政审批局", "--measures", "发文取消", *proven)
    system.await_step(number, "待验收")
    if returned:
        system.answer(number, "验收", "发改局", "--verdict", "退回", "--explanation", "未见公布情况，请补正")
        system.await_step(number, "待整改")
        system.answer(number, "整改", "行政审批局", "--measures", "发文取消并公布", *proven)
        system.await_step(number, "待验收")
    system.answer(number, "验收", "发改局", "--verdict", "通过")
    system.await_step(number, "不属实办结" if unsubstantiated else "已销号")


def test_sixty_three_cases_are_imported_once_and_ten_are_closed(
    system: System, shared_data: Path, proof: Path
) -> None:
    """63 leads make 63 suspended runs; the second import makes none; artifacts and ``lead show`` agree."""
    before = system.suspended()
    first = system.json("lead", "import", shared_data / "real-cases.jsonl")
    assert (len(first["created"]), first["known"], first["note"]) == (63, 0, "")
    until(lambda: system.suspended() == before + 63, "63 suspended runs", 240)
    second = system.json("lead", "import", shared_data / "real-cases.jsonl")
    assert (second["created"], second["known"]) == ([], 63)
    assert system.suspended() == before + 63

    chosen = first["created"][:10]
    # Three at a time, as in an office.
    with ThreadPoolExecutor(3) as people:
        walks = [
            people.submit(walk, system, number, proof, unsubstantiated=index == 3, returned=index == 5)
            for index, number in enumerate(chosen)
        ]
    for ended in walks:
        ended.result()

    for number in chosen:
        story = system.json("lead", "show", number)
        artifact = system.api(f"/artifacts/lead-{number.lower()}/latest")
        assert artifact["data"] == render_page("story.md", story)
        assert [entry["sequence"] for entry in story["ledger"]] == list(range(1, len(story["ledger"]) + 1))
    outcomes = [system.json("lead", "show", number)["status"] for number in chosen]
    assert outcomes == ["已销号"] * 3 + ["不属实办结"] + ["已销号"] * 6
    rounds = [step["step"] for step in system.json("lead", "show", chosen[5])["steps"]]
    assert rounds == ["移交", "签收", "核查", "整改", "验收", "整改（第2次）", "验收（第2次）"]
    assert system.suspended() == before + 53
    told = system.json("messages", "list", "--lead", chosen[5])
    assert [message["kind"] for message in told][:4] == ["transfer", "verify", "rectify", "return"]
