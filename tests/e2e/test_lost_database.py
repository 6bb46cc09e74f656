"""Prefect's database is lost: what it knew is begun anew from the facts."""

import os
import signal

import pytest
from harness.running_system import System, until

pytestmark = pytest.mark.e2e


def test_all_leads_go_on_when_prefect_forgets_everything(own_system: System) -> None:
    """With its database deleted, each lead continues at its step in a new run that names the old one.

    They were registered before Prefect was there at all, so their first runs are the reconciler's as well.
    """
    own_system.run("init")
    numbers = [
        own_system.json("lead", "add", "--title", f"某局违规增设条件之{n}", "--facts", "要求提供证明。")[
            "number"
        ]
        for n in range(3)
    ]
    own_system.up()
    for number in numbers:
        lead = own_system.await_step(number, "待移交")
        assert [e["detail"]["fault"] for e in lead["ledger"] if e["kind"] == "run_repaired"] == [
            "never_started"
        ]
    own_system.answer(numbers[0], "移交", "发改局", "--authority", "住建局")
    own_system.await_step(numbers[0], "待签收")
    before = {number: own_system.lead(number) for number in numbers}
    assert own_system.process is not None
    own_system.process.send_signal(signal.SIGSTOP)
    server = own_system.child("server")
    os.kill(server, signal.SIGKILL)
    for file in (own_system.home / "prefect").glob("prefect.db*"):
        file.unlink()
    own_system.process.send_signal(signal.SIGCONT)
    until(lambda: "由新的运行接续" in own_system.output, "the supervisor puts things in order", 120)
    for number in numbers:
        lead = own_system.await_step(number, before[number]["status"])
        entry = lead["ledger"][-1]
        assert (entry["kind"], entry["detail"]["fault"]) == ("run_repaired", "lost")
        assert entry["detail"]["run"] == before[number]["run"]
        assert lead["run"] == entry["detail"]["carried_by"] != before[number]["run"]
    assert own_system.json("reconcile") == []
