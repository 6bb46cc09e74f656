"""What is seen and done beside a running system: its copy, a second instance, whom it tells anything."""

from pathlib import Path

import pytest
from harness.running_system import System

pytestmark = pytest.mark.e2e


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


def test_a_second_instance_is_refused(system: System) -> None:
    """The folder belongs to one instance; the refusal says what to do and starts nothing."""
    before = system.children()
    done = System(system.home).run("up", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (10, 1)
    assert "zero137 down" in done.stderr
    assert system.children() == before


def test_nothing_is_told_to_anybody(system: System) -> None:
    """Telemetry is off in every process, and all state lies in the one folder."""
    for pid in system.children():
        environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
        assert "DO_NOT_TRACK=1" in environment
        assert "PREFECT_SERVER_ANALYTICS_ENABLED=false" in environment
        assert f"PREFECT_HOME={system.home / 'prefect'}" in environment
