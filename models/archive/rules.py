"""Rules of the archive: how a file is numbered, how long it is kept, when it is looked at again."""

import re
from calendar import monthrange
from datetime import date

from pydantic import Field, field_validator

from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Category, Importance, Retention
from models.codes import Outcome
from models.days.hours import Frozen
from models.errors import RuleViolation
from models.texts import check_text, visible

# The code within a 档号 and how many years a file is kept. Source: DA/T 22-2015, 6.3.
_TERMS: dict[Retention, tuple[str, int | None]] = {
    Retention.PERMANENT: ("Y", None),
    Retention.THIRTY_YEARS: ("D30", 30),
    Retention.TEN_YEARS: ("D10", 10),
}
_PLACES = ("fonds", "class_code", "organisation", "year", "retention", "sequence")
_LONGEST_NUMBER = 60
_MONTHS = 12


class ArchiveNumbering(Frozen):
    """How archives are numbered: 全宗号-门类·年度-保管期限-机构(问题)-件号. Source: DA/T 22-2015."""

    fonds: str = Field(pattern=r"^[A-Z0-9]{1,10}$")
    class_code: str = Field(pattern=r"^[A-Z0-9]{1,10}$")
    organisation: str = Field(pattern=r"^[A-Z0-9]{1,10}$")
    template: str
    source: str

    @field_validator("template")
    @classmethod
    def _unique_and_fit_for_a_folder(cls, template: str) -> str:
        for name in ("year", "retention", "sequence"):
            if template.count(f"{{{name}}}") != 1:
                raise ValueError("档号格式应含有 {year}、{retention}、{sequence} 各一次，否则档号会重复")
        bare = template
        for name in _PLACES:
            bare = bare.replace(f"{{{name}}}", "0")
        # The number also names the folder of an export, on any system.
        if not re.fullmatch(r"[0-9A-Za-z\u4e00-\u9fff·_〔〕-]+", bare) or len(bare) > _LONGEST_NUMBER // 2:
            raise ValueError("档号格式只能使用字母、数字、汉字、·、-、_、〔〕和 {…}，不超过30字")
        return template

    def number_of(self, year: int, retention: Retention, sequence: int) -> str:
        """Return a 档号, as 0137-WS·2026-D30-SCZR-0001."""
        values = {
            "fonds": self.fonds, "class_code": self.class_code, "organisation": self.organisation,
            "year": str(year), "retention": _TERMS[retention][0], "sequence": f"{sequence:04d}",
        }  # fmt: skip
        number = self.template
        for name, value in values.items():
            number = number.replace(f"{{{name}}}", value)
        return number


class RetentionRules(Frozen):
    """How long the file of a matter is kept. Source: house rule, ADR-0015."""

    major: Retention
    unsubstantiated: Retention
    by_category: dict[Category, Retention]
    source: str

    @field_validator("by_category")
    @classmethod
    def _every_category(cls, given: dict[Category, Retention]) -> dict[Category, Retention]:
        if missing := [category.label for category in Category if category not in given]:
            raise ValueError(f"缺少{'、'.join(missing)}的保管期限")
        return given

    def of(self, category: Category, outcome: Outcome | None, importance: Importance) -> Retention:
        """Return how long a file is kept: what matters most goes first."""
        if importance is Importance.MAJOR:
            return self.major
        if outcome is Outcome.UNSUBSTANTIATED:
            return self.unsubstantiated
        return self.by_category[category]


class PeriodicDuty(Frozen):
    """Something owed every so many months; 0 means never."""

    every_months: int = Field(ge=0, le=120)
    source: str

    def period_of(self, day: date) -> date | None:
        """Return the first day of the period a day lies in, None where nothing is ever owed."""
        if not self.every_months:
            return None
        months = day.year * _MONTHS + day.month - 1
        return after_months(date(1, 1, 1), months // self.every_months * self.every_months - _MONTHS)


class ArchiveRules(Frozen):
    """All figures of the archive. Source: 通知§13."""

    numbering: ArchiveNumbering
    retention: RetentionRules
    review: PeriodicDuty
    collection: PeriodicDuty

    def next_review(self, day: date) -> date:
        """Return when a file that was archived or reviewed on a day is looked at again.

        Where nothing is reviewed it is a year: so there is a date, should the duty come into force.
        """
        return after_months(day, self.review.every_months or _MONTHS)


def after_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 + months, _MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def kept_until(year: int, *retentions: Retention) -> date | None:
    """Return the last day on which a file is kept, None where it is kept for ever.

    The term begins with the year after that of the file. Of several retentions the longest decides: a file
    that came to matter more is kept longer than its number says, and none is ever kept shorter.

    Args:
        year: The year in which the matter was closed.
        *retentions: At least one.

    Source: 机关文件材料归档范围和文书档案保管期限规定; house rule, ADR-0015.
    """
    years = [_TERMS[retention][1] for retention in retentions]
    longest = None if None in years else max(filter(None, years))
    return None if longest is None else date(year + longest, 12, 31)


_LONGEST_REASON = 2_000


def check_reason(text: str, what: str = "理由") -> str:
    """Return a reason without blanks around it.

    Raises:
        RuleViolation: It is missing, too long or holds control characters.
    """
    reason = text.strip()
    if not visible(reason) or len(reason) > _LONGEST_REASON:
        raise RuleViolation(f"请写明{what}（不超过{_LONGEST_REASON}字）。")
    check_text(reason, what)
    return reason


def refuse_disposed(record: ArchiveRecord | None) -> None:
    """Refuse what cannot be done any more with a file that was destroyed.

    Raises:
        RuleViolation: It was disposed of.
    """
    if record is not None and record.disposed_at is not None:
        raise RuleViolation(f"档案 {record.number} 已销毁，只保留登记和台账。")
