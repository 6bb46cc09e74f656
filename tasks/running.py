"""Keeping every open lead carried by one live run, and waking the run when there is something to do."""

import time
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

# A run in one of these states reads the facts anew by itself.
_UNDER_WAY = ("SCHEDULED", "PENDING")
# How long to wait for a run that is still leaving its last step, in seconds.
_WAITS = (0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 1.5)


@dataclass
class Roused:
    """Which leads got their run, got another one for a lost one, or were woken; by lead number in order."""

    started: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class OpenLead:
    """An open lead, its run, and whether its next step waits for nobody."""

    number: str
    flow_run_id: str | None
    can_go_on: bool


def start_run(place: Workplace, api: PrefectApi, number: str) -> None:
    """Give a lead its run, once.

    Raises:
        StartError: The Prefect server is not reached.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
    if matter.flow_run_id is None:
        adopt_run(
            place, number, api.start_handling(matter.number, f"{matter.printed_number} · 派发", "first")
        )


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
    """Start the runs that were never started, replace those that are gone, wake those that can go on.

    This makes up for a server that was down or lost its database, for a run that was cancelled or
    deleted by hand, and it is how a receipt comes to be deemed: nobody answers, only time passes.

    Raises:
        StartError: The Prefect server is not reached.
    """
    roused = Roused()
    leads = open_leads(place, now)
    with PrefectApi(place.api_url) as api:
        states = api.states_of([lead.flow_run_id for lead in leads if lead.flow_run_id])
        for lead in leads:
            if lead.flow_run_id is None:
                start_run(place, api, lead.number)
                roused.started.append(lead.number)
            elif states.get(lead.flow_run_id, ENDED[0]) in ENDED:
                _replace_run(place, api, lead, now)
                roused.replaced.append(lead.number)
            elif lead.can_go_on and api.wake(lead.flow_run_id):
                roused.woken.append(lead.number)
    return roused


def _replace_run(place: Workplace, api: PrefectApi, lead: OpenLead, now: datetime) -> None:
    """Let a new run carry a lead whose run is gone; the facts tell it where to go on."""
    with place.reading() as session:
        name = f"{find_matter(session, lead.number).printed_number} · 接续"
    new = api.start_handling(lead.number, name, lead.flow_run_id or "first")
    with place.writing() as session:
        matter = find_matter(session, lead.number, for_change=True)
        if matter.flow_run_id != lead.flow_run_id:
            return
        matter.flow_run_id = new
        session.add(matter)
        append_entry(
            session, lead.number, now, "run_replaced", "规则", "承办运行已失效，由新的运行接续",
            before=lead.flow_run_id, after=new,
        )  # fmt: skip


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
