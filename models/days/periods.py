"""Periods of whole days, as people name them: by month or by day, open at either end."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.days.calendar import FIRST_YEAR, LAST_YEAR
from models.days.moments import read_day
from models.errors import RuleViolation

_SEPARATOR = ".."
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?")


@dataclass(frozen=True)
class Period:
    """The days from one to another, both included, in the office's zone; None is without end."""

    first: date | None = None
    last: date | None = None

    def __bool__(self) -> bool:
        """Tell whether it has an end at all."""
        return self.first is not None or self.last is not None

    @property
    def label(self) -> str:
        """The period in words."""
        if not self:
            return "不限"
        return f"{self.first or '最早'} 至 {self.last or '今'}"

    def begins_at(self, zone: ZoneInfo) -> datetime | None:
        """Return its first moment (aware)."""
        return None if self.first is None else datetime.combine(self.first, time.min, zone)

    def ends_before(self, zone: ZoneInfo) -> datetime | None:
        """Return the first moment after it (aware)."""
        return None if self.last is None else datetime.combine(self.last + timedelta(days=1), time.min, zone)


# Every day there is.
ALWAYS = Period()


def read_period(first: str, last: str, what: str = "") -> Period:
    """Read a period from two months or days, as 2026-01 and 2026-11-15; blank is without end.

    Raises:
        RuleViolation: A text is neither month nor day, or the period ends before it begins; ``what`` names
            the field in the sentence.
    """
    begins, ends = _read(first, what or "起始", last=False), _read(last, what or "截止", last=True)
    if begins is not None and ends is not None and begins > ends:
        raise RuleViolation(f"{what}“{begins}..{ends}”的起始日期晚于截止日期，请核对。")
    return Period(begins, ends)


def read_range(text: str, what: str) -> Period:
    """Read a period from one text, as 2026-11-01..2026-11-30, open at one end, or a single day or month.

    Raises:
        RuleViolation: As ``read_period``.
    """
    first, separator, last = (part.strip() for part in text.partition(_SEPARATOR))
    if not first and not last:
        raise RuleViolation(f"{what}“{text.strip()}”无法识别，请写成 2026-11-01..2026-11-30，一端可不写。")
    return read_period(first, last if separator else first, what)


def _read(text: str, what: str, *, last: bool) -> date | None:
    """Return a day, or the first or last one of a month; None for a blank."""
    if not text.strip():
        return None
    found = _MONTH.fullmatch(text.strip())
    month = (int(found[1]), int(found[2])) if found else (0, 0)
    try:
        day = date(*month, monthrange(*month)[1] if last else 1) if found else read_day(text, what)
    except (ValueError, RuleViolation) as error:
        raise RuleViolation(
            f"{what}“{text.strip()}”无法识别，请写成月份 2026-11 或日期 2026-11-27。"
        ) from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise RuleViolation(f"{what}“{text.strip()}”超出{FIRST_YEAR}年至{LAST_YEAR}年，请核对。")
    return day
