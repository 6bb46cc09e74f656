"""Working days by the State Council's yearly notices, make-up workdays included."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from models.errors import CalendarGapError, InputError

FIRST_YEAR, LAST_YEAR = 2004, 2099
_SATURDAY = 5
_WEEKDAYS = "一二三四五六日"


class DayKind(StrEnum):
    """What a notice says of a day."""

    REST = "rest"
    WORK = "work"


@dataclass(frozen=True)
class NoticeDay:
    """One day that a notice names, with the festival it is arranged for."""

    kind: DayKind
    festival: str


@dataclass(frozen=True)
class YearNotice:
    """The arrangement of rest days and make-up workdays of one year.

    ``days`` may reach into the neighbouring year: the notice for 2019 made 2018-12-29 a workday.
    """

    year: int
    days: Mapping[date, NoticeDay]
    issued_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse an arrangement that cannot be a State Council notice."""
        for day, named in self.days.items():
            if abs(day.year - self.year) > 1:
                raise InputError(f"{self.year}年放假安排中出现了 {day}，请核对年份。")
            if named.kind is DayKind.WORK and _is_weekday(day):
                raise InputError(f"{day}（{weekday_name(day)}）本是工作日，不应列为调休上班日，请核对。")
        rested = {(day.year, day.month) for day, named in self.days.items() if named.kind is DayKind.REST}
        for month in (1, 5, 10):
            if (self.year, month) not in rested:
                raise InputError(f"{self.year}年放假安排缺少{month}月的法定节假日，安排不完整，未予导入。")


@dataclass(frozen=True)
class DayStatus:
    """Whether people work on a day, why, and whether that is only presumed."""

    day: date
    works: bool
    reason: str
    provisional: bool


