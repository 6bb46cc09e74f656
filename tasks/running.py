"""Keeping every open lead carried by a run, and waking the run when there is something to do."""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from models.errors import StartError
from models.lifecycle import Await, NextStep, next_step
from models.tables import Assignment, Matter
from models.vocabulary import Step
from tasks.matters import facts_of, find_matter, read_file
from tasks.prefect_api import PrefectApi
from tasks.workplace import Workplace, register_of

# A run in one of these states reads the facts anew by itself.
_UNDER_WAY = ("SCHEDULED", "PENDING")
# How long to wait for a run that is still leaving its last step, in seconds.
_WAITS = (0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 1.5)


@dataclass(frozen=True)
class Roused:
    """Which leads got a run and which runs were woken, by lead number in order."""

    started: list[str]
    woken: list[str]


def start_run(place: Workplace, api: PrefectApi, number: str) -> str:
    """Give a lead its run, once; returns the run's id.

    Raises:
        StartError: The Prefect server is not reached.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
    if matter.flow_run_id is None:
        adopt_run(place, number, api.start_handling(matter.number, f"{matter.printed_number} · 派发"))
    with place.reading() as session:
        return find_matter(session, number).flow_run_id or ""


def adopt_run(place: Workplace, number: str, flow_run_id: str) -> bool:
    """Note which run carries a lead.

    Returns:
        False where another run carries it already.
    """
    with place.writing() as session:
        matter = find_matter(session, number, for_change=True)
        if matter.flow_run_id is None:
            matter.flow_run_id = flow_run_id
            session.add(matter)
        return matter.flow_run_id == flow_run_id


def rouse(place: Workplace, now: datetime) -> Roused:
    """Start the runs that were never started and wake those whose next step is not to wait.

    This makes up for a server that was down when a lead was registered or answered, and it is how a
    receipt comes to be deemed: nobody answers, only time passes.

    Raises:
        StartError: The Prefect server is not reached.
    """
    started, woken = [], []
    with PrefectApi(place.api_url) as api:
        for number, flow_run_id in stalled_leads(place, now):
            if flow_run_id is None:
                start_run(place, api, number)
                started.append(number)
            elif api.wake(flow_run_id):
                woken.append(number)
    return Roused(started, woken)


def stalled_leads(place: Workplace, now: datetime) -> list[tuple[str, str | None]]:
    """Return number and run of every open lead that has no run, or whose next step is not to wait."""
    waiting = (
        select(Assignment.matter_id)
        .where(col(Assignment.answered_at).is_(None))
        .where((col(Assignment.step) != Step.RECEIPT) | (col(Assignment.due_at) >= now))
    )
    query = (
        select(Matter)
        .where(col(Matter.outcome).is_(None))
        .where(col(Matter.flow_run_id).is_(None) | col(Matter.id).not_in(waiting))
        .order_by(col(Matter.id))
    )
    with place.reading() as session:
        return [(matter.number, matter.flow_run_id) for matter in session.exec(query)]


def wake_lead(place: Workplace, number: str, now: datetime) -> None:
    """Let the run of a lead go on after an answer, or start the run it still lacks.

    A run that has not quite left its last step is given a few seconds.

    Raises:
        StartError: The Prefect server is not reached, or the run has ended; the patrol makes up for it.
    """
    with PrefectApi(place.api_url) as api:
        for pause in (*_WAITS, None):
            step, flow_run_id = _standing(place, number, now)
            if isinstance(step, Await) or step is None:
                return
            if flow_run_id is None:
                start_run(place, api, number)
                return
            if api.wake(flow_run_id) or api.state_of(flow_run_id).kind in _UNDER_WAY:
                return
            if pause is not None:
                time.sleep(pause)
    raise StartError("该线索的承办流程暂未继续，巡查时将自动处理。")


def _standing(place: Workplace, number: str, now: datetime) -> tuple[NextStep | None, str | None]:
    """Return the next step of a lead and its run."""
    with place.reading() as session:
        matter = find_matter(session, number)
        facts = facts_of(read_file(session, matter), register_of(session, place.policy))
        return next_step(facts, now), matter.flow_run_id
