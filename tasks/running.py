"""Keeping every open lead carried by one live run, and waking the run when there is something to do."""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import col, select

from models.errors import StartError
from models.lifecycle import Await, NextStep, next_step
from models.tables import Assignment, Matter
from models.vocabulary import Step
from tasks.ledger import append_entry
from tasks.matters import facts_of, find_matter, read_file
from tasks.prefect_api import ENDED, PrefectApi
from tasks.workplace import Workplace, register_of

logger = logging.getLogger(__name__)

# A run in one of these states is held by a worker.
_HELD = ("RUNNING", "PENDING")
# A run in one of these states reads the facts anew by itself.
_UNDER_WAY = ("SCHEDULED", "PENDING")
# How long to wait for a run that is still leaving its last step, in seconds.
_WAITS = (0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 1.5)


@dataclass
class Roused:
    """Which leads got their run, got another for a lost one, were woken, or none of it; by lead number."""

    started: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class OpenLead:
    """An open lead, its run, and whether its next step waits for nobody."""

    number: str
    flow_run_id: str | None
    can_go_on: bool


def start_run(place: Workplace, api: PrefectApi, number: str, occasion: str = "first") -> None:
    """Give a lead that has none its run.

    Args:
        place: The workplace.
        api: The Prefect API.
        number: The lead.
        occasion: What the run is for; asked twice on one occasion, Prefect gives the same run.

    Raises:
        StartError: The Prefect server is not reached.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
    if matter.flow_run_id is None:
        name = f"{matter.printed_number} · {'派发' if occasion == 'first' else '接续'}"
        adopt_run(place, number, api.start_handling(matter.number, name, occasion))


def start_runs(place: Workplace, numbers: Iterable[str]) -> None:
    """Give each of these leads its run, unless it has one.

    Raises:
        StartError: The Prefect server is not reached; the patrol makes up for the rest.
    """
    with PrefectApi(place.api_url) as api:
        for number in numbers:
            start_run(place, api, number)


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


def rouse(place: Workplace, now: datetime, *, no_worker: bool = False) -> Roused:
    """Start the runs that were never started, replace those that are gone, wake those that can go on.

    This makes up for a server that was down or lost its database, for a run that was cancelled or
    deleted by hand, and it is how a receipt comes to be deemed: nobody answers, only time passes.

    Args:
        place: The workplace.
        now: The present moment (aware).
        no_worker: No worker lives at this moment, so that a run that claims to be under way lost its own.

    Raises:
        StartError: The Prefect server is not reached.
    """
    roused = Roused()
    leads = open_leads(place, now)
    with PrefectApi(place.api_url) as api:
        states = api.states_of([lead.flow_run_id for lead in leads if lead.flow_run_id])
        for lead in leads:
            try:
                if no_worker and lead.flow_run_id and states.get(lead.flow_run_id) in _HELD:
                    states[lead.flow_run_id] = api.declare_crashed(lead.flow_run_id)
                done = _rouse_one(place, api, lead, states, now)
            except StartError as error:
                # One lead that cannot be helped now must not keep the others waiting.
                logger.warning("%s：%s", lead.number, error)
                done = "failed"
            if done:
                getattr(roused, done).append(lead.number)
    return roused


def _rouse_one(
    place: Workplace, api: PrefectApi, lead: OpenLead, states: Mapping[str, str], now: datetime
) -> str:
    """Do for one lead what it needs; returns the field of ``Roused`` that tells of it, blank for nothing."""
    if lead.flow_run_id is None:
        start_run(place, api, lead.number)
        return "started"
    if states.get(lead.flow_run_id, ENDED[0]) in ENDED:
        _give_up_run(place, lead, now)
        start_run(place, api, lead.number, occasion=lead.flow_run_id)
        return "replaced"
    return "woken" if lead.can_go_on and api.wake(lead.flow_run_id) else ""


def _give_up_run(place: Workplace, lead: OpenLead, now: datetime) -> None:
    """Note that the run of a lead is gone; the next one that starts carries it."""
    with place.writing() as session:
        matter = find_matter(session, lead.number, for_change=True)
        if matter.flow_run_id == lead.flow_run_id:
            matter.flow_run_id = None
            session.add(matter)
            summary = "承办运行已失效，由新的运行接续"
            append_entry(session, lead.number, now, "run_lost", "规则", summary, flow_run_id=lead.flow_run_id)


def open_leads(place: Workplace, now: datetime) -> list[OpenLead]:
    """Return every open lead in the order of registration."""
    waiting = (
        select(Assignment.matter_id)
        .where(col(Assignment.answered_at).is_(None))
        .where((col(Assignment.step) != Step.RECEIPT) | (col(Assignment.due_at) >= now))
    )
    opened = select(Matter).where(col(Matter.outcome).is_(None)).order_by(col(Matter.id))
    with place.reading() as session:
        waits = set(session.exec(waiting))
        return [OpenLead(m.number, m.flow_run_id, m.id not in waits) for m in session.exec(opened)]


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
            if api.wake(flow_run_id) or api.state_of(flow_run_id) in _UNDER_WAY:
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
