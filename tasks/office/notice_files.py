"""Reading a State Council notice as people key it in: CSV or JSON."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.days.calendar import DayKind, NoticeDay, WorkCalendar, YearNotice
from models.days.moments import read_day
from models.errors import InputError, RuleViolation
from tasks.given.files import decode_text, read_bytes

_KINDS = {"rest": DayKind.REST, "放假": DayKind.REST, "work": DayKind.WORK, "上班": DayKind.WORK}
_COLUMNS = ("date", "kind", "festival")


@dataclass(frozen=True)
class GivenDays:
    """The days a file arranges, by the year of their notice, and when that was issued, where it is said."""

    years: Mapping[int, Mapping[date, NoticeDay]]
    issued_on: date | None

    def whole_years(self) -> list[YearNotice]:
        """Return the notices by year, ascending.

        Raises:
            InputError: A year is incomplete.
        """
        return [YearNotice(each, days, self.issued_on) for each, days in sorted(self.years.items())]

    def supplementing(self, calendar: WorkCalendar, today: date) -> list[YearNotice]:
        """Return the notices by year as these few days change them; they count as issued today if unsaid.

        Raises:
            InputError: A year has no notice yet, or nothing would change.
        """
        issued_on = self.issued_on or today
        return [calendar.supplemented(each, days, issued_on) for each, days in sorted(self.years.items())]


def read_days(path: Path, year: int | None) -> GivenDays:
    """Read the days of a file.

    Args:
        path: CSV with the columns date, kind (rest|work), festival and optionally issued_on; or JSON, a list
            of such objects.
        year: The year of the one notice in the file; without it every calendar year is a notice of its own.

    Raises:
        NotFound: The file cannot be read.
        InputError: A row is wrong, or a day is named twice.
    """
    text = decode_text(read_bytes(path), path)
    years: dict[int, dict[date, NoticeDay]] = {}
    issued: date | None = None
    for number, row in enumerate(_rows(text, path), start=2):
        day, named, issued_on = _read_row(row, number, path)
        issued = issued_on or issued
        days = years.setdefault(year or day.year, {})
        if day in days:
            raise InputError(f"{path.name} 第{number}行：{day} 出现了不止一次。")
        days[day] = named
    if not years:
        raise InputError(f"{path.name} 中没有任何日期。")
    return GivenDays(years, issued)


def _rows(text: str, path: Path) -> list[dict[str, str]]:
    """Return the rows of the file as they stand."""
    if path.suffix.lower() == ".json":
        try:
            found = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{path.name} 不是有效的 JSON（第{error.lineno}行）。") from error
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise InputError(f"{path.name} 应为对象的列表，每个对象含 date、kind、festival。")
        return [{key: str(value or "") for key, value in row.items()} for row in found]
    reader = csv.DictReader(io.StringIO(text))
    missing = [column for column in _COLUMNS if column not in (reader.fieldnames or [])]
    if missing:
        raise InputError(f"{path.name} 缺少列：{'、'.join(missing)}。")
    try:
        return [{key: value or "" for key, value in row.items() if key} for row in reader]
    except csv.Error as error:
        raise InputError(f"{path.name} 不是有效的 CSV（第{reader.line_num}行）。") from error


def _read_row(row: dict[str, str], number: int, path: Path) -> tuple[date, NoticeDay, date | None]:
    """Return the day of a row, what is arranged for it, and the notice's date of issue where it is given."""
    unknown = set(row) - {*_COLUMNS, "issued_on"}
    if unknown:
        raise InputError(f"{path.name} 第{number}行：未知的列 {'、'.join(sorted(unknown))}。")
    kind = _KINDS.get(row.get("kind", "").strip())
    if kind is None:
        raise InputError(f"{path.name} 第{number}行 kind：应为 rest（放假）或 work（上班）。")
    try:
        day = read_day(row.get("date", ""), "日期")
        issued = row.get("issued_on", "").strip()
        issued_on = read_day(issued, "发布日期") if issued else None
    except RuleViolation as error:
        raise InputError(f"{path.name} 第{number}行：{error}") from error
    return day, NoticeDay(kind, row.get("festival", "").strip()), issued_on
