"""The working calendar: make-up days, late notices, neighbouring years and years without a notice."""

from datetime import date

import pytest

from models.days.calendar import (
    DayKind,
    NoticeDay,
    WorkCalendar,
    YearNotice,
    published_calendar,
    weekday_name,
)
from models.days.terms import Term, TermUnit, due_date
from models.errors import CalendarGapError, InputError

REST = {"01-01": "元旦", "05-01": "劳动节", "10-01": "国庆节"}
ONE_DAY = Term(
    value=1, unit=TermUnit.WORKING_DAYS, start="收到", source="通知§12(二)", valid_from=date(2026, 1, 1)
)


def notice(year: int, rest: dict[str, str] | None = None, work: dict[str, str] | None = None) -> YearNotice:
    """Return a notice with the three great holidays, further rest days and make-up workdays."""
    days = {date.fromisoformat(f"{year}-{day}"): NoticeDay(DayKind.REST, name) for day, name in REST.items()}
    for kind, named in ((DayKind.REST, rest or {}), (DayKind.WORK, work or {})):
        days |= {date.fromisoformat(day): NoticeDay(kind, name) for day, name in named.items()}
    return YearNotice(year, days)


@pytest.mark.parametrize(
    ("day", "works", "reason"),
    [
        ("2026-02-14", True, "春节调休上班"),
        ("2026-09-20", True, "国庆节调休上班"),
        ("2026-10-01", False, "国庆节放假"),
        ("2026-11-27", True, "星期五"),
        ("2026-11-28", False, "星期六休息"),
        ("2026-11-29", False, "星期日休息"),
    ],
)
def test_a_day_says_whether_it_is_worked_and_why(day: str, reason: str, *, works: bool) -> None:
    """A notice goes before the week, and every answer gives its reason."""
    status = published_calendar().status(date.fromisoformat(day))
    assert (status.works, status.reason, status.provisional) == (works, reason, False)


def test_a_make_up_saturday_counts() -> None:
    """A term that starts on the Friday before ends on the worked Saturday."""
    assert due_date(date(2026, 2, 13), ONE_DAY, published_calendar()).day == date(2026, 2, 14)


def test_a_weekday_of_a_holiday_does_not_count() -> None:
    """A term that starts on the eve of National Day ends after the holiday."""
    assert due_date(date(2026, 9, 30), ONE_DAY, published_calendar()).day == date(2026, 10, 8)


def test_the_published_notices_cover_2004_to_2026_only() -> None:
    """Nobody may take 2027 for settled before its notice is imported."""
    calendar = published_calendar()
    assert [year for year in range(2000, 2100) if calendar.covers(year)] == list(range(2004, 2027))


@pytest.mark.parametrize(
    ("day", "works", "reason"),
    [
        ("2027-01-01", False, "元旦（法定节假日）"),
        ("2027-10-01", False, "国庆节（法定节假日）"),
        ("2027-01-04", True, "星期一"),
        ("2027-01-09", False, "星期六休息"),
    ],
)
def test_a_year_without_a_notice_is_provisional(day: str, reason: str, *, works: bool) -> None:
    """The statutory festivals are the floor, and every single answer says that it is presumed."""
    status = published_calendar().status(date.fromisoformat(day))
    assert (status.works, status.reason, status.provisional) == (works, reason, True)


def test_importing_the_notice_settles_a_provisional_date() -> None:
    """The same term is computed anew, and its date may move."""
    before = due_date(date(2026, 12, 31), ONE_DAY, published_calendar())
    imported = published_calendar().with_notice(
        notice(2027, rest={"2027-01-04": "元旦"}, work={"2027-01-09": "元旦"})
    )
    after = due_date(date(2026, 12, 31), ONE_DAY, imported)
    assert (before.day, before.provisional) == (date(2027, 1, 4), True)
    assert (after.day, after.provisional) == (date(2027, 1, 5), False)


def test_a_late_notice_replaces_the_earlier_of_its_year() -> None:
    """What only the earlier notice named no longer holds, as happened in 2019 and 2020."""
    early = notice(2027, rest={"2027-04-30": "劳动节"}, work={"2027-05-08": "劳动节"})
    late = notice(2027, rest={"2027-05-03": "劳动节"})
    calendar = WorkCalendar((early,)).with_notice(late)
    assert calendar.works(date(2027, 4, 30))
    assert not calendar.works(date(2027, 5, 8))
    assert calendar.status(date(2027, 5, 3)).reason == "劳动节放假"


