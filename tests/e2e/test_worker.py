"""The in-process worker: what one run does harms no other, and nothing it leaves is left Running."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from harness.running_system import System, free_port, until

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("bad", "end"), [("breaks", "Failed"), ("exits", "Crashed"), ("exits_aside", "Crashed")]
)
def test_a_run_that_ends_badly_harms_no_other(system: System, bad: str, end: str) -> None:
    """An exception or ``sys.exit`` is the run's own; the one beside it and the ones after it end well."""
    worker = system.child("worker")
    beside = system.launch(system.deploy("waits"), seconds=2)
    system.ends_as(beside, "Running")
    system.ends_as(system.launch(system.deploy(bad)), end)
    system.ends_as(beside, "Completed")
    for _ in range(3):
        system.ends_as(system.launch(system.deploy("nothing")), "Completed")
    assert system.child("worker") == worker


def test_a_run_that_cannot_even_begin_crashes_once(system: System) -> None:
    """A parameter the flow does not know, and a module that leaves when it is imported."""
    unknown = system.launch(system.deploy("nothing"), surprise=1)
    system.ends_as(unknown, "Crashed")
    leaving = system.launch(system.deploy("leaves", module="odd_import"))
    system.ends_as(leaving, "Crashed")
    states = [state["name"] for state in system.api(f"/flow_run_states/?flow_run_id={unknown}")]
    assert states.count("Pending") == 1
    system.ends_as(system.launch(system.deploy("nothing")), "Completed")


@pytest.mark.parametrize("busy", ["computes", "synchronous"])
def test_a_run_that_holds_its_thread_holds_up_nobody(system: System, busy: str, proof: Path) -> None:
    """The next run is taken on and ends while a careless one still computes."""
    holding = system.launch(system.deploy(busy), path=str(proof))
    try:
        system.ends_as(holding, "Running")
        system.ends_as(system.launch(system.deploy("nothing")), "Completed")
        assert system.state(holding) == "Running"
    finally:
        proof.unlink()
    system.ends_as(holding, "Completed")


def test_a_run_resumed_while_it_still_leaves_is_taken_on_when_it_has_left(system: System) -> None:
    """It neither waits for the next cycle of late runs nor runs beside its own leaving attempt."""
    run_id = system.launch(system.deploy("lingers"), seconds=3)
    system.ends_as(run_id, "Suspended")
    resumed = time.monotonic()
    assert system.api(f"/flow_runs/{run_id}/resume", {})["status"] == "ACCEPT"
    system.ends_as(run_id, "Completed")
    assert 2 < time.monotonic() - resumed < 14


def test_a_running_run_can_be_cancelled(system: System) -> None:
    """Cancel in the UI stops the flow at once, and the run is told as cancelled."""
    run_id = system.launch(system.deploy("waits"), seconds=600)
    system.ends_as(run_id, "Running")
    cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    system.api(f"/flow_runs/{run_id}/set_state", cancelling)
    system.ends_as(run_id, "Cancelled")


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
        system.ends_as(run_id, "Running")
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
            system.ends_as(run_id, "Completed")
        weights.append(resident_megabytes(worker))
    told = f"{runs} runs: {weights[0]:.1f} MB after half of them, {weights[1]:.1f} MB at the end"
    print(told)  # noqa: T201 - shown by pytest -s
    assert weights[1] - weights[0] < 15, told


def resident_megabytes(process: int) -> float:
    """Return the memory a process holds."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
