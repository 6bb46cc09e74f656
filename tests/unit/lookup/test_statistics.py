"""Statistics: what counts as in time, what is in the denominator, and how figures are told apart."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deployments.mechanisms import KINDS
from models.codes import Outcome, Step
from models.days.calendar import published_calendar
from models.ladder.vocabulary import Rung
from models.lookup.statistics import DaysUsed, Dimension, Place, Statistics, Tally, together
from models.matters.facts import DEEMED
from models.matters.timeliness import Timeliness, timeliness

DUE = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("answered_at", "decision", "now", "expected"),
    [
        (None, None, DUE, Timeliness.RUNNING),
        (None, None, DUE + SECOND, Timeliness.UNANSWERED),
        (DUE, "", DUE + SECOND, Timeliness.ON_TIME),
        (DUE + SECOND, "", DUE + SECOND, Timeliness.LATE),
        (DUE + SECOND, DEEMED, DUE + SECOND, Timeliness.DEEMED),
        (DUE + SECOND, None, DUE + SECOND, Timeliness.MOOT),
    ],
)
def test_the_last_moment_of_the_due_date_is_in_time(
    answered_at: datetime | None, decision: str | None, now: datetime, expected: Timeliness
) -> None:
    """A second later is late; what nobody signed is neither, and what was dropped is owed no more."""
    assert timeliness(DUE, answered_at, decision, now) is expected


def test_the_denominator_is_what_was_answered_or_should_have_been() -> None:
    """Running and dropped assignments are in neither figure; a deemed receipt is not in time."""
    tally = Tally()
    for stands, count in zip(Timeliness, (4, 2, 1, 1, 8, 16), strict=True):
        tally.timeliness[stands] = count
    assert (tally.on_time, tally.due, tally.rate) == (4, 8, 0.5)
    assert Tally().rate is None, "nothing due is no rate, and not a bad one"


@pytest.mark.parametrize(
    ("days", "median", "longest"),
    [([], None, None), ([3], 3, 3), ([1, 9], 5, 9), ([0, 1, 1, 7], 1, 7), ([2, 2, 3, 9, 30], 3, 30)],
)
def test_median_and_longest_of_the_days_used(days: list[int], median: float, longest: int) -> None:
    """The median of an even number lies in between."""
    statistics = Statistics(KINDS)
    place = Place("ZJJ", Step.VERIFY, "2026-11", "ZJJ")
    for used in days:
        statistics.count_assignment(place, Timeliness.LATE, used)
    tally = statistics.at(place)
    assert (tally.median_days, tally.longest_days) == (median, longest)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(2026, 9, 18), date(2026, 9, 20), 1),  # a Sunday that was worked
        (date(2026, 9, 18), date(2026, 9, 19), 0),  # a plain Saturday
        (date(2026, 9, 30), date(2026, 10, 9), 2),  # National Day lies in between
        (date(2026, 11, 23), date(2026, 11, 23), 0),  # the day of the event does not count
    ],
)
def test_make_up_workdays_count_as_used(start: date, end: date, expected: int) -> None:
    """Days are counted by the notices of the State Council. Source: ADR-0004."""
    days = DaysUsed(published_calendar())
    assert [days.between(start, end) for _ in range(2)] == [expected, expected]


def test_only_who_answers_is_counted_with_days() -> None:
    """A deemed receipt took nobody any days."""
    statistics = Statistics(KINDS)
    place = Place("ZJJ", Step.RECEIPT, "2026-11", "ZJJ")
    statistics.count_assignment(place, Timeliness.DEEMED, 9)
    assert statistics.at(place).longest_days is None


def test_figures_by_step_stand_in_the_order_of_the_steps() -> None:
    """Not in that of their codes; months and units are in that of theirs."""
    statistics = Statistics(KINDS)
    for step in (Step.REVIEW, Step.RECTIFY, Step.TRANSFER):
        for month in ("2026-12", "2026-02"):
            statistics.at(Place("ZJJ", step, month, "ZJJ")).returns += 1
    found = statistics.by((Dimension.STEP, Dimension.MONTH))
    assert [key[0] for key in found][::2] == ["transfer", "rectify", "review"]
    assert [key[1] for key in found] == ["2026-02", "2026-12"] * 3


def test_an_authority_does_not_answer_for_the_bureau() -> None:
    """By authority only receipt, verification and rectification count."""
    statistics = Statistics(KINDS)
    for step in Step:
        statistics.count_assignment(Place("FGJ", step, "2026-11", "ZJJ"), Timeliness.LATE, 1)
    ((key, tally),) = statistics.by((Dimension.AUTHORITY,)).items()
    assert (key, tally.due) == (("ZJJ",), 3)
    assert together(statistics.by((Dimension.STEP,)).values()).due == len(Step)


def test_sums_leave_their_parts_alone() -> None:
    """What was added to a sum is not changed by it."""
    statistics = Statistics(KINDS)
    place = Place("ZJJ", Step.RECTIFY, "2026-11", "ZJJ")
    for outcome in (None, Outcome.EXTENDED, Outcome.NOT_EXTENDED, Outcome.MOOT):
        statistics.count_extension(place, outcome)
    statistics.at(place).rungs[Rung.URGE] += 2
    for _ in range(2):
        (tally,) = statistics.by((Dimension.UNIT,)).values()
        assert (tally.asked, tally.granted, tally.refused, tally.rungs[Rung.URGE]) == (4, 1, 1, 2)
