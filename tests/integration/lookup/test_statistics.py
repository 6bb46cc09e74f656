"""The statistics against a count by hand: every matter read by itself, every day looked at."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

import pytest
from conftest import Clock
from sqlmodel import col, select
from walks.histories import Histories
from walks.walking import Walk

from deployments.mechanisms import MECHANISMS
from models.codes import MatterKind, Outcome, Step
from models.days.periods import Period, read_period
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising
from models.lookup.lead_filter import LeadFilter, Status
from models.lookup.statistics import Dimension, Tally, together
from models.matters.tables import Matter
from tasks.desks import MatterFile
from tasks.lookup.leads.counting import count_statistics, read_statistics
from tasks.lookup.leads.selection import matching
from tasks.matters.reading import find_matter, key_of, read_file
from tasks.workplace import Workplace, work_calendar

UNDER_AUTHORITY = (Step.RECEIPT, Step.VERIFY, Step.RECTIFY)


@pytest.fixture
def lived(place: Workplace, clock: Clock, papers: Path) -> Workplace:
    """Leads of a month with a feast: in time and late, returned, extended, escalated, some still open."""
    clock.now = datetime(2026, 9, 14, 1, 0, tzinfo=UTC)
    Histories(place, clock, papers, Random(3)).live([f"第{n}条线索" for n in range(10)], days=32)
    # Nobody does anything any more.
    clock.now += timedelta(days=9)
    return place


@dataclass(frozen=True)
class Counted:
    """One assignment as counted by hand."""

    unit: str
    step: Step
    authority: str
    due_on: date
    stands: str
    days: int


def files_of(place: Workplace) -> list[MatterFile]:
    """Return everything of every matter."""
    with place.reading() as session:
        numbers = session.exec(select(Matter.number).order_by(col(Matter.id))).all()
        return [read_file(session, find_matter(session, number), MECHANISMS) for number in numbers]


def authority_of(file: MatterFile, files: list[MatterFile]) -> str:
    """Return the authority of a lead, or of the lead a petition is about."""
    whose = next(f for f in files if key_of(f.matter) == (file.matter.parent_id or file.matter.id))
    transfers = [a.answer for a in whose.assignments if a.row.step is Step.TRANSFER and a.answer]
    return transfers[0].fields["authority"] if transfers else ""


def count_by_hand(place: Workplace, now: datetime) -> list[Counted]:
    """Count every assignment with rules written anew."""
    files, houma = files_of(place), timedelta(hours=8)
    with place.reading() as session:
        calendar = work_calendar(session)
    found = []
    for file in files:
        for each in file.assignments:
            row, answer, days = each.row, each.answer, 0
            if answer is None:
                stands = "moot" if row.answered_at else "unanswered" if now > row.due_at else "running"
            elif answer.decision == "deemed":
                stands = "deemed"
            else:
                stands = "late" if answer.recorded_at > row.due_at else "on_time"
                day = row.clock_start
                while day < (answer.recorded_at + houma).date():
                    day += timedelta(days=1)
                    days += calendar.works(day)
            found.append(
                Counted(row.unit_code, row.step, authority_of(file, files), row.due_on, stands, days)
            )
    return found


def agrees(tally: Tally, counted: list[Counted]) -> bool:
    """Tell whether a tally says what was counted by hand."""
    days = [c.days for c in counted if c.stands in ("on_time", "late")]
    stands = Counter(c.stands for c in counted)
    return (
        {kind.value: n for kind, n in tally.timeliness.items() if n} == dict(stands)
        and tally.due == sum(stands[kind] for kind in ("on_time", "late", "unanswered", "deemed"))
        and tally.median_days == (median(days) if days else None)
        and tally.longest_days == max(days, default=None)
    )


def check_events(place: Workplace, whole: Tally) -> None:
    """Check extensions asked, granted and refused, returns, and rungs that went out."""
    files = files_of(place)
    asked = [f.matter.outcome for f in files if f.matter.kind is MatterKind.EXTENSION]
    returned = [a for f in files for a in f.assignments if a.answer and a.answer.decision == "return"]
    with place.reading() as session:
        rungs = Counter(e.rung for e in session.exec(select(Escalation)) if e.raising is Raising.RAISED)
    assert (whole.asked, whole.granted, whole.refused) == (
        len(asked), asked.count(Outcome.EXTENDED), asked.count(Outcome.NOT_EXTENDED)
    )  # fmt: skip
    assert (whole.returns, whole.rungs) == (len(returned), rungs)
    assert min(whole.asked, whole.returns, len(whole.rungs)) > 0


def test_the_figures_agree_with_a_count_by_hand(lived: Workplace, clock: Clock) -> None:
    """By unit and step, by month, and by authority; every kind of timeliness and event occurs."""
    counted = count_by_hand(lived, clock())
    assert {c.stands for c in counted} >= {"on_time", "late", "deemed", "unanswered"}
    found = read_statistics(lived, Period(), clock())
    for (unit, step), tally in found.by((Dimension.UNIT, Dimension.STEP)).items():
        assert agrees(tally, [c for c in counted if (c.unit, c.step.value) == (unit, step)]), (unit, step)
    for (month,), tally in found.by((Dimension.MONTH,)).items():
        assert agrees(tally, [c for c in counted if str(c.due_on).startswith(month)]), month
    for (authority,), tally in found.by((Dimension.AUTHORITY,)).items():
        of_theirs = [c for c in counted if c.authority == authority and c.step in UNDER_AUTHORITY]
        assert agrees(tally, of_theirs), authority
    assert agrees(together(found.by((Dimension.UNIT,)).values()), counted)
    check_events(lived, together(found.by((Dimension.UNIT,)).values()))


def test_months_and_scopes_part_the_whole(lived: Workplace, clock: Clock) -> None:
    """What is asked for month by month, or of open and of closed leads, adds up to what is told of all."""
    whole = read_statistics(lived, Period(), clock()).by((Dimension.MONTH,))
    months = {month for (month,) in whole}
    assert len(months) > 1
    for month in months:
        found = read_statistics(lived, read_period(month, month), clock()).by((Dimension.MONTH,))
        assert found == {(month,): whole[month,]}
    parts = []
    with lived.reading() as session:
        for scope in (Status.OPEN, Status.CLOSED):
            keys = matching(session, LeadFilter(status=scope), lived.policy, work_calendar(session), clock())
            part = count_statistics(session, lived, clock(), period=Period(), keys=keys)
            parts.append(together(part.by((Dimension.MONTH,)).values()))
    assert all(part.due for part in parts)
    assert together(parts) == together(whole.values())


def test_nothing_is_counted_where_nothing_happened(place: Workplace, clock: Clock) -> None:
    """An office that begins has no rates at all."""
    assert read_statistics(place, Period(), clock()).by((Dimension.UNIT,)) == {}


def test_overdue_counts_as_soon_as_the_due_date_has_passed(walk: Walk, clock: Clock) -> None:
    """Running before, not in time a moment later, and late once it is answered."""
    walk.to(Step.VERIFY)

    def stands() -> tuple[str, int, int]:
        tally = read_statistics(walk.place, Period(), clock()).by((Dimension.STEP,))["verify",]
        (kind,) = tally.timeliness
        return kind.value, tally.on_time, tally.due

    assert stands() == ("running", 0, 0)
    clock.now += timedelta(days=10)
    assert stands() == ("unanswered", 0, 1)
    walk.answer(Step.VERIFY)
    assert stands() == ("late", 0, 1)
