"""Server and worker end and come back: what is under way goes on, and nothing is left Running."""

import os
import signal
import sqlite3
import time
from pathlib import Path

import httpx
import pytest
from harness.running_system import System, until

pytestmark = pytest.mark.e2e


def test_a_server_away_for_28_seconds_costs_nothing(attended: System) -> None:
    """A step in flight goes on when the server is back, in the same worker."""
    attended.json("lead", "add", "--title", "某局违规增设前置条件", "--facts", "要求另行提供证明。")
    lead = attended.await_step("L2026-0001", "待移交")
    waiting = attended.launch(attended.deploy("waits"), seconds=3)
    attended.ends_as(waiting, "Running")
    worker, server = attended.child("worker"), attended.child("server")
    assert attended.process is not None
    attended.process.send_signal(signal.SIGSTOP)
    try:
        os.kill(server, signal.SIGKILL)
        note = attended.json(
            "answer", lead["number"], "移交", "--by", "发改局/经办人甲", "--authority", "住建局"
        )
        assert "不会丢失" in note["note"]
        with pytest.raises(httpx.HTTPError):
            attended.api("/health")
        time.sleep(28)
    finally:
        attended.process.send_signal(signal.SIGCONT)
    attended.ends_as(waiting, "Completed")
    attended.await_step(lead["number"], "待签收")
    assert attended.child("worker") == worker


def test_stopping_leaves_no_run_running(attended: System, proof: Path) -> None:
    """Steps that end within ten seconds end, the others are handed back; the next worker carries them on."""
    waits = attended.deploy("waits")
    short = attended.launch(waits, seconds=4)
    long = attended.launch(waits, seconds=25)
    attended.ends_as(short, "Running")
    attended.ends_as(long, "Running")
    worker = attended.child("worker")
    started = time.monotonic()
    os.kill(worker, signal.SIGTERM)
    time.sleep(1)
    # Asked once more, as by a supervisor of supervisors, it still hands back in order.
    os.kill(worker, signal.SIGTERM)
    until(lambda: worker not in attended.children(), "the worker has ended")
    assert 9 < time.monotonic() - started < 22
    assert attended.state(short) == "Completed"
    # Operators see the new worker, and the one that ended is struck off.
    until(lambda: listed(attended) == [str(attended.child("worker"))], "the new worker is listed alone")
    assert attended.child("worker") != worker
    attended.ends_as(long, "Running")
    stuck = attended.launch(attended.deploy("synchronous"), path=str(proof))
    attended.ends_as(stuck, "Running")
    assert attended.stop() == 0
    with sqlite3.connect(attended.home / "prefect" / "prefect.db") as database:
        states = dict(database.execute("SELECT id, state_type FROM flow_run").fetchall())
    assert [states[run_id] for run_id in (short, long, stuck)] == ["COMPLETED", "SCHEDULED", "SCHEDULED"]
    assert not {"PENDING", "RUNNING"} & set(states.values())


def listed(system: System) -> list[str]:
    """Return the process numbers of the workers that are told as online."""
    found = system.api("/work_pools/zero137/workers/filter", {})
    return [worker["name"].rsplit("-", 2)[1] for worker in found if worker["status"] == "ONLINE"]
