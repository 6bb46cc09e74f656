"""Rules of the archive: numbers, terms, duties, and what a policy may not say. Source: 通知§13."""

from datetime import date

import pytest

from models.archive.rules import after_months, kept_until
from models.archive.vocabulary import Category, Importance, Retention
from models.codes import Outcome
from models.errors import InputError
from models.office.policy import Policy, packaged_policy_text, read_policy

_BREACH, _BARRIER, _OTHER = Category.UNLAWFUL_ENTRY, Category.HIDDEN_BARRIER, Category.OTHER
_RECTIFIED, _UNFOUNDED = Outcome.RECTIFIED, Outcome.UNSUBSTANTIATED


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy that ships with the system."""
    return read_policy(packaged_policy_text(), "policy.toml")


@pytest.mark.parametrize(
    ("retention", "sequence", "number"),
    [
        (Retention.PERMANENT, 1, "0137-WS·2026-Y-SCZR-0001"),
        (Retention.THIRTY_YEARS, 12, "0137-WS·2026-D30-SCZR-0012"),
        (Retention.TEN_YEARS, 12345, "0137-WS·2026-D10-SCZR-12345"),
    ],
)
def test_a_number_has_the_parts_of_the_standard(
    policy: Policy, retention: Retention, sequence: int, number: str
) -> None:
    """全宗号-门类·年度-保管期限-机构(问题)-件号, the last of four digits."""
    assert policy.archive.numbering.number_of(2026, retention, sequence) == number


@pytest.mark.parametrize(
    ("category", "outcome", "importance", "expected"),
    [
        (_BREACH, _RECTIFIED, Importance.ORDINARY, Retention.THIRTY_YEARS),
        (_BARRIER, _RECTIFIED, Importance.ORDINARY, Retention.THIRTY_YEARS),
        (_OTHER, _RECTIFIED, Importance.ORDINARY, Retention.TEN_YEARS),
        (_BREACH, _UNFOUNDED, Importance.ORDINARY, Retention.TEN_YEARS),
        (_OTHER, _UNFOUNDED, Importance.MAJOR, Retention.PERMANENT),
        (_BREACH, _RECTIFIED, Importance.MAJOR, Retention.PERMANENT),
    ],
)
def test_how_long_a_file_is_kept_depends_on_what_it_is(
    policy: Policy, category: Category, outcome: Outcome, importance: Importance, expected: Retention
) -> None:
    """What is major is kept for ever; what was unsubstantiated shorter than the rest."""
    assert policy.archive.retention.of(category, outcome, importance) is expected


@pytest.mark.parametrize(
    ("retentions", "last_day"),
    [
        ((Retention.TEN_YEARS,), date(2036, 12, 31)),
        ((Retention.THIRTY_YEARS,), date(2056, 12, 31)),
        ((Retention.PERMANENT,), None),
        ((Retention.TEN_YEARS, Retention.THIRTY_YEARS), date(2056, 12, 31)),
        ((Retention.THIRTY_YEARS, Retention.TEN_YEARS), date(2056, 12, 31)),
        ((Retention.TEN_YEARS, Retention.PERMANENT), None),
        ((Retention.PERMANENT, Retention.TEN_YEARS), None),
    ],
)
def test_a_term_counts_from_the_next_year_and_is_never_shortened(
    retentions: tuple[Retention, ...], last_day: date | None
) -> None:
    """Closed in 2026 and kept ten years: to the end of 2036; of two terms the longer one."""
    assert kept_until(2026, *retentions) == last_day


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 25), 12, date(2027, 11, 25)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(
    day: date, months: int, expected: date
) -> None:
    """No review falls on the 31st of February."""
    assert after_months(day, months) == expected


@pytest.mark.parametrize(
    ("months", "day", "first"),
    [
        (3, date(2026, 11, 3), date(2026, 10, 1)),
        (3, date(2026, 12, 31), date(2026, 10, 1)),
        (3, date(2027, 1, 1), date(2027, 1, 1)),
        (12, date(2026, 5, 5), date(2026, 1, 1)),
        (1, date(2026, 5, 31), date(2026, 5, 1)),
        (0, date(2026, 5, 31), None),
    ],
)
def test_a_periodic_duty_has_periods_of_whole_months(
    policy: Policy, months: int, day: date, first: date | None
) -> None:
    """A quarter begins in January, April, July and October; 0 means never."""
    duty = policy.archive.collection.model_copy(update={"every_months": months})
    assert duty.period_of(day) == first


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('fonds = "0137"', 'fonds = "../x"', "archive.numbering.fonds（格式不符）"),
        ("-{sequence}", "", "archive.numbering.template（档号格式应含有"),
        ("{class_code}·", "{class_code}/", "archive.numbering.template（档号格式只能使用"),
        ("{class_code}·", "{class}·", "archive.numbering.template（档号格式只能使用"),
        ('major = "permanent"', 'major = "长期"', "archive.retention.major（不在可选范围内）"),
        ('hidden_barrier = "thirty_years"\n', "", "archive.retention.by_category（缺少违规设置隐性壁垒"),
        ("every_months = 12", "every_months = -1", "archive.review.every_months（数值过小）"),
        ("every_months = 3", "every_weeks = 3", "archive.collection.every_months（缺少此键）"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_key(old: str, new: str, key: str) -> None:
    """Numbers that would repeat, a folder that cannot be named, a category without a term."""
    text = packaged_policy_text()
    assert old in text
    with pytest.raises(InputError) as caught:
        read_policy(text.replace(old, new, 1), "政策.toml")
    assert key in str(caught.value)
