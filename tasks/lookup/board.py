"""The zero-clearing board, counted by the database. Source: 通知§12(一)."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypedDict

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from models.codes import CALLED_OFF, Step
from models.days.calendar import WorkCalendar
from models.lookup.board import OwedFact, Span, Tally, tallies, total, trend
from models.matters.facts import REDIRECTED
from models.matters.tables import Answer, Assignment, Matter
from models.office.policy import Policy
from notifications.tables.charts import draw_trend
from notifications.texts.rendering import render_page
from tasks.matters.reading import OWED, STANDING
from tasks.workplace import Workplace, office_of, work_calendar

# How many days the trend goes back, today included.
TREND_DAYS = 30


class BoardRow(TypedDict):
    """What is owed under one authority at one step."""

    authority: str
    step: str
    open: int
    due_today: int
    near: int
    overdue: int


class BoardDay(TypedDict):
    """The counts at the end of a day."""

    day: str
    open: int
    overdue: int


class Board(TypedDict):
    """The board as plain values: what is open, of it what is due, by authority and step, and day by day."""

    open: int
    due_today: int
    near: int
    overdue: int
    closed_on_time: int
    closed_late: int
    rows: list[BoardRow]
    trend: list[BoardDay]


def read_board(place: Workplace, now: datetime) -> Board:
    """Return the board as plain values, the same for a terminal, an artifact and JSON.

    Args:
        place: The workplace.
        now: The moment (aware).

    Returns:
        ``open`` matters that stand by themselves, and answers to them and to their shares that are
        ``due_today``, ``near`` and ``overdue``; the same by authority (or unit) and step in ``rows``;
        ``closed_on_time`` and ``closed_late``; and in ``trend`` the open matters and overdue assignments at
        the end of each day.
    """
    today = place.policy.day_of(now)
    with place.reading() as session:
        office = office_of(session, place)
        owed = owed_facts(session, place.policy, work_calendar(session))
        # What an abolished authority was handed counts for its successor.
        owed = [replace(fact, authority=office.heir(fact.authority).code) for fact in owed]
        counted = tallies(owed, today, now)
        closed, closed_late = _closed(session)
        days = _trend(session, place.policy, today, now)
        open_matters = session.exec(select(func.count()).where(STANDING, col(Matter.outcome).is_(None))).one()
    sums = total(counted.values())
    return Board(
        open=open_matters, due_today=sums.due_today, near=sums.near, overdue=sums.overdue,
        closed_on_time=closed - closed_late, closed_late=closed_late, trend=days,
        rows=[_row(office.stored(code).name, step, tally) for (code, step), tally in counted.items()],
    )  # fmt: skip


def board_markdown(place: Workplace, now: datetime) -> str:
    """Return the board as Markdown with a chart, for an artifact; alike as long as nothing changed."""
    board = read_board(place, now)
    days = [(day["day"][5:], day["open"], day["overdue"]) for day in board["trend"]]
    return render_page("board.md", {**board, "days": TREND_DAYS, "chart": draw_trend(days)})


def _row(authority: str, step: Step, tally: Tally) -> BoardRow:
    """Return a tally as a row."""
    return BoardRow(
        authority=authority, step=step.label, open=tally.open, due_today=tally.due_today, near=tally.near,
        overdue=tally.overdue,
    )  # fmt: skip


def transferred() -> Any:  # noqa: ANN401 - a selection
    """Return the authority a matter was handed to last as ``authority``, by its ``matter_id``."""
    later = aliased(Assignment)
    handed: Any = select(Assignment.matter_id, col(Assignment.unit_code).label("authority"))
    anew = select(later.id).where(
        later.matter_id == Assignment.matter_id, later.step == Step.RECEIPT, later.round > Assignment.round
    )
    return handed.where(col(Assignment.step) == Step.RECEIPT, ~anew.exists()).subquery()


def owed_facts(session: Session, policy: Policy, calendar: WorkCalendar) -> list[OwedFact]:
    """Return what is owed, by authority in the order of its code, step and due date."""
    transfer = transferred()
    authority = func.coalesce(transfer.c.authority, Assignment.unit_code)
    grouped = (authority, col(Assignment.step), col(Assignment.due_on), col(Assignment.due_at))
    query = (
        select(*grouped, func.count())  # type: ignore[call-overload]
        .join(Matter)
        .outerjoin(transfer, transfer.c.matter_id == Matter.id)
        .where(col(Assignment.answered_at).is_(None), OWED)
        .group_by(*grouped)
    )
    facts = [
        OwedFact(code, step, due_on, due_at, policy.near_from(step, due_on, calendar), count)
        for code, step, due_on, due_at, count in session.exec(query)
    ]
    order = list(Step)
    return sorted(facts, key=lambda fact: (fact.authority, order.index(fact.step)))


def _closed(session: Session) -> tuple[int, int]:
    """Return how many matters were closed, and how many of them with a step that was late."""
    late = select(func.coalesce(Matter.root_id, Matter.id)).join(Assignment).join(Answer)
    late = late.where(OWED, col(Assignment.answered_at) > Assignment.due_at, Answer.decision != REDIRECTED)
    closed = select(func.count()).where(STANDING, col(Matter.outcome).is_not(None))
    # What was called off was never handled to its end.
    closed = closed.where(col(Matter.outcome).not_in(CALLED_OFF))
    counted = session.exec(closed).one()
    counted_late = session.exec(closed.where(col(Matter.id).in_(late))).one()
    return counted, counted_late


def _trend(session: Session, policy: Policy, today: date, now: datetime) -> list[BoardDay]:
    """Return the last days; what began before them and goes on is only counted."""
    first = today - timedelta(days=TREND_DAYS - 1)
    start = datetime.combine(first, time.min, tzinfo=policy.business_hours.zone)
    opened, overdue = _opened(session, policy, start), _overdue(session, policy, start, now)
    before = first - timedelta(days=1), None
    opened[before] += session.exec(
        select(func.count()).where(STANDING, col(Matter.closed_at).is_(None), col(Matter.created_at) < start)
    ).one()
    overdue[before] += session.exec(
        select(func.count())
        .select_from(Assignment)
        .join(Matter)
        .where(OWED, col(Assignment.answered_at).is_(None))
        .where(col(Assignment.due_at) < start)
    ).one()
    days = trend(opened, overdue, first, today)
    return [BoardDay(day=each.day.isoformat(), open=each.open, overdue=each.overdue) for each in days]


def _opened(session: Session, policy: Policy, start: datetime) -> Counter[Span]:
    """Return the days of registration and closure of matters with one of them in the period."""
    query = select(Matter.created_at, Matter.closed_at).where(
        STANDING,
        or_(col(Matter.closed_at) >= start, col(Matter.created_at) >= start),
    )
    return Counter(_span(policy, created, closed) for created, closed in session.exec(query))


def _overdue(session: Session, policy: Policy, start: datetime, now: datetime) -> Counter[Span]:
    """Return the due days and days of answer of what was answered late, or is not, in the period."""
    late = or_(
        col(Assignment.answered_at).is_(None)
        & (col(Assignment.due_at) >= start)
        & (col(Assignment.due_at) < now),
        (col(Assignment.answered_at) >= start) & (col(Assignment.answered_at) > Assignment.due_at),
    )
    query = select(Assignment.due_at, Assignment.answered_at).join(Matter)
    found = session.exec(query.where(OWED, late))
    return Counter(_span(policy, due, answered) for due, answered in found)


def _span(policy: Policy, begin: datetime, end: datetime | None) -> Span:
    """Return two moments as days of the office."""
    return policy.day_of(begin), policy.day_of(end) if end is not None else None
