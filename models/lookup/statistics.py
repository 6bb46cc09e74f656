"""Statistics of the handling: on-time rates, working days used, extensions, returns and escalations.

Every assignment counts once, one after a return as another one, in the month of its due date in force. What
is still running is in no denominator; what is overdue without an answer counts as not in time, and so does
a receipt that nobody signed, which is shown apart. Source: 通知§12; house rule, ADR-0018.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import NamedTuple

from models.codes import Outcome, Step
from models.days.calendar import WorkCalendar
from models.labels import Labelled
from models.ladder.vocabulary import Rung
from models.matters.kinds import Kinds
from models.matters.timeliness import Timeliness
from models.office.vocabulary import Role

# What a competent authority answers for: transfer, review and rulings are owed by others.
_UNDER_AUTHORITY = (Role.AUTHORITY, Role.RESPONSIBLE)
_STEPS = {step: place for place, step in enumerate(Step)}


class Dimension(Labelled):
    """By what the figures are told apart."""

    UNIT = "unit", "单位"
    STEP = "step", "环节"
    MONTH = "month", "月份"
    AUTHORITY = "authority", "主管单位"


class Place(NamedTuple):
    """Where a figure belongs: who owed what, under which authority (its code), in which month (2026-11)."""

    unit: str
    step: Step
    month: str
    authority: str


@dataclass
class Tally:
    """What was counted at one place, or at several together.

    Attributes:
        timeliness: How many assignments stand how.
        days: How many answers took how many working days from the start of their clock.
        asked: Requests for an extension, of them ``granted`` and ``refused``; the rest waits or fell away.
        granted: Of these, how many were granted.
        refused: Of these, how many were refused.
        returns: How many answers were returned.
        rungs: How often each rung went out.
        relapses: How often what was closed came back.
    """

    timeliness: Counter[Timeliness] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)
    asked: int = 0
    granted: int = 0
    refused: int = 0
    returns: int = 0
    rungs: Counter[Rung] = field(default_factory=Counter)
    relapses: int = 0

    def add(self, other: "Tally") -> None:
        """Add what was counted elsewhere."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def on_time(self) -> int:
        """How many were answered in time: the numerator of the rate."""
        return self.timeliness[Timeliness.ON_TIME]

    @property
    def due(self) -> int:
        """How many were answered or should have been: the denominator of the rate."""
        kinds = (Timeliness.ON_TIME, Timeliness.LATE, Timeliness.UNANSWERED, Timeliness.DEEMED)
        return sum(self.timeliness[kind] for kind in kinds)

    @property
    def rate(self) -> float | None:
        """The share that was answered in time, from 0 to 1; None where nothing was due."""
        return self.on_time / self.due if self.due else None

    @property
    def median_days(self) -> float | None:
        """The median of the working days used; None where nobody answered."""
        count = self.days.total()
        if not count:
            return None
        return (self._nth((count - 1) // 2) + self._nth(count // 2)) / 2

    @property
    def longest_days(self) -> int | None:
        """The most working days that were used; None where nobody answered."""
        return max(self.days, default=None)

    def _nth(self, position: int) -> int:
        """Return the n-th of the days in their order, from 0."""
        passed = 0
        for days in sorted(self.days):
            passed += self.days[days]
            if passed > position:
                break
        return days


def together(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole


class Statistics:
    """Figures by unit, step, month and authority, to be looked at by any of them."""

    def __init__(self, kinds: Kinds) -> None:
        """Begin with nothing counted; the duties of all kinds tell what an authority answers for."""
        self._tallies: dict[Place, Tally] = {}
        self._under_authority = {duty.step for duty in kinds.duties if duty.owed_by in _UNDER_AUTHORITY}

    def at(self, place: Place) -> Tally:
        """Return what is counted at a place, to be counted on."""
        return self._tallies.setdefault(place, Tally())

    def count_assignment(self, place: Place, stands: Timeliness, days: int) -> None:
        """Count one assignment; ``days`` are the working days used, told only where a unit answered."""
        tally = self.at(place)
        tally.timeliness[stands] += 1
        if stands in (Timeliness.ON_TIME, Timeliness.LATE):
            tally.days[days] += 1

    def count_extension(self, place: Place, outcome: Outcome | None) -> None:
        """Count one request for an extension. Source: 通知§12(四)."""
        tally = self.at(place)
        tally.asked += 1
        tally.granted += outcome is Outcome.EXTENDED
        tally.refused += outcome is Outcome.NOT_EXTENDED

    def by(self, dimensions: Sequence[Dimension]) -> dict[tuple[str, ...], Tally]:
        """Return the figures by some dimensions, each as its code, in order.

        By authority only what an authority or its responsible unit owes is counted: nobody is to answer for
        how long the bureau takes.
        """
        under = Dimension.AUTHORITY in dimensions
        found: dict[tuple[str, ...], Tally] = {}
        for place in sorted(self._tallies, key=_sorting(dimensions)):
            if not under or place.step in self._under_authority:
                key = tuple(str(getattr(place, dimension.value)) for dimension in dimensions)
                found.setdefault(key, Tally()).add(self._tallies[place])
        return found


def _sorting(dimensions: Sequence[Dimension]) -> Callable[[Place], tuple[object, ...]]:
    """Return how places are ordered by dimensions: steps as they follow each other, the rest as text."""
    return lambda place: tuple(
        _STEPS[place.step] if dimension is Dimension.STEP else getattr(place, dimension.value)
        for dimension in dimensions
    )


class DaysUsed:
    """Working days between two days, each pair counted once: answers are many, days are few."""

    def __init__(self, calendar: WorkCalendar) -> None:
        """Count by a calendar."""
        self._calendar = calendar
        self._known: dict[tuple[date, date], int] = {}

    def between(self, start: date, end: date) -> int:
        """Return how many working days lie after one day up to and including another.

        The day of the event does not count, make-up workdays do. Source: 民法典 art. 201; ADR-0004.
        """
        pair = start, end
        if pair not in self._known:
            self._known[pair] = self._calendar.working_days(start, end)
        return self._known[pair]


def month_of(day: date) -> str:
    """Return the month of a day, as 2026-11."""
    return day.isoformat()[:7]
