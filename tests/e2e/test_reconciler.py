"""The reconciler: every fault is found, named, mended and written down, and nothing is done twice."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from harness.running_system import System, until
from sqlalchemy import text

from models.codes import Step
from models.runs.vocabulary import RunFault, RunRepair
from tasks.conduct.answers import Submission, record_answer
from tasks.conduct.waits import KEPT
from tasks.runs.prefect_api import CARRY_MATTER, PrefectApi
from tasks.runs.reconcile import reconcile
from tasks.runs.signatures import claim_message, worker_name
from tasks.workplace import ApiAddress

pytestmark = pytest.mark.e2e


@pytest.fixture
def unattended(system: System) -> Iterator[None]:
    """Nobody else looks for faults: the supervisor does so every ten seconds, and might be faster."""
    with system.unattended():
        yield


@pytest.fixture
def lead(system: System, unattended: None) -> dict[str, Any]:  # noqa: ARG001 - from its beginning on
    """A lead of the test's own, whose run waits for the transfer."""
    title = f"线索{time.monotonic_ns()}"
    number = system.json("lead", "add", "--title", title, "--facts", "要求企业另行提供证明。")["number"]
    return system.await_step(number, "待移交")


def run_of(system: System, lead: dict[str, Any]) -> str:
    """Return the run that carries a lead."""
    return str(system.lead(lead["number"])["run"])


def gone(system: System) -> str:
    """Return the claim of a worker of this machine that does not live any more."""
    return claim_message(worker_name((1 << 22) + system.port))


def cancelled(system: System, run_id: str) -> None:
    """Cancel a run as the UI does."""
    system.api(f"/flow_runs/{run_id}/set_state", {"state": {"type": "CANCELLED", "name": "Cancelled"}})


