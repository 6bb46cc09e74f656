"""The doctor at a system that runs."""

import json

import pytest
from harness.running_system import System, until

pytestmark = pytest.mark.e2e


def test_nothing_is_wrong_with_a_running_system(system: System) -> None:
    """Server, worker, deployments and patrol are found as they are; the port is the system's own."""
    # A worker that has only just started has not told the server of itself yet.
    until(lambda: system.json("status")["workers"], "the worker is heard")
    done = system.run("doctor", "--json")
    rows = json.loads(done.stdout)
    fine = {row["subject"] for row in rows if row["level"] == "fine"}
    assert not [row for row in rows if row["level"] in {"wrong", "unreached"}]
    assert not [row for row in rows if "未能检查" in row["found"]]
    assert fine >= {
        "Prefect 服务",
        "执行进程",
        "部署",
        "巡查",
        "时钟",
        "端口",
        "事实数据库",
        "Prefect 数据库",
    }