def test_a_late_notice_leaves_the_calendar_it_extends_unchanged() -> None:
    """A date explained on the earlier notices can still be explained on them."""
    before = published_calendar()
    after = before.with_notice(notice(2026, rest={"2026-11-27": "国庆节"}))
    assert before.works(date(2026, 11, 27))
    assert not after.works(date(2026, 11, 27))


@pytest.mark.parametrize("order", [(2018, 2019), (2019, 2018)])
def test_a_notice_reaches_into_the_year_before(order: tuple[int, int]) -> None:
    """The notice for 2019 made 2018-12-29 a workday; in whichever order they are loaded, it goes first."""
    notices = {
        2018: notice(2018, rest={"2018-12-29": "周末"}),
        2019: notice(2019, rest={"2018-12-31": "元旦"}, work={"2018-12-29": "元旦"}),
    }
    calendar = WorkCalendar(tuple(notices[year] for year in order))
    assert calendar.status(date(2018, 12, 29)).reason == "元旦调休上班"
    assert calendar.status(date(2018, 12, 31)).reason == "元旦放假"
    assert due_date(date(2018, 12, 29), ONE_DAY, calendar).day == date(2019, 1, 2)


def test_a_day_named_by_the_next_notice_is_settled_though_its_own_year_is_not() -> None:
    """Only the days that a notice names or covers lose their 暂定."""
    calendar = WorkCalendar((notice(2019, work={"2018-12-29": "元旦"}),))
    assert not calendar.status(date(2018, 12, 29)).provisional
    assert calendar.status(date(2018, 12, 28)).provisional


@pytest.mark.parametrize("day", [date(2003, 12, 31), date(2100, 1, 1)])
def test_a_day_outside_every_calendar_is_refused(day: date) -> None:
    """The error names the day in one sentence."""
    sentence = f"{day} 超出可推算的日历范围（2004年至2099年），请核对日期。"
    with pytest.raises(CalendarGapError, match=f"^{sentence}$"):
        published_calendar().status(day)


@pytest.mark.parametrize(
    ("year", "day", "kind", "sentence"),
    [
        (2027, "2029-01-01", DayKind.REST, "2027年放假安排中出现了 2029-01-01，请核对年份。"),
        (2027, "2025-12-31", DayKind.REST, "2027年放假安排中出现了 2025-12-31，请核对年份。"),
        (
            2027,
            "2027-01-04",
            DayKind.WORK,
            "2027-01-04（星期一）本是工作日，不应列为调休上班日，请核对。",
        ),
    ],
)
def test_an_impossible_notice_is_refused(year: int, day: str, kind: DayKind, sentence: str) -> None:
    """A foreign year or a make-up workday on a weekday is a slip of the pen, not a notice."""
    days = {**notice(year).days, date.fromisoformat(day): NoticeDay(kind, "元旦")}
    with pytest.raises(InputError, match=f"^{sentence}$"):
        YearNotice(year, days)


@pytest.mark.parametrize("month", [1, 5, 10])
def test_a_notice_without_one_of_the_great_holidays_is_refused(month: int) -> None:
    """A half-pasted notice would silently make a holiday a workday."""
    days = {day: named for day, named in notice(2027).days.items() if day.month != month}
    with pytest.raises(
        InputError, match=f"^2027年放假安排缺少{month}月的法定节假日，安排不完整，未予导入。$"
    ):
        YearNotice(2027, days)


def test_a_notice_may_make_a_weekend_a_rest_day() -> None:
    """Notices list the weekend days of a holiday too."""
    weekend = notice(2027, rest={"2027-05-02": "劳动节"})
    assert WorkCalendar((weekend,)).status(date(2027, 5, 2)).reason == "劳动节放假"


def test_the_days_of_the_week_have_chinese_names() -> None:
    """2026-11-23 is a Monday."""
    names = [weekday_name(date(2026, 11, day)) for day in range(23, 30)]
    assert names == ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"]
