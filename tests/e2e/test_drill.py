"""A small drill: the whole system by an accelerated clock, and every rung checked against the rules."""

import os
import sqlite3
import subprocess
from pathlib import Path

import pytest
from conftest import Lacking
from harness.running_system import COMMAND, System

from deployments.installation.clock import clock_of, is_drill, set_drill_clock

pytestmark = pytest.mark.e2e


def run_drill(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a drill to its end, with the settings of a live installation around it."""
    live = {**os.environ, "ZERO137_HOME": str(folder.parent / "live"), "ZERO137_PORT": "4200"}
    return subprocess.run(
        [COMMAND, "drill", "--folder", str(folder), *arguments],
        env=live, capture_output=True, text=True, timeout=1200, check=False,
    )  # fmt: skip


def test_eight_leads_in_sixteen_days(tmp_path: Path, lacking: Lacking) -> None:
    """One of each character; the live folder named by the environment is not even created."""
    if not Path("/proc/self/environ").exists():
        lacking("the processes of a system are told apart by /proc, which this machine lacks")
    done = run_drill(tmp_path / "drill", "--leads", "8", "--days", "16")
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert "全部符合规则" in done.stdout
    assert "拒收不合格反馈 1 次" in done.stdout
    assert not (tmp_path / "live").exists()
    assert System(tmp_path / "drill").children() == {}
    with sqlite3.connect(tmp_path / "drill" / "prefect" / "prefect.db") as database:
        patrols = database.execute("SELECT name FROM flow_run WHERE name LIKE '巡查 · %'").fetchall()
    moments, deeds = zip(*(name.removeprefix("巡查 · ").split(" · ") for (name,) in patrols), strict=True)
    # By the clock of the drill, which stands still at the ladder's times; some reminded somebody.
    assert min(moments) == "11-23 09:00"
    assert {moment.split()[1] for moment in moments} <= {"09:00", "15:00", "18:00"}
    assert "无到期提醒" in deeds
    assert any(deed.startswith("提醒") for deed in deeds)
    with sqlite3.connect(tmp_path / "drill" / "zero137.db") as database:
        kinds = dict(database.execute("SELECT kind, count(*) FROM ledgerentry GROUP BY kind"))
        titles = database.execute("SELECT count(*) FROM matter WHERE title LIKE '%线素%'").fetchone()
    # Handing back is noted with the lead and with the request.
    assert [kinds.get(kind) for kind in ("handed_back", "redirected", "corrected")] == [2, 1, 1]
    assert titles == (0,)
    said = subprocess.run(
        [COMMAND, "lead", "list", "--all"],
        env={**os.environ, "ZERO137_HOME": str(tmp_path / "drill")},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "D2026-0001" in said
    again = run_drill(tmp_path / "drill")
    assert (again.returncode, "演练只在新的空文件夹中进行" in again.stderr) == (6, True)


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    """Also where it only looks like an installation."""
    (tmp_path / "zero137.db").write_bytes(b"live")
    done = run_drill(tmp_path)
    assert (done.returncode, done.stdout) == (6, "")
    assert "已有内容" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["zero137.db"]
    assert (tmp_path / "zero137.db").read_bytes() == b"live"


def test_the_clock_of_a_drill_stands_until_it_is_turned(tmp_path: Path) -> None:
    """Everybody in the folder reads the same moment; elsewhere it is the real one."""
    assert not is_drill(tmp_path)
    real = clock_of(tmp_path)()
    set_drill_clock(tmp_path, real.replace(year=2031))
    assert clock_of(tmp_path)() == clock_of(tmp_path)() == real.replace(year=2031)
