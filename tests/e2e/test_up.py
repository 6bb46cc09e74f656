"""``zero137 up``: what it prints, what it refuses, and that it leaves nothing behind."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from harness.running_system import System, until

pytestmark = pytest.mark.e2e
EXPLANATION = "经核查，相关前置条件没有法律法规依据，现已全面取消并向社会公布。"


def test_the_system_starts_stops_and_finds_its_data_again(own_system: System, proof: Path) -> None:
    """A lead survives a stop of everything and a killed worker between its steps."""
    own_system.up()
    assert f"http://127.0.0.1:{own_system.port}" in own_system.output
    assert own_system.output.count("zero137 lead") == 2
    assert sorted(own_system.children().values()) == ["server", "worker"]
    number = own_system.json(
        "lead", "add", "--title", "某局违规增设前置条件", "--facts", "要求另行提供证明。"
    )["number"]
    own_system.await_step(number, "待移交")
    assert own_system.stop() == 0
    assert own_system.children() == {}
    # Answered while nothing runs: kept, and taken up at the next start.
    offline = own_system.json("answer", number, "移交", "--by", "发改局/经办人甲", "--authority", "住建局")
    assert "不会丢失" in offline["note"]
    own_system.up()
    own_system.await_step(number, "待签收")
    worker = next(pid for pid, role in own_system.children().items() if role == "worker")
    os.kill(worker, signal.SIGKILL)
    until(lambda: "正在重新启动" in own_system.output, "the worker is started again")
    own_system.answer(number, "签收", "住建局")
    lead = own_system.await_step(number, "待核查")
    assert [entry["sequence"] for entry in lead["ledger"]] == list(range(1, len(lead["ledger"]) + 1))
    # A worker killed in the middle of a run leaves it to another run.
    own_system.answer(
        number,
        "核查",
        "住建局",
        "--finding",
        "属实",
        "--responsible",
        "商务局",
        "--opinion",
        "取消",
        "--explanation",
        EXPLANATION,
        "--evidence",
        proof,
    )
    kill_worker_at_work(own_system, lead["printed_number"])
    lead = own_system.await_step(number, "待整改")
    # A run deleted by hand is replaced by the patrol, at the same step.
    for run in own_system.runs_of(lead["printed_number"]):
        own_system.delete_run(run["id"])
    own_system.start("巡查")
    own_system.await_step(number, "待整改")
    own_system.answer(
        number, "整改", "商务局", "--measures", "取消", "--explanation", EXPLANATION, "--evidence", "E1"
    )
    lead = own_system.await_step(number, "待验收")
    assert [entry["sequence"] for entry in lead["ledger"]] == list(range(1, len(lead["ledger"]) + 1))
    assert any("由新的运行接续" in entry["summary"] for entry in lead["ledger"])
    own_system.run("down")
    until(lambda: own_system.children() == {}, "every child has ended")


def kill_worker_at_work(system: System, printed_number: str) -> None:
    """Kill the worker as soon as the run of a lead is held by it."""

    def held() -> bool:
        return any(
            run["state_type"] in ("PENDING", "RUNNING") for run in system.runs_of(f"{printed_number} ")
        )

    deadline = time.monotonic() + 5
    while not held() and time.monotonic() < deadline:
        time.sleep(0.02)
    worker = next(pid for pid, role in system.children().items() if role == "worker")
    os.kill(worker, signal.SIGKILL)


def test_a_taken_port_is_refused(own_system: System) -> None:
    """One sentence names the port and the setting that changes it; nothing is half started."""
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", own_system.port))
        occupant.listen()
        done = own_system.run("up", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (10, 1)
    assert f"127.0.0.1:{own_system.port}" in done.stderr
    assert "ZERO137_PORT" in done.stderr
    assert own_system.children() == {}
    assert not (own_system.home / "zero137.db").exists()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A file where the folder should be stands for every reason why nothing can be written."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = System(tmp_path / "file" / "home")
    done = refused.run("up", check=False)
    refused.close()
    assert (done.returncode, done.stderr.count("\n")) == (10, 1)
    assert "ZERO137_HOME" in done.stderr
