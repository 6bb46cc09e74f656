"""Giving every matter its run, and waking the run when there is something to do."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime

from sqlmodel import col, select

from models.errors import StartError
from models.matters.facts import Await
from models.matters.tables import Matter
from tasks.conduct.steps import peek_step
from tasks.matters.reading import find_matter, parts_of
from tasks.runs.prefect_api import PrefectApi
from tasks.workplace import Workplace

logger = logging.getLogger(__name__)

# A run in one of these states reads the facts anew by itself.
_UNDER_WAY = ("SCHEDULED", "PENDING")
# How long to wait for a run that is still leaving its last step, in seconds.
_WAITS = (0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 1.5)


def start_run(place: Workplace, api: PrefectApi, number: str) -> str:
    """Give a matter that has none its run; returns the run that carries it.

    Raises:
        StartError: The Prefect server is not reached.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
    if matter.flow_run_id is not None:
        return matter.flow_run_id
    started = api.start_carrying(matter.number, f"{matter.printed_number} · 派发")
    return adopt_run(place, number, started)


def start_runs(place: Workplace, numbers: Iterable[str]) -> None:
    """Give each of these matters its run, unless it has one.

    Raises:
        StartError: The Prefect server is not reached; the patrol makes up for the rest.
    """
    with PrefectApi(place.api) as api:
        for number in numbers:
            start_run(place, api, number)


def start_parts(place: Workplace, number: str) -> None:
    """Give the parts of a matter their runs; what keeps one from it is made up for by the reconciler."""
    with place.reading() as session:
        parts = parts_of(session, find_matter(session, number))
    try:
        start_runs(place, [part.number for part in parts if part.flow_run_id is None])
    except StartError as error:
        logger.warning("%s 的分件尚未全部启动：%s", number, error)


def wake_parent(place: Workplace, number: str, now: datetime) -> None:
    """Let the matter go on that waited for a part, where nobody owes an answer there any more.

    What keeps it from going on is made up for by the reconciler.
    """
    with place.reading() as session:
        part = find_matter(session, number)
        if part.parent_id is None:
            return
        waiting = session.get_one(Matter, part.parent_id).number
    try:
        wake_matter(place, waiting, now)
    except StartError as error:
        logger.warning("%s 暂未继续：%s", waiting, error)


def adopt_run(place: Workplace, number: str, flow_run_id: str) -> str:
    """Let a run carry a matter, unless another one carries it already; returns the one that does."""
    with place.reading() as session:
        carrier = find_matter(session, number).flow_run_id
    if carrier is not None:
        return carrier
    with place.writing() as session:
        matter = find_matter(session, number, for_change=True)
        matter.flow_run_id = matter.flow_run_id or flow_run_id
        session.add(matter)
        return matter.flow_run_id


def wake_ended(place: Workplace, since: datetime, but: str = "") -> str:
    """Let the runs of what was closed from outside come to their end.

    Args:
        place: The workplace.
        since: When what closed it began (aware).
        but: A matter that closed by itself.

    Returns:
        Blank, or why it was not possible; the reconciler makes up for it.
    """
    with place.reading() as session:
        closed = select(Matter.flow_run_id).where(col(Matter.closed_at) >= since, Matter.number != but)
        carriers = [each for each in session.exec(closed.order_by(col(Matter.id))) if each is not None]
    if not carriers:
        return ""
    try:
        with PrefectApi(place.api) as api:
            api.wake_all(carriers)
    except StartError as error:
        logger.warning("无需再办的事项暂未结束：%s", error)
        return str(error)
    return ""


def wake_matter(place: Workplace, number: str, now: datetime) -> None:
    """Let the run of a matter go on after an answer, or start the run it still lacks.

    A run that has not quite left its last step is given a few seconds.

    Raises:
        StartError: The Prefect server is not reached, or the run has ended; the reconciler makes up for it.
    """
    with PrefectApi(place.api) as api:
        for pause in (*_WAITS, None):
            step = peek_step(place, number, now)
            if isinstance(step, Await) or step is None:
                return
            carrier = start_run(place, api, number)
            if api.wake(carrier) or api.state_of(carrier) in _UNDER_WAY:
                return
            if pause is not None:
                time.sleep(pause)
    raise StartError("该事项的承办流程暂未继续，巡查时将自动处理。")
