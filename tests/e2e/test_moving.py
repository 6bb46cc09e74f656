"""Systems that move, to PostgreSQL or to a stock worker, and go on where they were."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Lacking
from harness.databases import both_databases, postgresql_version
from harness.running_system import System, until

pytestmark = pytest.mark.e2e


def test_leads_go_on_after_the_move(own_system: System, resting: Path, lacking: Lacking) -> None:
    """The facts are moved and proved; the runs, which Prefect no longer knows, are begun anew from them."""
    if not postgresql_version():
        lacking("no PostgreSQL answers at the configured address (TEST_POSTGRES_URL)")
    shutil.copytree(resting, own_system.home)
    number = "L2026-0001"
    before = own_system.lead(number)
    with both_databases() as addresses:
        moved = own_system.json("migrate", "--to", addresses["database_url"])
        assert moved["entries"] >= len(before["ledger"])
        own_system.settings |= {f"ZERO137_{key.upper()}": value for key, value in addresses.items()}
        own_system.up()
        try:
            after = own_system.await_step(number, "待移交")
            entry = after["ledger"][-1]
            assert (entry["kind"], entry["detail"]["fault"]) == ("run_repaired", "lost")
            assert entry["detail"]["run"] == before["run"] != after["run"]
            own_system.answer(number, "移交", "发改局", "--authority", "住建局")
            own_system.await_step(number, "待签收")
            assert own_system.json("ledger", "verify")["matters"] == 1
        finally:
            own_system.stop()


@pytest.fixture
def stock(resting: Path, tmp_path: Path) -> Iterator[System]:
    """A system whose pool is of the type ``process``, with a stock worker beside it."""
    system = System(shutil.copytree(resting, tmp_path / "home"), pool="stock")
    system.up()
    environment = {
        **system.environment,
        "PREFECT_API_URL": f"http://127.0.0.1:{system.port}/api",
        "PREFECT_HOME": str(tmp_path / "worker"),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "DO_NOT_TRACK": "1",
    }
    command = [Path(sys.executable).with_name("prefect"), "worker", "start", "--pool", "stock", "--name", "a"]
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield system
    finally:
        worker.terminate()
        worker.wait(60)
        system.close()


def test_a_lead_moves_to_another_pool_and_is_carried_there(stock: System) -> None:
    """No own worker is started; the old run is replaced, and a process a step carries the lead."""
    assert "请另行启动该类型的工作进程" in stock.output
    assert list(stock.children().values()) == ["server"]
    until(lambda: "由新的运行接续" in stock.output, "the run of the old pool is replaced")
    lead = stock.await_step("L2026-0001", "待移交")
    assert stock.api(f"/flow_runs/{lead['run']}")["work_pool_name"] == "stock"
    stock.answer(lead["number"], "移交", "发改局", "--authority", "住建局")
    lead = stock.await_step(lead["number"], "待签收")
    assert stock.json("reconcile") == []
    assert [entry["sequence"] for entry in lead["ledger"]] == list(range(1, len(lead["ledger"]) + 1))
