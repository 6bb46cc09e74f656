"""Keeping every open lead carried by a run, and waking the run when there is something to do."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from models.errors import StartError
from models.lifecycle import Await, next_step
from models.tables import Assignment, Matter
from models.vocabulary import Step
from tasks.matters import facts_of, find_matter, read_file
from tasks.prefect_api import PrefectApi
from tasks.workplace import Workplace, register_of


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

    Raises:
        StartError: The Prefect server is not reached; the patrol makes up for it.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
        facts = facts_of(read_file(session, matter), register_of(session, place.policy))
    if isinstance(next_step(facts, now), Await):
        return
    with PrefectApi(place.api_url) as api:
        if matter.flow_run_id is None:
            start_run(place, api, number)
        elif not api.wake(matter.flow_run_id):
            raise StartError("该线索的运行尚未就绪，巡查时将自动继续。")
