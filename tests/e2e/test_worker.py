"""The in-process worker: what one run does harms no other, and nothing it leaves is left Running."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from harness.running_system import System, free_port, until

pytestmark = pytest.mark.e2e


def ends_as(system: System, run_id: str, *names: str) -> str:
    """Wait until a run is in one of these states; returns which."""
    return until(
        lambda: next((name for name in [system.state(run_id)] if name in names), None),
        f"{run_id} is {' or '.join(names)} instead of {system.state(run_id)}",
    )


@pytest.mark.parametrize(
    ("bad", "end"), [("breaks", "Failed"), ("exits", "Crashed"), ("exits_aside", "Crashed")]
)
def test_a_run_that_ends_badly_harms_no_other(system: System, bad: str, end: str) -> None:
    """An exception or ``sys.exit`` is the run's own; the one beside it and the ones after it end well."""
    worker = system.child("worker")
    beside = system.launch(system.deploy("waits"), seconds=2)
    ends_as(system, beside, "Running")
    ends_as(system, system.launch(system.deploy(bad)), end)
    ends_as(system, beside, "Completed")
    for _ in range(3):
        ends_as(system, system.launch(system.deploy("nothing")), "Completed")
    assert system.child("worker") == worker


def test_a_run_that_cannot_even_begin_crashes_once(system: System) -> None:
    """A parameter the flow does not know, and a module that leaves when it is imported."""
    unknown = system.launch(system.deploy("nothing"), surprise=1)
    ends_as(system, unknown, "Crashed")
    leaving = system.launch(system.deploy("leaves", module="odd_import"))
    ends_as(system, leaving, "Crashed")
    states = [state["name"] for state in system.api(f"/flow_run_states/?flow_run_id={unknown}")]
    assert states.count("Pending") == 1
    ends_as(system, system.launch(system.deploy("nothing")), "Completed")


@pytest.mark.parametrize("busy", ["computes", "synchronous"])
def test_a_run_that_holds_its_thread_holds_up_nobody(system: System, busy: str, proof: Path) -> None:
    """The next run is taken on and ends while a careless one still computes."""
    holding = system.launch(system.deploy(busy), path=str(proof))
    try:
        ends_as(system, holding, "Running")
        ends_as(system, system.launch(system.deploy("nothing")), "Completed")
        assert system.state(holding) == "Running"
    finally:
        proof.unlink()
    ends_as(system, holding, "Completed")


def test_a_run_resumed_while_it_still_leaves_is_taken_on_when_it_has_left(system: System) -> None:
    """It neither waits for the next cycle of late runs nor runs beside its own leaving attempt."""
    run_id = system.launch(system.deploy("lingers"), seconds=3)
    ends_as(system, run_id, "Suspended")
    resumed = time.monotonic()
    assert system.api(f"/flow_runs/{run_id}/resume", {})["status"] == "ACCEPT"
    ends_as(system, run_id, "Completed")
    assert 2 < time.monotonic() - resumed < 14


def test_a_running_run_can_be_cancelled(system: System) -> None:
    """Cancel in the UI stops the flow at once, and the run is told as cancelled."""
    run_id = system.launch(system.deploy("waits"), seconds=600)
    ends_as(system, run_id, "Running")
    cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    system.api(f"/flow_runs/{run_id}/set_state", cancelling)
    ends_as(system, run_id, "Cancelled")


def test_a_server_away_for_28_seconds_costs_nothing(attended: System) -> None:
    """A step in flight goes on when the server is back, in the same worker."""
    attended.json("lead", "add", "--title", "某局违规增设前置条件", "--facts", "要求另行提供证明。")
    lead = attended.await_step("L2026-0001", "待移交")
    waiting = attended.launch(attended.deploy("waits"), seconds=3)
    ends_as(attended, waiting, "Running")
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
    ends_as(attended, waiting, "Completed")
    attended.await_step(lead["number"], "待签收")
    assert attended.child("worker") == worker


def test_stopping_leaves_no_run_running(attended: System, proof: Path) -> None:
    """Steps that end within ten seconds end, the others are handed back; the next worker carries them on."""
    waits = attended.deploy("waits")
    short = attended.launch(waits, seconds=4)
    long = attended.launch(waits, seconds=25)
    ends_as(attended, short, "Running")
    ends_as(attended, long, "Running")
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
    ends_as(attended, long, "Running")
    stuck = attended.launch(attended.deploy("synchronous"), path=str(proof))
    ends_as(attended, stuck, "Running")
    assert attended.stop() == 0
    with sqlite3.connect(attended.home / "prefect" / "prefect.db") as database:
        states = dict(database.execute("SELECT id, state_type FROM flow_run").fetchall())
    assert [states[run_id] for run_id in (short, long, stuck)] == ["COMPLETED", "SCHEDULED", "SCHEDULED"]
    assert not {"PENDING", "RUNNING"} & set(states.values())


def listed(system: System) -> list[str]:
    """Return the process numbers of the workers that are told as online."""
    found = system.api("/work_pools/zero137/workers/filter", {})
    return [worker["name"].rsplit("-", 2)[1] for worker in found if worker["status"] == "ONLINE"]


def test_the_worker_starts_by_prefects_own_command_too(system: System, tmp_path: Path) -> None:
    """It is found by its type, answers for its health, carries runs, and ends when asked."""
    port = free_port()
    environment = {
        **system.environment,
        "PREFECT_API_URL": f"http://127.0.0.1:{system.port}/api",
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1",
        "PREFECT_WORKER_WEBSERVER_PORT": str(port),
        "DO_NOT_TRACK": "1",
    }
    command = [Path(sys.executable).with_name("prefect"), "worker", "start", "--pool", "aside"]
    command += ["--type", "in-process", "--name", "by-hand", "--with-healthcheck"]
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        until(lambda: healthy(port), "the worker answers for its health")
        until(lambda: system.api("/work_pools/aside/workers/filter", {}), "the worker is listed")
        run_id = system.launch(system.deploy("waits", pool="aside"), seconds=3)
        ends_as(system, run_id, "Running")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) in {0, -signal.SIGTERM}
        assert system.state(run_id) == "Completed"
    finally:
        worker.kill()
        worker.wait()


def healthy(port: int) -> bool:
    """Tell whether a worker says that it is well."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def test_memory_stays_flat(system: System) -> None:
    """The later half of many runs adds no more than a few megabytes; SOAK_RUNS=2000 takes its time."""
    runs = int(os.environ.get("SOAK_RUNS", "60"))
    deployment, worker = system.deploy("nothing"), system.child("worker")
    weights = []
    for _ in range(2):
        ids = [system.launch(deployment) for _ in range(runs // 2)]
        for run_id in ids:
            ends_as(system, run_id, "Completed")
        weights.append(resident_megabytes(worker))
    told = f"{runs} runs: {weights[0]:.1f} MB after half of them, {weights[1]:.1f} MB at the end"
    print(told)  # noqa: T201 - shown by pytest -s
    assert weights[1] - weights[0] < 15, told


def resident_megabytes(process: int) -> float:
    """Return the memory a process holds."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
