"""What is asked of leads, as people type it: days, pages, words."""

from datetime import date

import pytest

from models.codes import Step
from models.days.periods import Period, read_range
from models.errors import RuleViolation
from models.lookup.lead_filter import LeadFilter, Page, Status
from models.matters.vocabulary import Signal

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("2026-11-01..2026-11-30", Period(FIRST, LAST)),
        (" 2026/11/1 .. 2026年11月30日 ", Period(FIRST, LAST)),
        ("2026-11-01..", Period(FIRST, None)),
        ("..2026-11-30", Period(None, LAST)),
        ("2026-11-01", Period(FIRST, FIRST)),
    ],
)
def test_days_are_read(typed: str, days: Period) -> None:
    """From one day to another, open at one end, or a single day."""
    assert read_range(typed, "收到日期") == days


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("..", "一端可不写"),
        ("", "一端可不写"),
        ("2026-11-30..2026-11-01", "晚于截止日期"),
        ("2026-11-31..", "无法识别"),
        ("昨天", "无法识别"),
        ("0001-01-01..", "超出2004年至2099年"),
        ("..9999-12-31", "超出2004年至2099年"),
    ],
)
def test_days_that_are_none_are_refused(typed: str, says: str) -> None:
    """The sentence names the field and what was typed."""
    with pytest.raises(RuleViolation, match=says) as refused:
        read_range(typed, "收到日期")
    assert str(refused.value).startswith("收到日期“")


def test_text_that_cannot_be_stored_is_refused() -> None:
    """A control character or half a character is told instead of being looked for."""
    for typed in ("招\0标", "招\udce6标"):
        with pytest.raises(RuleViolation, match="查找的文字"):
            LeadFilter().about(typed)


def test_pages_are_counted() -> None:
    """An empty list has one page, a full page no other behind it."""
    assert [Page(size=50).last(total) for total in (0, 1, 50, 51)] == [1, 1, 1, 2]
    assert Page().last(1000) == 1
    assert (Page(3, 50).skipped, Page(1, 50).skipped, Page().skipped) == (100, 0, 0)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (LeadFilter(status=Status.CLOSED, signals=frozenset({Signal.OVERDUE})), "已办结的线索没有"),
        (LeadFilter(status=Status.CLOSED, steps=frozenset({Step.VERIFY})), "已办结的线索没有"),
        (LeadFilter(status=Status.CLOSED, due=Period(FIRST, LAST)), "已办结的线索没有"),
        (LeadFilter(closed=Period(FIRST, LAST)), "在办线索没有办结日期"),
        (LeadFilter(signals=frozenset({Signal.CLOSED})), "在办线索没有办结日期"),
        (LeadFilter(status=Status.CLOSED, signals=frozenset({Signal.CLOSED, Signal.NEAR})), ""),
        (LeadFilter(status=Status.ALL, signals=frozenset({Signal.OVERDUE}), closed=Period(FIRST, LAST)), ""),
    ],
)
def test_what_no_lead_can_be_is_told(asked: LeadFilter, says: str) -> None:
    """Who is closed owes nothing, who is open was not closed; an empty list would hide the mistake."""
    assert asked.contradiction.startswith(says)
    assert bool(asked.contradiction) == bool(says)
