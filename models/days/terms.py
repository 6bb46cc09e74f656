"""Terms and due dates: how the days of the notice are counted, with an account of every single day.

The day of the event does not count (民法典 art. 201); a last day that is a rest day moves to the next
working day and a day ends at close of business (art. 203).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from models.days.calendar import WorkCalendar, weekday_name


class TermUnit(StrEnum):
    """The two readings of a number of days."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"

    @property
    def label(self) -> str:
        """The Chinese unit as it is printed behind the number."""
        return "个工作日" if self is TermUnit.WORKING_DAYS else "日（自然日，末日遇休息日顺延）"


class Term(BaseModel):
    """A number of days counted from a start event, with the source that a lawyer would ask for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[int, Field(gt=0, le=365, strict=True)]
    unit: TermUnit
    start: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    valid_from: date

    @property
    def label(self) -> str:
        """The term in words, as 3个工作日."""
        return f"{self.value}{self.unit.label}"


@dataclass(frozen=True)
class ExplainedDay:
    """One day after the start event: ``ordinal`` is its number within the term, None if it is not counted."""

    day: date
    ordinal: int | None
    reason: str
    provisional: bool


@dataclass(frozen=True)
class DueDate:
    """The last day of a term, with every day from the start event to it in order."""

    start: date
    term: Term
    day: date
    days: tuple[ExplainedDay, ...]

    @property
    def provisional(self) -> bool:
        """True where a day was counted or skipped without the notice of its year (暂定)."""
        return any(day.provisional for day in self.days)

    @property
    def counted(self) -> int:
        """How many days were counted; always the value of the term."""
        return sum(day.ordinal is not None for day in self.days)


def due_date(start: date, term: Term, calendar: WorkCalendar) -> DueDate:
    """Compute the last day of a term.

    Args:
        start: The day of the event in the office's time zone; it does not count itself.
        term: Working days are counted strictly after the start; calendar days run through and roll
            forward from a rest day.
        calendar: The notices in force.

    Raises:
        CalendarGapError: The term leaves the range of any calendar.

    Source: 通知§12(二)–(四); 民法典 art. 201, 203.
    """
    calendar.status(start)  # the start itself must lie in a year that can be counted
    days: list[ExplainedDay] = []
    ordinal = 0
    day = start
    while ordinal < term.value or not calendar.works(day):
        day += timedelta(days=1)
        status = calendar.status(day)
        counts = ordinal < term.value and (status.works or term.unit is TermUnit.CALENDAR_DAYS)
        ordinal += counts
        reason = status.reason
        if not counts and ordinal == term.value:
            reason += "，顺延至此" if status.works else "，顺延"
        days.append(ExplainedDay(day, ordinal if counts else None, reason, status.provisional))
    return DueDate(start, term, day, tuple(days))


@dataclass(frozen=True)
class Due:
    """A due date in the office's zone, and whether it rests on a year whose notice is not loaded."""

    day: date
    provisional: bool


class DueDates:
    """Due dates without their account, each computed once: a year has few days and a policy few terms."""

    def __init__(self, calendar: WorkCalendar) -> None:
        """Begin with nothing computed."""
        self.calendar = calendar
        self._tables: dict[tuple[int, str], _DueTable] = {}

    def by_start(self, term: Term) -> Mapping[date, Due]:
        """Return the due dates of a term by the day of its start event; see ``due_date``."""
        key = term.value, term.unit.value
        if key not in self._tables:
            self._tables[key] = _DueTable(term, self.calendar)
        return self._tables[key]


class _DueTable(dict[date, Due]):
    """The due dates of one term, computed when they are asked for."""

    def __init__(self, term: Term, calendar: WorkCalendar) -> None:
        """Begin empty."""
        super().__init__()
        self._term, self._calendar = term, calendar

    def __missing__(self, start: date) -> Due:
        """Compute a due date that was not asked for before."""
        due = due_date(start, self._term, self._calendar)
        self[start] = found = Due(due.day, due.provisional)
        return found


def roll_forward(day: date, calendar: WorkCalendar) -> tuple[ExplainedDay, ...]:
    """Return a fixed last day and the days after it up to the working day on which the term ends.

    Raises:
        CalendarGapError: The day leaves the range of any calendar.

    Source: 民法典 art. 203.
    """
    days: list[ExplainedDay] = []
    works = False
    while not works:
        status = calendar.status(day + timedelta(days=len(days)))
        works = status.works
        reason = status.reason + ("，顺延至此" if days and works else "" if works else "，顺延")
        days.append(ExplainedDay(status.day, None, reason, status.provisional))
    return tuple(days)


def deadline(day: date, closes: time, zone: ZoneInfo) -> datetime:
    """Return the moment a due day ends: close of business in the office's zone. Source: 民法典 art. 203."""
    return datetime.combine(day, closes, tzinfo=zone)


def day_label(day: date, *, provisional: bool = False) -> str:
    """Return a date as people read it: 2026-11-27（星期五）, with 暂定 where it is provisional."""
    return f"{day.isoformat()}（{weekday_name(day)}{'，暂定' if provisional else ''}）"


def explanation_lines(due: DueDate) -> list[str]:
    """Return the account of a due date, one line a day, in order."""
    lines = [
        f"起算事件日 {day_label(due.start)}，当日不计入（民法典第二百零一条）",
        f"期限 {due.term.label}，依据：{due.term.source}",
    ]
    for day in due.days:
        count = f"第{day.ordinal}日" if day.ordinal is not None else "不计入"
        lines.append(f"{day_label(day.day, provisional=day.provisional)} {count}：{day.reason}")
    lines.append(f"到期日 {day_label(due.day, provisional=due.provisional)}")
    return lines
