"""A lead is archived by the run that closed it, and its export is verified beside the running system."""

from pathlib import Path

import pytest
from harness.running_system import System, until

pytestmark = pytest.mark.e2e
EXPLANATION = "经核查，相关前置条件没有法律法规依据，现已全面取消并向社会公布。"


def test_a_lead_is_archived_when_it_is_closed(system: System, proof: Path, tmp_path: Path) -> None:
    """归档 is a task of its run; the story tells of it; a patrol finds nothing left to archive."""
    number = system.json("lead", "add", "--title", "指定检测机构", "--facts", "要求企业另行检测。")["number"]
    proven = ("--explanation", EXPLANATION, "--evidence", proof)
    system.await_step(number, "待移交")
    system.answer(number, "移交", "发改局", "--authority", "住建局")
    system.await_step(number, "待签收")
    system.answer(number, "签收", "住建局")
    system.await_step(number, "待核查")
    system.answer(number, "核查", "住建局", "--finding", "不属实", *proven)
    system.await_step(number, "待验收")
    system.answer(number, "验收", "发改局", "--verdict", "通过")
    run_id = system.await_step(number, "不属实办结")["run"]
    until(lambda: system.state(run_id) == "不属实办结", "the run has ended")
    tasks = system.api("/task_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
    assert [task["name"].rpartition("-")[0] for task in tasks].count("归档") == 1
    assert "归档，档号" in system.api(f"/artifacts/lead-{number.lower()}/latest")["data"]
    system.start("巡查")
    (record,) = [row for row in system.json("archive", "list") if row["lead"] == number]
    exported = system.json("archive", "export", number, "--to", tmp_path, "--person", "经办人甲")
    verified = system.json("archive", "verify", exported["path"])
    assert (verified["lead"], verified["number"]) == (number, record["number"])
