"""Telling the operator, once a day, that running clocks depend on a year whose notice is not loaded."""

from datetime import datetime

from sqlmodel import Session, col, select

from models.days.calendar import WorkCalendar
from models.days.terms import day_label
from models.matters.tables import Assignment, Matter
from models.messages.kinds import MessageKind
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.messages.posting import NewMessage, is_told, message_key, post
from tasks.record.ledger import append_entry
from tasks.turns import TELLING, take_turn
from tasks.workplace import Workplace, office_of, work_calendar

_SHOWN = 20
_KIND = MessageKind.CALENDAR_MISSING


def tell_of_missing_notices(place: Workplace, now: datetime) -> int:
    """Write one message a day to the bureau while open due dates are provisional, in business hours.

    Args:
        place: The workplace.
        now: The moment (aware).

    Returns:
        How many open matters have a provisional due date; 0 where nothing was written.
    """
    with place.writing() as session:
        # Two patrols at once would both find that nobody was told yet.
        take_turn(session, TELLING)
        calendar = work_calendar(session)
        if not place.policy.business_hours.is_open(now, calendar):
            return 0
        owed = _provisional(session)
        office = office_of(session, place)
        key = message_key("calendar", place.policy.day_of(now), _KIND)
        if not owed or is_told(session, key):
            return 0
        years = "、".join(str(year) for year in _years(owed, calendar))
        bureau = office.bureau()
        values = {
            "addressee": bureau.name, "unit": bureau.name, "years": years, "count": len(owed),
            "lines": _lines(owed),
        }  # fmt: skip
        message = NewMessage(_KIND, bureau.code, message_key(key, bureau.code), values)
        post(session, office, [message], now)
        summary = f"提醒导入{years}年放假安排，{len(owed)}件事项的到期日为暂定"
        append_entry(session, "calendar", now, EntryKind.CALENDAR_MISSING, RULE, summary, leads=len(owed))
        return len(owed)


def _provisional(session: Session) -> list[tuple[Assignment, Matter]]:
    """Return the open assignments whose due date is provisional, the nearest first."""
    query = (
        select(Assignment, Matter)
        .join(Matter)
        .where(col(Assignment.answered_at).is_(None), col(Assignment.provisional))
        .order_by(col(Assignment.due_on), col(Assignment.id))
    )
    return list(session.exec(query).all())


def _years(owed: list[tuple[Assignment, Matter]], calendar: WorkCalendar) -> list[int]:
    """Return the years without a notice that the due dates reach into."""
    reached = {year for row, _ in owed for year in range(row.clock_start.year, row.due_on.year + 1)}
    return sorted(year for year in reached if not calendar.covers(year))


def _lines(owed: list[tuple[Assignment, Matter]]) -> list[str]:
    """Return the matters as lines, the first of many."""
    lines = [
        f"{matter.printed_number} {row.step.label} {day_label(row.due_on, provisional=True)}"
        for row, matter in owed[:_SHOWN]
    ]
    more = len(owed) - _SHOWN
    return [*lines, *([f"另有{more}条"] if more > 0 else [])]
