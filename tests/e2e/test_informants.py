"""An informant beside a real Prefect: its database, artifacts, runs and logs know nothing of one."""

import json
from pathlib import Path

import pytest
from harness.running_system import System, until
from walks.informants import CONTACT, NAME, NOTE, PARTS, files_telling, told_in
from walks.lead_tables import as_csv

pytestmark = pytest.mark.e2e

CELLS = [
    "",
    "招标文件要求在本地注册。",
    "省",
    "晋发改〔2026〕12号",
    "违规设置隐性壁垒",
    "",
    "07",
    "重要",
    NAME,
    CONTACT,
]
_ASKED = ("/flow_runs/filter", "/task_runs/filter", "/logs/filter", "/artifacts/filter", "/events/filter")


def import_by_form(system: System, file: Path) -> None:
    """Start the import from the Prefect UI, and wait until it has ended well."""
    deployment = system.api("/deployments/name/批量导入/批量导入")
    run = system.launch(deployment["id"], file=str(file), person="经办人甲")
    until(lambda: system.state(run) == "已登记", f"the import ends, but {system.state(run)}")
    assert system.api(f"/flow_runs/{run}")["name"] == f"批量导入 · {file.name} · 新登记1条"


def test_prefect_knows_nothing_of_an_informant(own_system: System, tmp_path: Path, proof: Path) -> None:
    """Imported by the command line and from the UI, carried to its closure, read once, keys changed twice."""
    system, papers = own_system, tmp_path / "papers"
    papers.mkdir()
    for name, title in (("一.csv", "限定本地企业投标"), ("二.csv", "指定中介机构")):
        (papers / name).write_bytes(as_csv([title, *CELLS[1:]]))
    lines = papers / "举报人.txt"
    lines.write_text(f"姓名：{NAME}\n联系方式：{CONTACT}\n备注：{NOTE}", encoding="utf-8")
    system.settings["ZERO137_LOG_FORMAT"] = "json"
    said = [system.run("init").stdout, system.run("informant", "key").stdout]
    system.up()
    said.append(system.run("lead", "import", papers / "一.csv", "--json").stdout)
    import_by_form(system, papers / "二.csv")
    number = json.loads(said[-1])["created"][0]
    by = ("--person", "经办人甲")
    said.append(system.run("informant", "add", number, *by, "--from", lines, "--correct").stdout)
    said.append(system.run("informant", "rotate", *by).stdout)
    system.await_step(number, "待移交")
    shown = system.run("informant", "show", number, *by, "--reason", "核实细节").stdout
    assert told_in(shown.encode()) == list(PARTS)
    walk(system, number, proof)
    assert len(system.json("informant", "list")) == 2
    said += [json.dumps(system.api(path, {}), ensure_ascii=False) for path in _ASKED]
    said += [system.run("lead", "show", number, "--json").stdout, system.output]
    assert [text for text in said if told_in(text.encode())] == []
    assert "informant_read" in said[-2]
    assert system.stop() == 0
    # Prefect's database with its journal, our own, every log, document and result.
    assert files_telling(system.home) == {}
    assert told_in((system.home.with_suffix(".up.log")).read_bytes()) == []
    assert {path.name for path in system.home.rglob("*.log")} >= {"server.log", "worker.log"}
    log = (system.home / "logs" / "worker.log").read_text(encoding="utf-8").splitlines()
    lines = [json.loads(line) for line in log]
    # Each line is an object, and what is logged within a run names its matter.
    assert {line["process"] for line in lines} == {"worker"}
    assert number in {line.get("matter") for line in lines if line.get("flow_run_id")}


def walk(system: System, number: str, proof: Path) -> None:
    """Carry a lead to its closure, with an answer that is refused."""
    proven = ("--explanation", "经核查，相关前置条件没有依据，现已取消并公布。", "--evidence", proof)
    system.answer(number, "移交", "发改局", "--authority", "住建局")
    system.await_step(number, "待签收")
    system.answer(number, "签收", "住建局")
    system.await_step(number, "待核查")
    finding = ("--finding", "属实", "--responsible", "行政审批局", "--opinion", "取消该前置条件")
    assert (
        system.run("answer", number, "核查", "--by", "住建局/经办人甲", *finding, check=False).returncode == 3
    )
    system.answer(number, "核查", "住建局", *finding, *proven)
    system.await_step(number, "待整改")
    system.answer(number, "整改", "行政审批局", "--measures", "发文取消", *proven)
    system.await_step(number, "待验收")
    system.answer(number, "验收", "发改局", "--verdict", "通过")
    system.await_step(number, "已销号")
