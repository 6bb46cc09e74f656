"""Bringing names, tags and stories of runs up to date where something else than the run moved its matter."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select

from models.matters.tables import Matter
from tasks.lookup.board import board_markdown
from tasks.lookup.stories import Telling, story_key, tell_matter
from tasks.runs.prefect_api import PrefectApi
from tasks.workplace import Workplace

# The key of the artifact that shows the board.
_BOARD = "zero-board"


def refresh_runs(place: Workplace, now: datetime) -> int:
    """Show every matter anew whose run reads differently by now; returns how many.

    Raises:
        StartError: The Prefect server is not reached; what is left is shown by the next patrol.
    """
    query = select(Matter).where(col(Matter.stale_since).is_not(None)).order_by(col(Matter.id))
    with place.reading() as session:
        stale = session.exec(query).all()
    with PrefectApi(place.api) as api:
        for matter in stale:
            if matter.flow_run_id is not None:
                _show(place, api, matter.number, matter.flow_run_id, now)
            _settle(place, matter)
    return len(stale)


def show_board(place: Workplace, now: datetime) -> bool:
    """Publish the zero-clearing board, unless it says what it said before; tells whether it did.

    Raises:
        StartError: The Prefect server is not reached.
    """
    told = board_markdown(place, now)
    with PrefectApi(place.api) as api:
        if api.published(_BOARD) == told:
            return False
        api.publish(_BOARD, told, "清零看板")
    return True


def _show(place: Workplace, api: PrefectApi, number: str, flow_run_id: str, now: datetime) -> None:
    """Show a matter as it is; the run itself may have moved on and shown itself in between."""
    shown: Telling | None = None
    while (told := tell_matter(place, number, now)) != shown:
        api.describe(flow_run_id, told.label.name, told.label.tags)
        api.publish(story_key(number), told.markdown, told.label.title)
        shown = told


def _settle(place: Workplace, matter: Matter) -> None:
    """Note that a matter is shown, unless it was moved again meanwhile."""
    shown = update(Matter).where(col(Matter.id) == matter.id, col(Matter.stale_since) == matter.stale_since)
    with place.writing() as session:
        session.connection().execute(shown.values(stale_since=None))
