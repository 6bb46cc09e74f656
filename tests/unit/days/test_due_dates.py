"""Due dates against an independent computation, statutory cases and hand-checked examples."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fakes.independent_calendar import FIRST_DAY, LAST_DAY, NOTICES, SHARED_DATA, IndependentCalendar, absence

from models.days.calendar import DayStatus, WorkCalendar, published_calendar
from models.days.terms import Term, TermUnit, day_label, deadline, due_date, explanation_lines
from models.errors import CalendarGapError

CLOCK_CASES = SHARED_DATA / "statutory-clock-cases.jsonl"
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHANGHAI = ZoneInfo("Asia/Shanghai")
VERIFY_SOURCE, RECTIFY_SOURCE = "通知§12(三)：三个工作日内核查反馈", "通知§12(四)：原则上七日内完成整改"


def working_days(value: int, source: str = VERIFY_SOURCE) -> Term:
    """Return a term in working days."""
    return _term(value, TermUnit.WORKING_DAYS, source)


def calendar_days(value: int, source: str = RECTIFY_SOURCE) -> Term:
    """Return a term in calendar days."""
    return _term(value, TermUnit.CALENDAR_DAYS, source)


def _term(value: int, unit: TermUnit, source: str) -> Term:
    return Term(value=value, unit=unit, start="收到", source=source, valid_from=date(2026, 1, 1))


@pytest.fixture(scope="module")
def independent() -> IndependentCalendar:
    """The second computation; its notices are not part of the project."""
    if not NOTICES.exists():
        pytest.skip(absence(NOTICES))
    return IndependentCalendar()


@pytest.mark.parametrize(
    ("term", "second_opinion"),
    [
        (working_days(1), IndependentCalendar.after_working_days),
        (working_days(3), IndependentCalendar.after_working_days),
        (working_days(7), IndependentCalendar.after_working_days),
        (calendar_days(7), IndependentCalendar.after_calendar_days),
    ],
    ids=["1-working-day", "3-working-days", "7-working-days", "7-calendar-days"],
)
def test_every_start_since_2018_agrees_with_the_independent_computation(
    term: Term,
    second_opinion: Callable[[IndependentCalendar, date, int], date | None],
    independent: IndependentCalendar,
) -> None:
    """All 3,287 start days are compared; where the due day passes 2026 it must be provisional instead."""
    calendar = published_calendar()
    disagreements = []
    for offset in range((LAST_DAY - FIRST_DAY).days + 1):
        start = FIRST_DAY + timedelta(days=offset)
        due, expected = due_date(start, term, calendar), second_opinion(independent, start, term.value)
        agrees = due.day == expected and not due.provisional if expected else due.provisional
        if not agrees:
            disagreements.append((start, due.day, expected))
    assert disagreements == []


def test_each_day_since_2018_is_worked_or_not_as_its_notice_says(independent: IndependentCalendar) -> None:
    """The packaged notices and the shared ones agree on every single day."""
    calendar = published_calendar()
    every_day = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    assert [day for day in every_day if calendar.works(day)] == independent.working_days


@dataclass(frozen=True)
class ForeignCalendar(WorkCalendar):
    """A fake of another country's calendar: a weekly pattern and holidays, no notices."""

    holidays: frozenset[date] = frozenset()
    rest_weekdays: frozenset[int] = frozenset()

    def status(self, day: date) -> DayStatus:
        """Tell whether a day is worked there."""
        works = day.weekday() not in self.rest_weekdays and day not in self.holidays
        return DayStatus(day, works, "工作日" if works else "休息", provisional=False)


def _clock_cases() -> list[Any]:
    """Return the statutory cases as parameters, or one skipped parameter where the file is absent."""
    if not CLOCK_CASES.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=absence(CLOCK_CASES)))]
    cases = [json.loads(line) for line in CLOCK_CASES.read_text(encoding="utf-8").splitlines()]
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.parametrize("case", _clock_cases())
def test_a_published_statutory_clock_case_is_met(case: dict[str, Any]) -> None:
    """The counting holds for another country's statute, whose expected dates were published."""
    terms = {
        ("add_days", "skip_count"): lambda: working_days(case["business_days"]),
        ("add_calendar_days_roll", "following"): lambda: calendar_days(case["calendar_days"]),
    }
    weekly, holidays = case["calendar"]["weekly"], case["calendar"]["holidays"]
    assert case["calendar"]["special_days"] == {}
    calendar = ForeignCalendar(
        (),
        frozenset(date.fromisoformat(day) for day in holidays),
        frozenset(number for number, name in enumerate(WEEK) if not weekly[name]),
    )
    term = terms[case["op"], case.get("day_mode") or case["roll"]]()
    assert due_date(date.fromisoformat(case["start"]), term, calendar).day.isoformat() == case["expected"]


