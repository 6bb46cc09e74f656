"""Live systems: one is backed up while it works, one moves to PostgreSQL and goes on where it was."""

import shutil
from pathlib import Path

import pytest
from conftest import Lacking
from harness.databases import both_databases, postgresql_version
from harness.running_system import System

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


def test_a_running_system_is_backed_up_and_restored_elsewhere(
    system: System, own_system: System, proof: Path, tmp_path: Path
) -> None:
    """From the shared system into an empty folder with SQLite, files and all; only a move has to wait."""
    assert system.run("migrate", "--to", "sqlite:///refused.db", check=False).returncode == 10
    number = system.json("lead", "add", "--title", "某局另收材料费", "--facts", "要求另行缴费。")["number"]
    system.run("evidence", "add", number, proof)
    made = system.json("backup", tmp_path / "backup")
    assert made["files"] >= 1
    own_system.run("restore", tmp_path / "backup")
    assert own_system.lead(number)["title"] == "某局另收材料费"
    assert own_system.json("evidence", "check")["checked"] == made["files"]
