"""A second computation of working days and due dates, straight from the published notices.

It shares neither code nor algorithm with ``models``: it writes down every working day of 2018 to 2026
once, in order, and finds a due day by bisection instead of walking from day to day.
"""

import csv
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from pathlib import Path

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NOTICES = SHARED_DATA / "holiday-notices-2018-2026.csv"
FIRST_DAY, LAST_DAY = date(2018, 1, 1), date(2026, 12, 31)


def absence(path: Path) -> str:
    """Return why a test that reads a shared file is skipped."""
    return f"the shared file {path} is absent"


class IndependentCalendar:
    """Every working day from 2018 to 2026 in ascending order."""

    def __init__(self, source: Path = NOTICES) -> None:
        """Read the days that the notices name; all other days follow the week."""
        with source.open(encoding="utf-8", newline="") as lines:
            self.kinds = {date.fromisoformat(row["date"]): row["kind"] for row in csv.DictReader(lines)}
        every_day = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
        weekdays = {day for day in every_day if day.isoweekday() <= 5}
        rest = {day for day, kind in self.kinds.items() if kind == "rest"}
        makeup = {day for day, kind in self.kinds.items() if kind == "work"}
        self.working_days = sorted((weekdays - rest) | makeup)

    def after_working_days(self, start: date, count: int) -> date | None:
        """Return the working day number ``count`` after a day, None where it lies after 2026."""
        place = bisect_right(self.working_days, start) + count - 1
        return self.working_days[place] if place < len(self.working_days) else None

    def after_calendar_days(self, start: date, count: int) -> date | None:
        """Return the first working day at or after start + ``count`` days, None where it lies after 2026."""
        place = bisect_left(self.working_days, start + timedelta(days=count))
        return self.working_days[place] if place < len(self.working_days) else None