@pytest.mark.parametrize(
    ("start", "term", "expected", "source"),
    [
        # A make-up Sunday counts, so the transfer of a Friday is due in the same week.
        ("2026-09-18", working_days(1), "2026-09-20", "domain-notes, make-up Sunday"),
        ("2026-09-20", working_days(3), "2026-09-23", "domain-notes, make-up Sunday"),
        ("2026-09-23", calendar_days(7), "2026-09-30", "domain-notes, make-up Sunday"),
        # The National Day holiday lies within.
        ("2026-09-30", working_days(1), "2026-10-08", "domain-notes, National Day"),
        ("2026-10-08", working_days(3), "2026-10-12", "domain-notes, National Day"),
        ("2026-10-12", calendar_days(7), "2026-10-19", "domain-notes, National Day"),
        # A make-up Saturday, then Spring Festival.
        ("2026-02-13", working_days(1), "2026-02-14", "domain-notes, Spring Festival"),
        ("2026-02-14", working_days(3), "2026-02-26", "domain-notes, Spring Festival"),
        ("2026-02-26", calendar_days(7), "2026-03-05", "domain-notes, Spring Festival"),
        # The turn of the year, up to the last date that the loaded notices settle.
        ("2026-12-22", working_days(1), "2026-12-23", "domain-notes, turn of the year"),
        ("2026-12-23", working_days(3), "2026-12-28", "domain-notes, turn of the year"),
        # The first counted day after a Saturday is Monday.
        ("2026-11-21", working_days(1), "2026-11-23", "design §3, +1 of a Saturday"),
        ("2026-11-22", working_days(1), "2026-11-23", "design §3, +1 of a Sunday"),
        # The seventh calendar day is a rest day: it moves on.
        ("2026-11-21", calendar_days(7), "2026-11-30", "民法典 art. 203"),
        ("2026-09-24", calendar_days(7), "2026-10-08", "民法典 art. 203, through a holiday"),
        # The other reading of 七日: the seventh working day is make-up Saturday 10-10.
        ("2026-09-23", working_days(7), "2026-10-10", "行政处罚法 art. 85"),
    ],
)
def test_a_hand_checked_example_is_met(start: str, term: Term, expected: str, source: str) -> None:
    """The examples a lawyer would try first, each with where it comes from."""
    due = due_date(date.fromisoformat(start), term, published_calendar())
    assert (due.day.isoformat(), due.provisional) == (expected, False), source


@pytest.mark.parametrize(
    ("received", "transfer", "verify", "rectify", "provisional"),
    [
        ("2026-09-18", "2026-09-20", "2026-09-23", "2026-09-30", False),
        ("2026-09-30", "2026-10-08", "2026-10-12", "2026-10-19", False),
        ("2026-02-13", "2026-02-14", "2026-02-26", "2026-03-05", False),
        ("2026-12-22", "2026-12-23", "2026-12-28", "2027-01-04", True),
    ],
)
def test_the_terms_of_a_lead_chain(
    received: str, transfer: str, verify: str, rectify: str, *, provisional: bool
) -> None:
    """Transfer, verification and rectification each start on the due day of the one before."""
    calendar, day, chain = published_calendar(), date.fromisoformat(received), []
    for term in (working_days(1), working_days(3), calendar_days(7)):
        due = due_date(day, term, calendar)
        chain.append(due)
        day = due.day
    assert [due.day.isoformat() for due in chain] == [transfer, verify, rectify]
    assert [due.provisional for due in chain] == [False, False, provisional]


def test_a_term_beyond_the_last_computable_year_is_refused() -> None:
    """Nothing is guessed after 2099 or before 2004; the error names the day."""
    for start, gap in ((date(2099, 12, 30), date(2100, 1, 1)), (date(2003, 12, 30), date(2003, 12, 30))):
        with pytest.raises(CalendarGapError, match=gap.isoformat()) as caught:
            due_date(start, working_days(3), published_calendar())
        assert caught.value.day == gap


def test_the_explanation_accounts_for_every_day() -> None:
    """Start event, rule, source, each day counted or skipped with its reason, and the due day."""
    due = due_date(date(2026, 9, 18), working_days(3), published_calendar())
    assert explanation_lines(due) == [
        "起算事件日 2026-09-18（星期五），当日不计入（民法典第二百零一条）",
        f"期限 3个工作日，依据：{VERIFY_SOURCE}",
        "2026-09-19（星期六） 不计入：星期六休息",
        "2026-09-20（星期日） 第1日：国庆节调休上班",
        "2026-09-21（星期一） 第2日：星期一",
        "2026-09-22（星期二） 第3日：星期二",
        "到期日 2026-09-22（星期二）",
    ]


def test_the_explanation_says_where_the_last_day_rolled_forward() -> None:
    """A seventh calendar day at rest is counted, and the days it moves over are marked."""
    lines = explanation_lines(due_date(date(2026, 11, 21), calendar_days(7), published_calendar()))
    assert lines[1] == f"期限 7日（自然日，末日遇休息日顺延），依据：{RECTIFY_SOURCE}"
    assert lines[-4:] == [
        "2026-11-28（星期六） 第7日：星期六休息",
        "2026-11-29（星期日） 不计入：星期日休息，顺延",
        "2026-11-30（星期一） 不计入：星期一，顺延至此",
        "到期日 2026-11-30（星期一）",
    ]


def test_the_explanation_marks_provisional_days() -> None:
    """Days of a year without a notice carry 暂定, and so does the due day."""
    lines = explanation_lines(due_date(date(2026, 12, 30), working_days(3), published_calendar()))
    assert lines[2] == "2026-12-31（星期四） 第1日：星期四"
    assert lines[3] == "2027-01-01（星期五，暂定） 不计入：元旦（法定节假日）"
    assert lines[-1] == "到期日 2027-01-05（星期二，暂定）"


def test_a_due_day_ends_at_close_of_business() -> None:
    """The deadline is the closing time in the office's own zone."""
    moment = deadline(date(2026, 11, 27), time(18), SHANGHAI)
    assert moment.isoformat() == "2026-11-27T18:00:00+08:00"


@pytest.mark.parametrize(
    ("provisional", "label"), [(False, "2026-11-27（星期五）"), (True, "2026-11-27（星期五，暂定）")]
)
def test_a_date_is_printed_with_its_weekday(label: str, *, provisional: bool) -> None:
    """A provisional date never looks like a settled one."""
    assert day_label(date(2026, 11, 27), provisional=provisional) == label
