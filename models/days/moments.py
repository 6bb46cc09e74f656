"""Dates and times as people type them, in the office's own time."""

import re
from datetime import date, datetime, time

from models.days.calendar import FIRST_YEAR, LAST_YEAR
from models.days.hours import BusinessHours
from models.errors import RuleViolation

_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s]*(.+))?")


def read_day(text: str, what: str) -> date:
    """Read a day, as 2026-11-03, 2026/11/3 or 2026年11月3日.

    Raises:
        RuleViolation: The text is no day; ``what`` names the field in the sentence.
    """
    found = _DAY.fullmatch(text.strip())
    if found is not None and not found[4]:
        try:
            return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            found = None
    raise RuleViolation(f"{what}“{text.strip()}”无法识别，请写成 2026-11-27。")


def read_moment(
    text: str, what: str, hours: BusinessHours, *, not_before: datetime | None, now: datetime
) -> datetime:
    """Read a moment (aware); without a zone it is the office's own time.

    A bare day is taken as the opening of that day, but neither before ``not_before`` nor after ``now``
    where it is the day of one of them: the clocks that start from it only count whole days.

    Raises:
        RuleViolation: The text is no day and no time; ``what`` names the field in the sentence.
    """
    found = _DAY.fullmatch(text.strip())
    # A text of another shape is read as year 0, which no calendar has.
    year, month, day_of_month, rest = found.groups() if found else ("0", "0", "0", "")
    try:
        day = date(int(year), int(month), int(day_of_month))
        clock = time.fromisoformat(_padded(rest.strip())) if rest else time()
    except ValueError as error:
        raise RuleViolation(
            f"{what}“{text.strip()}”无法识别，请写成 2026-11-27 或 2026-11-27 15:30。"
        ) from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise RuleViolation(f"{what}“{text.strip()}”超出{FIRST_YEAR}年至{LAST_YEAR}年，请核对。")
    moment = datetime.combine(day, clock, tzinfo=clock.tzinfo or hours.zone)
    return at_opening(moment, hours, not_before=not_before, now=now) if clock == time() else moment


def _padded(clock: str) -> str:
    """Return a time with two digits for the hour: office programs write 9:30."""
    return f"0{clock}" if clock[1:2] == ":" else clock


def at_opening(
    midnight: datetime, hours: BusinessHours, *, not_before: datetime | None, now: datetime
) -> datetime:
    """Return the moment a bare day stands for; see ``read_moment``."""
    day = hours.local(midnight).date()
    moment = datetime.combine(day, hours.opens, tzinfo=hours.zone)
    if not_before is not None and hours.local(not_before).date() == day:
        moment = max(moment, not_before)
    return min(moment, now) if hours.local(now).date() == day else moment
