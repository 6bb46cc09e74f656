"""The board: exclusive counts, and a trend that agrees with counting every day by hand."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from models.codes import Step
from models.lookup.board import DayCount, OwedFact, Span, Tally, tallies, total, trend

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 25)
NOON = datetime(2026, 11, 25, 12, tzinfo=SHANGHAI)


def owed(due_on: date, unit: str = "ZJJ", step: Step = Step.VERIFY) -> OwedFact:
    """Return an assignment due at the close of a day, near from the morning of the day before."""
    due_at = datetime(due_on.year, due_on.month, due_on.day, 18, tzinfo=SHANGHAI)
    return OwedFact(unit, step, due_on, due_at, due_at - timedelta(hours=33))


def test_every_assignment_counts_once_by_its_signal() -> None:
    """Yesterday overdue, today due, tomorrow near, next week neither."""
    facts = [owed(TODAY + timedelta(days=n)) for n in (-1, 0, 1, 7)]
    assert tallies(facts, TODAY, NOON) == {("ZJJ", Step.VERIFY): Tally(4, 1, 1, 1)}


def test_assignments_that_are_alike_are_counted_together() -> None:
    """As the database gives them."""
    many = replace(owed(TODAY), count=1000)
    assert tallies([many, owed(TODAY)], TODAY, NOON) == {("ZJJ", Step.VERIFY): Tally(1001, 1001, 0, 0)}


def test_what_was_due_today_is_overdue_after_closing() -> None:
    """And not due today any more."""
    evening = NOON + timedelta(hours=7)
    assert tallies([owed(TODAY)], TODAY, evening) == {("ZJJ", Step.VERIFY): Tally(1, 0, 0, 1)}


def test_units_and_steps_are_counted_apart_and_add_up() -> None:
    """The sum of the rows is the total."""
    facts = [
        owed(TODAY),
        owed(TODAY, "JTJ"),
        owed(TODAY, "JTJ", Step.RECTIFY),
        owed(TODAY - timedelta(days=3)),
    ]
    found = tallies(facts, TODAY, NOON)
    assert found == {
        ("ZJJ", Step.VERIFY): Tally(2, 1, 0, 1),
        ("JTJ", Step.VERIFY): Tally(1, 1, 0, 0),
        ("JTJ", Step.RECTIFY): Tally(1, 1, 0, 0),
    }
    assert total(found.values()) == Tally(4, 3, 0, 1)
    assert total([]) == Tally()


def test_the_trend_counts_the_end_of_each_day() -> None:
    """A lead counts on the day it is registered and no more on the day it is closed."""
    monday = date(2026, 11, 23)
    days = trend(
        {(monday, None): 1, (monday, monday + timedelta(days=2)): 1, (monday - timedelta(days=90), None): 1},
        {(monday + timedelta(days=1), monday + timedelta(days=2)): 1},
        monday,
        monday + timedelta(days=3),
    )
    assert [(day.open, day.overdue) for day in days] == [(3, 0), (3, 1), (2, 0), (2, 0)]
    assert days[0].day == monday


SPANS = st.lists(st.tuples(st.integers(-20, 40), st.one_of(st.none(), st.integers(-20, 60))))


@given(opened=SPANS, overdue=SPANS, length=st.integers(1, 35))
def test_the_trend_agrees_with_counting_by_hand(
    opened: list[tuple[int, int | None]], overdue: list[tuple[int, int | None]], length: int
) -> None:
    """Whatever lies before, within or after the days that are shown."""
    first = TODAY

    def day(number: int | None) -> date | None:
        return None if number is None else first + timedelta(days=number)

    def covering(spans: list[tuple[int, int | None]], number: int) -> int:
        return sum(begin <= number and (end is None or number < end) for begin, end in spans)

    def dated(spans: list[tuple[int, int | None]]) -> Counter[Span]:
        return Counter((first + timedelta(days=begin), day(end)) for begin, end in spans)

    found = trend(dated(opened), dated(overdue), first, first + timedelta(days=length - 1))
    assert found == [
        DayCount(first + timedelta(days=n), covering(opened, n), covering(overdue, n)) for n in range(length)
    ]