@dataclass(frozen=True)
class WorkCalendar:
    """All loaded notices; a later notice for a year replaces the earlier one from its day of issue.

    What lay before that day was worked or rested already and stays as it was. For a year without a notice
    the statutory festivals are the floor, and every answer is marked provisional: a date is never guessed
    silently.
    """

    notices: tuple[YearNotice, ...]
    _named: Mapping[date, NoticeDay] = field(init=False, repr=False, compare=False)
    _years: Mapping[int, Mapping[date, NoticeDay]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the days of the notices in force."""
        by_year: dict[int, dict[date, NoticeDay]] = {}
        for notice in self.notices:
            earlier = by_year.get(notice.year, {})
            by_year[notice.year] = {**_before(earlier, notice.issued_on), **_since(earlier, notice)}
        named: dict[date, NoticeDay] = {}
        for year in sorted(by_year):
            named.update(by_year[year])
        object.__setattr__(self, "_named", named)
        object.__setattr__(self, "_years", by_year)

    def covers(self, year: int) -> bool:
        """Tell whether the notice for a year is loaded."""
        return year in self._years

    def status(self, day: date) -> DayStatus:
        """Tell whether a day is worked.

        Raises:
            CalendarGapError: The day lies before 2004 or after 2099.
        """
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise CalendarGapError(day)
        named = self._named.get(day)
        if named is not None:
            works = named.kind is DayKind.WORK
            reason = f"{named.festival}{'调休上班' if works else '放假'}"
            return DayStatus(day, works, reason, provisional=False)
        provisional = not self.covers(day.year)
        festival = _statutory(day.year).get(day) if provisional else None
        if festival is not None:
            return DayStatus(day, works=False, reason=f"{festival}（法定节假日）", provisional=True)
        works = _is_weekday(day)
        return DayStatus(day, works, weekday_name(day) if works else f"{weekday_name(day)}休息", provisional)

    def named_days(self, year: int) -> list[DayStatus]:
        """Return the days a notice names for a year or, without one, the statutory festivals, in order."""
        days = self._named if self.covers(year) else _statutory(year)
        return [self.status(day) for day in sorted(days) if day.year == year]

    def works(self, day: date) -> bool:
        """Tell whether a day is a working day."""
        return self.status(day).works

    def shift(self, day: date, working_days: int) -> date:
        """Return the n-th working day after a day (before it, where n is negative); the day itself for 0.

        Raises:
            CalendarGapError: It lies outside any calendar.
        """
        step = timedelta(days=1 if working_days > 0 else -1)
        left = abs(working_days)
        while left:
            day += step
            left -= self.works(day)
        return day

    def working_days(self, after: date, to: date) -> int:
        """Return how many working days lie after one day, up to and including another; 0 where none does."""
        return sum(self.works(after + timedelta(days=n)) for n in range(1, (to - after).days + 1))

    def overlaps(self, notice: YearNotice) -> list[date]:
        """Return the days that a notice of another year arranges otherwise, in order."""
        others = WorkCalendar(tuple(each for each in self.notices if each.year != notice.year))
        return [
            day
            for day, named in sorted(notice.days.items())
            if (there := others._named.get(day)) is not None and there.kind is not named.kind
        ]

    def supplemented(self, year: int, changes: Mapping[date, NoticeDay], issued_on: date) -> YearNotice:
        """Return the notice of a year as a supplementary one of a few days changes it.

        Args:
            year: The year of the notice.
            changes: What is arranged otherwise; a weekday to be worked loses its arrangement.
            issued_on: When the supplementary notice was issued.

        Raises:
            InputError: The year has no notice yet, nothing would change, or a day lies before the issue.
        """
        if year not in self._years:
            raise InputError(f"{year}年放假安排尚未导入，补充通知无从补充，请先导入全年安排。")
        if early := min((day for day in changes if day < issued_on), default=None):
            raise InputError(f"补充通知于 {issued_on} 发布，不能改动此前的 {early}，请核对发布日期。")
        before = self._years[year]
        freed = {day for day, named in changes.items() if named.kind is DayKind.WORK and _is_weekday(day)}
        days = {day: named for day, named in {**before, **changes}.items() if day not in freed}
        if days == before:
            raise InputError(f"补充通知与已导入的{year}年放假安排一致，没有需要改动的日期。")
        return YearNotice(year, days, issued_on)

    def with_notice(self, notice: YearNotice) -> "WorkCalendar":
        """Return this calendar with one more notice, which replaces an earlier one of the same year."""
        return WorkCalendar((*self.notices, notice))


def _before(earlier: Mapping[date, NoticeDay], issued_on: date | None) -> dict[date, NoticeDay]:
    """Return what an earlier notice said of the days before a later one was issued."""
    return {day: named for day, named in earlier.items() if issued_on is not None and day < issued_on}


def _since(earlier: Mapping[date, NoticeDay], notice: YearNotice) -> dict[date, NoticeDay]:
    """Return what a notice says from its day of issue on; the first of a year says everything."""
    issued_on = notice.issued_on
    whole = not earlier or issued_on is None
    return {day: named for day, named in notice.days.items() if whole or day >= issued_on}  # type: ignore[operator]


def _is_weekday(day: date) -> bool:
    """Tell whether a day is worked where no notice arranges it otherwise."""
    return day.weekday() < _SATURDAY


def weekday_name(day: date) -> str:
    """Return the Chinese name of the day of the week, as 星期三."""
    return f"星期{_WEEKDAYS[day.weekday()]}"


@cache
def published_calendar() -> WorkCalendar:
    """Return the notices that the ``chinesecalendar`` package carries, from 2004 on."""
    from chinese_calendar import constants

    chinese = {festival.value: festival.chinese for festival in constants.Holiday}
    years: dict[int, dict[date, NoticeDay]] = {}
    for days, kind in ((constants.holidays, DayKind.REST), (constants.workdays, DayKind.WORK)):
        for day, festival in days.items():
            years.setdefault(day.year, {})[day] = NoticeDay(kind, chinese.get(festival, festival))
    return WorkCalendar(tuple(YearNotice(year, days) for year, days in sorted(years.items())))


@cache
def _statutory(year: int) -> Mapping[date, str]:
    """Return the statutory festivals of a year, the floor below any later notice."""
    from holidays import country_holidays

    return dict(country_holidays("CN", years=year, language="zh_CN"))