FAULTS: dict[RunFault, Callable[[System, str], None]] = {
    RunFault.LOST: System.delete_run,
    RunFault.CRASHED: lambda system, run_id: system.force(run_id, "CRASHED"),
    RunFault.FAILED: lambda system, run_id: system.force(run_id, "FAILED"),
    RunFault.CANCELLED: cancelled,
    RunFault.ENDED: lambda system, run_id: system.force(run_id, "COMPLETED"),
    RunFault.ORPHANED: lambda system, run_id: system.force(run_id, "PENDING", gone(system)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_named_mended_and_written_down(
    system: System, lead: dict[str, Any], fault: RunFault
) -> None:
    """A dry run only tells; the repair leads back to the same step, and a second look finds nothing."""
    number, before = lead["number"], run_of(system, lead)
    FAULTS[fault](system, before)
    dry = system.json("reconcile", "--dry-run")
    assert [(row["number"], row["fault"], row["run"]) for row in dry] == [(number, fault.label, before)]
    assert system.lead(number)["ledger"] == lead["ledger"]
    (row,) = system.json("reconcile")
    assert (row["number"], row["fault"], row["run"]) == (number, fault.label, before)
    mended = system.await_step(number, "待移交")
    assert row["new_run"] == run_of(system, lead)
    entry = mended["ledger"][-1]
    assert len(mended["ledger"]) == len(lead["ledger"]) + 1
    assert (entry["kind"], entry["detail"]["fault"]) == ("run_repaired", fault.value)
    assert (entry["detail"]["run"], entry["detail"]["carried_by"]) == (before, row["new_run"])
    assert system.json("reconcile") == []
    if fault is not RunFault.ORPHANED:
        assert system.api(f"/flow_runs/{row['new_run']}")["labels"]["zero137.continues"] == before


def test_a_running_run_without_a_living_owner_is_carried_on(system: System, lead: dict[str, Any]) -> None:
    """Its last claim tells who carried it; that worker has gone."""
    run_id = run_of(system, lead)
    system.force(run_id, "PENDING", gone(system))
    system.force(run_id, "RUNNING")
    (row,) = system.json("reconcile")
    assert row["fault"] == RunFault.ORPHANED.label
    system.await_step(lead["number"], "待移交")


def test_a_form_is_stored_before_its_run_is_suspended(system: System, lead: dict[str, Any]) -> None:
    """Killed in between, a run goes on and asks anew; it never waits without a form."""
    state = system.api(f"/flow_runs/{run_of(system, lead)}")["state"]
    names = state["state_details"]["run_input_keyset"]
    wanted = {"prefix": names["schema"].removesuffix("schema"), "limit": 9}
    stored = system.api(f"/flow_runs/{run_of(system, lead)}/input/filter", wanted)
    assert {row["key"] for row in stored} == {names["schema"], names["description"]}
    suspended_at = datetime.fromisoformat(state["timestamp"])
    assert all(datetime.fromisoformat(row["created"]) < suspended_at for row in stored)
    assert names[KEPT]


@pytest.mark.usefixtures("unattended")
def test_a_patrol_without_a_living_owner_is_carried_on(system: System) -> None:
    """Registrations, imports and patrols are held by workers as well, and may be done again at any time."""
    patrol = system.launch(system.api("/deployments/name/巡查/巡查")["id"])
    until(lambda: system.state(patrol) == "已巡查", "the patrol ends")
    name = system.api(f"/flow_runs/{patrol}")["name"]
    assert re.fullmatch(r"巡查 · \d\d-\d\d \d\d:\d\d · (无到期提醒|.+\d条)", name), name
    system.force(patrol, "PENDING", gone(system))
    (row,) = system.json("reconcile")
    assert (row["number"], row["fault"], row["run"]) == ("", RunFault.ORPHANED.label, patrol)
    until(lambda: system.state(patrol) == "已巡查", "the patrol ends once more")


def test_a_lapsed_receipt_is_deemed_signed(system: System, lead: dict[str, Any]) -> None:
    """Nobody answers, only time passes; waking the run is enough, and no fault is written down."""
    system.answer(lead["number"], "移交", "发改局", "--authority", "住建局")
    system.await_step(lead["number"], "待签收")
    with system.workplace() as place, place.writing() as session:
        session.connection().execute(
            text(
                "UPDATE assignment SET due_at = '2026-01-05 10:00:00'"
                " WHERE step = 'receipt' AND matter_id = (SELECT id FROM matter WHERE number = :number)"
            ),
            {"number": lead["number"]},
        )
    (row,) = system.json("reconcile")
    assert row["fault"] == RunFault.LAPSED.label
    told = system.await_step(lead["number"], "待核查")
    kinds = [entry["kind"] for entry in told["ledger"]]
    assert "deemed_received" in kinds
    assert "run_repaired" not in kinds


def test_two_reconcilers_at_once_replace_a_run_once(system: System, lead: dict[str, Any]) -> None:
    """Whoever is slower finds the same run and does nothing."""
    system.delete_run(run_of(system, lead))
    with system.workplace() as place, ThreadPoolExecutor(2) as pool:
        both = [pool.submit(reconcile, place, place.clock()) for _ in range(2)]
        done = [mended.repair for each in both for mended in each.result() if mended.repair]
    assert done == [RunRepair.REPLACED]
    told = system.await_step(lead["number"], "待移交")
    assert [entry["kind"] for entry in told["ledger"]].count("run_repaired") == 1
    assert system.json("reconcile") == []


def test_a_reconciler_killed_half_way_is_followed_by_another(system: System, lead: dict[str, Any]) -> None:
    """The new run was made, but nobody said that it carries the lead: it is found and used, not ended."""
    lost = run_of(system, lead)
    system.delete_run(lost)
    with PrefectApi(ApiAddress(f"http://127.0.0.1:{system.port}/api")) as api:
        made = api.start_carrying(lead["number"], "接续", continues=lost)
    (row,) = system.json("reconcile")
    assert (row["fault"], row["new_run"]) == (RunFault.LOST.label, made)
    system.await_step(lead["number"], "待移交")
    assert run_of(system, lead) == made
    assert system.json("reconcile") == []


def test_a_run_that_waits_on_an_answered_step_is_woken(system: System, lead: dict[str, Any]) -> None:
    """The answer was committed, and whoever should have woken the run was killed."""
    answer = Submission(Step.TRANSFER, "发改局", "经办人甲", {"authority": "住建局"})
    with system.workplace() as place:
        record_answer(place, lead["number"], answer, place.clock())
    (row,) = system.json("reconcile")
    assert (row["fault"], row["new_run"]) == (RunFault.SUPERSEDED.label, row["run"])
    system.await_step(lead["number"], "待签收")


def test_a_second_run_of_a_lead_ends_whether_it_runs_or_waits(system: System, lead: dict[str, Any]) -> None:
    """One started by hand ends by itself; one that waits is ended, and the lead keeps its own."""
    deployment = system.api(f"/deployments/name/{CARRY_MATTER}/{CARRY_MATTER}")["id"]
    second = system.launch(deployment, number=lead["number"])
    until(lambda: system.state(second) == "已有运行承办", "the second run ends by itself")
    system.force(second, "PAUSED")
    (row,) = system.json("reconcile")
    assert (row["fault"], row["run"]) == (RunFault.DUPLICATED.label, second)
    assert system.state(second) == "Cancelled"
    assert system.state(run_of(system, lead)) == "Suspended"
