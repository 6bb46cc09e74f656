"""Benchmark 9: due dates by our calendar, against a loop over days with ``chinesecalendar``."""

import time
from datetime import date, timedelta
from random import Random

import chinese_calendar
from figures import Figure, Row, ratio_of
from scale import Scale

from models.codes import Step
from models.days.calendar import published_calendar
from models.days.terms import DueDates, Term, TermUnit
from models.office.policy import packaged_policy_text, read_policy

OURS, LOOP = "zero137", "chinesecalendar, day by day"
_GOAL_RATIO, _GOAL_SECONDS = 50.0, 1.0
_FIRST, _DAYS = date(2018, 1, 1), 365 * 8
_STEPS = (Step.RECEIPT, Step.VERIFY, Step.RECTIFY)


def measure(scale: Scale) -> list[Row]:
    """Compute the due dates of as many start days for each term, ours from an empty start."""
    terms = read_policy(packaged_policy_text(), "policy.toml").terms
    random = Random(137)  # noqa: S311 - start days, no secrets
    starts = [_FIRST + timedelta(days=random.randrange(_DAYS)) for _ in range(scale.due_dates)]
    sample = starts[: scale.few_due_dates]
    rows: list[Row] = []
    for step in _STEPS:
        term = terms.of(step)
        begun = time.perf_counter()
        table = DueDates(published_calendar()).by_start(term)
        ours = [table[start].day for start in starts]
        seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        theirs = [_by_days(start, term) for start in sample]
        loop_seconds = time.perf_counter() - begun
        if ours[: len(sample)] != theirs:
            raise RuntimeError(f"{term.label}: the two disagree")
        for way, count, taken in ((OURS, len(starts), seconds), (LOOP, len(sample), loop_seconds)):
            rows.append(
                {"way": way, "term": term.label, "due_dates": count, "seconds": round(taken, 3),
                 "nanoseconds_each": round(taken / count * 1e9)}
            )  # fmt: skip
    return rows


def _by_days(start: date, term: Term) -> date:
    """Return a due date by asking the library for every single day."""
    day, counted = start, 0
    while counted < term.value or not chinese_calendar.is_workday(day):
        day += timedelta(days=1)
        if counted < term.value:
            counted += term.unit is TermUnit.CALENDAR_DAYS or chinese_calendar.is_workday(day)
    return day


def figures(rows: list[Row]) -> list[Figure]:
    """Set each term against the loop."""
    found = []
    for mine in (row for row in rows if row["way"] == OURS):
        (loop,) = [row for row in rows if row["way"] == LOOP and row["term"] == mine["term"]]
        seconds = float(mine["seconds"])
        ratio = ratio_of(float(loop["nanoseconds_each"]), float(mine["nanoseconds_each"]))
        found.append(
            Figure(
                name=f"{mine['due_dates']:,} due dates of {mine['term']}",
                database="",
                ours=f"{seconds:.2f} s",
                peer=f"{loop['nanoseconds_each']} ns each",
                peer_name=LOOP,
                ratio=ratio,
                ratio_means="times as fast",
                goal=f"≤ {_GOAL_SECONDS:.0f} s, ≥ {_GOAL_RATIO:.0f} times",
                reached=ratio is not None and ratio >= _GOAL_RATIO and seconds <= _GOAL_SECONDS,
            )
        )
    return found
