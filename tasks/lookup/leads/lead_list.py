"""Lists of leads: the lines of one page, and how many there are. Source: ADR-0017."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import func, select

from models.codes import Outcome, Step
from models.days.calendar import WorkCalendar
from models.lookup.lead_filter import LeadFilter, Page, Sorting
from models.matters.facts import signal
from models.matters.tables import Assignment, Matter
from models.matters.vocabulary import Signal
from models.office.policy import Policy
from tasks.lookup.leads.selection import chosen, owed_by
from tasks.workplace import Workplace, office_of, work_calendar


@dataclass(frozen=True)
class ListedLead:
    """A lead as one line of a list.

    ``step``, ``unit`` (its short name), ``due_on`` and ``signal`` tell what is owed now and are None where
    nothing is: before it is handed to anybody, and once it is closed, when ``signal`` says so.
    """

    number: str
    printed_number: str
    title: str
    outcome: Outcome | None
    step: Step | None
    unit: str | None
    due_on: date | None
    provisional: bool
    signal: Signal | None


@dataclass(frozen=True)
class FoundLeads:
    """The leads of one page in their order, and how many there are on all pages."""

    leads: list[ListedLead]
    total: int


def find_leads(
    place: Workplace, asked: LeadFilter, sorting: Sorting, page: Page, now: datetime
) -> FoundLeads:
    """Find leads.

    Args:
        place: The workplace.
        asked: What is asked of them.
        sorting: Their order.
        page: Which of them are returned; a page behind the last one is empty.
        now: The moment (aware) at which they are near or overdue.
    """
    with place.reading() as session:
        calendar = work_calendar(session)
        office = office_of(session, place)
        keys = chosen(session, asked, place.policy, calendar, now, sorting.key)
        rows = session.execute(_page(keys, sorting, page)).all()
        # Behind the last page there is no row that could tell how many there are.
        total = rows[0].total if rows else session.scalar(select(func.count()).select_from(keys.subquery()))
    units = {unit.code: unit.short_name for unit in office.units}
    return FoundLeads([_listed(row, units, place.policy, calendar, now) for row in rows], total or 0)


def _page(keys: Any, sorting: Sorting, page: Page) -> Any:  # noqa: ANN401 - queries
    """Return the query for the lines of a page, each with the number of lines on all pages.

    What is asked for is computed once, with nothing but keys; the lines are read for the page alone.
    """
    found = keys.cte("found")
    order = _ordered(found, sorting)
    shown = select(found).order_by(*order).offset(page.skipped or None).limit(page.size).subquery("shown")
    return (
        select(  # type: ignore[call-overload]
            select(func.count()).select_from(found).scalar_subquery().label("total"),
            Matter.number, Matter.printed_number, Matter.title, Matter.outcome, Assignment.step,
            Assignment.unit_code, Assignment.due_on, Assignment.due_at, Assignment.provisional,
        )
        .select_from(shown)
        .join(Matter, Matter.id == shown.c.id)
        .join(Assignment, owed_by(shown.c.id), isouter=True)
        .order_by(*_ordered(shown, sorting))
    )  # fmt: skip


def _ordered(lines: Any, sorting: Sorting) -> list[Any]:  # noqa: ANN401 - a selection with the columns id and by
    """Return the order of lines; what has nothing to be put in order by comes last either way."""
    by, then = lines.c.by, lines.c.id
    if sorting.descending:
        return [by.desc().nulls_last(), then.desc()]
    return [by.nulls_last(), then]


def _listed(
    row: Row[Any], units: dict[str, str], policy: Policy, calendar: WorkCalendar, now: datetime
) -> ListedLead:
    """Return a row as a line of the list."""
    light = Signal.CLOSED if row.outcome is not None else None
    if light is None and row.step is not None:
        light = signal(row.due_at, policy.near_from(row.step, row.due_on, calendar), now)
    return ListedLead(
        row.number, row.printed_number, row.title, row.outcome, row.step, units.get(row.unit_code),
        row.due_on, bool(row.provisional), light,
    )  # fmt: skip
