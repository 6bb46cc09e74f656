"""The zero-clearing board: how many matters are open, due and overdue, by whom and at which step, day by day.

Source: 通知§12(一): 以问题案例动态清零为目标.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from models.codes import Step
from models.matters.facts import signal
from models.matters.vocabulary import Signal


@dataclass(frozen=True)
class OwedFact:
    """Open assignments that are alike: ``count`` of them, of one authority, step and due date.

    ``near_from`` and ``due_at`` are aware moments, ``due_on`` is the office's day.
    """

    authority: str
    step: Step
    due_on: date
    due_at: datetime
    near_from: datetime
    count: int = 1


@dataclass(frozen=True)
class Tally:
    """How many assignments are open, and of these due today, near and overdue; the three may not overlap.

    What is due today counts as that and not as near as well.
    """

    open: int = 0
    due_today: int = 0
    near: int = 0
    overdue: int = 0

    def plus(self, owed: OwedFact, today: date, now: datetime) -> "Tally":
        """Return the tally with some more assignments."""
        light = signal(owed.due_at, owed.near_from, now)
        due_today = light is not Signal.OVERDUE and owed.due_on == today
        return Tally(
            self.open + owed.count,
            self.due_today + owed.count * due_today,
            self.near + owed.count * (light is Signal.NEAR and not due_today),
            self.overdue + owed.count * (light is Signal.OVERDUE),
        )


@dataclass(frozen=True)
class DayCount:
    """The matters open and the assignments overdue at the end of a day."""

    day: date
    open: int
    overdue: int


# The first day on which something counts and the first on which it does not any more, None while it does.
Span = tuple[date, date | None]


def tallies(owed: Iterable[OwedFact], today: date, now: datetime) -> dict[tuple[str, Step], Tally]:
    """Count open assignments by authority and step, in the order of their first appearance."""
    found: dict[tuple[str, Step], Tally] = {}
    for each in owed:
        key = each.authority, each.step
        found[key] = found.get(key, Tally()).plus(each, today, now)
    return found


def total(parts: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    rows = [(part.open, part.due_today, part.near, part.overdue) for part in parts]
    return Tally(*map(sum, zip(*rows, strict=True))) if rows else Tally()


def trend(opened: Mapping[Span, int], overdue: Mapping[Span, int], first: date, last: date) -> list[DayCount]:
    """Return the counts at the end of each day from one day to another, both included.

    Args:
        opened: How many matters were registered on one day and closed on another.
        overdue: How many assignments that were answered late or not at all have a due day and one of answer.
        first: The first day.
        last: The last day.
    """
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    counts = zip(_running(opened, first, len(days)), _running(overdue, first, len(days)), strict=True)
    return [DayCount(day, *both) for day, both in zip(days, counts, strict=True)]


def _running(spans: Mapping[Span, int], first: date, length: int) -> list[int]:
    """Return how many spans cover each day."""
    steps = [0] * (length + 1)
    for (begin, end), count in spans.items():
        from_day = max(0, (begin - first).days)
        to_day = length if end is None else min(length, (end - first).days)
        if from_day < to_day:
            steps[from_day] += count
            steps[to_day] -= count
    return list(accumulate(steps))[:length]
