"""Periods as people name them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from models.days.periods import Period, read_period
from models.errors import RuleViolation

HOUMA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("", " ", Period()),
        ("2026-02", "2026-02", Period(date(2026, 2, 1), date(2026, 2, 28))),
        ("2024年2月", "2024/2", Period(date(2024, 2, 1), date(2024, 2, 29))),
        ("2026-11-03", "2026年11月5日", Period(date(2026, 11, 3), date(2026, 11, 5))),
        ("", "2026-12", Period(None, date(2026, 12, 31))),
    ],
)
def test_a_month_is_its_first_day_or_its_last(first: str, last: str, expected: Period) -> None:
    """Depending on which end it names."""
    assert read_period(first, last) == expected


@pytest.mark.parametrize("text", ["2026-13", "2026-0", "十一月", "2026", "1899-01", "9999-12", "2026-02-30"])
def test_what_is_neither_month_nor_day_is_refused(text: str) -> None:
    """With a sentence that tells how to write it."""
    with pytest.raises(RuleViolation, match=text):
        read_period(text, "")


def test_a_period_does_not_end_before_it_begins() -> None:
    """The same day at both ends is a period of a day."""
    with pytest.raises(RuleViolation, match="晚于截止日期"):
        read_period("2026-11", "2026-10")
    assert read_period("2026-11-03", "2026-11-03").label == "2026-11-03 至 2026-11-03"


def test_days_are_those_of_the_office() -> None:
    """The first moment lies in the evening before by universal time; the last day is included."""
    period = read_period("2026-11-03", "2026-11-03")
    assert period.begins_at(HOUMA) == datetime(2026, 11, 2, 16, tzinfo=UTC)
    assert period.ends_before(HOUMA) == datetime(2026, 11, 3, 16, tzinfo=UTC)
    assert (Period().begins_at(HOUMA), Period().ends_before(HOUMA), Period().label) == (None, None, "不限")
