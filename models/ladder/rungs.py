"""The escalation ladder: which rung an unanswered assignment has reached, and when the next one comes.

Source: 通知§12(六): 推诿、敷衍、拖延 are reported to the city government and named in a circular. The rungs
before that are house rules (ADR-0010). People are only told during business hours of working days, so a
rung whose clock time lies outside them comes at the next opening.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from models.codes import Step
from models.days.calendar import WorkCalendar
from models.days.hours import BusinessHours, Frozen, wall_clock
from models.documents.vocabulary import DocumentKind
from models.ladder.vocabulary import ABOVE_UNIT, BEFORE_DUE, Recipient, Rung


class RungRule(Frozen):
    """One rung as the policy defines it.

    Attributes:
        rung: Which one.
        offset: Working days from the due date; negative lies before it.
        at: Clock time on that day, in the office's zone.
        steps: The steps it applies to.
        recipients: Who is told.
        document: The official document that goes out, if any.
        needs_approval: Whether a person decides before anything goes out.
        source: Where it is written.
    """

    rung: Rung
    offset: Annotated[int, Field(ge=-30, le=60, strict=True)]
    at: time
    steps: Annotated[frozenset[Step], Field(min_length=1)]
    recipients: Annotated[tuple[Recipient, ...], Field(min_length=1)]
    document: DocumentKind | None = None
    needs_approval: bool = False
    source: Annotated[str, Field(min_length=1)]

    @field_validator("at", mode="before")
    @classmethod
    def _wall_clock(cls, value: object) -> object:
        return wall_clock(value)


def _ascending(rules: tuple[RungRule, ...]) -> tuple[RungRule, ...]:
    """Refuse a ladder whose rungs are not in the order of time, or that names one twice."""
    order = [(rule.offset, rule.at) for rule in rules]
    if sorted(set(order)) != order:
        raise ValueError("各级应按时间先后排列，且不得同时")
    if len({rule.rung for rule in rules}) != len(rules):
        raise ValueError("同一级只能出现一次")
    return rules


def check_closing(rules: Iterable[RungRule], closes: time) -> None:
    """Refuse a ladder that says too early that a due day has passed, or too late that it comes.

    Raises:
        ValueError: A rung lies on the wrong side of the end of the due day.
    """
    for rule in rules:
        passed = rule.offset > 0 or (rule.offset == 0 and rule.at >= closes)
        if passed is (rule.rung in BEFORE_DUE):
            side = "不早于" if passed is False else "早于"
            raise ValueError(
                f"{rule.rung.label}应{side}到期日 {closes:%H:%M}（办公结束时间），请调整 offset 或 at"
            )


Ladder = Annotated[tuple[RungRule, ...], AfterValidator(_ascending)]


@dataclass(frozen=True)
class TimedRung:
    """A rung of one due date: when it comes, and whether that is after the due date has passed."""

    rule: RungRule
    at: datetime
    overdue: bool


@dataclass(frozen=True)
class Standing:
    """Where an assignment stands on the ladder.

    Attributes:
        reached: The highest rung whose time has come since the last one, None where there is none.
        missed: Lower rungs whose time came as well, in order; they are recorded as skipped, not sent.
        next_at: When the next rung comes, None where none comes or the rest is held.
    """

    reached: TimedRung | None
    missed: tuple[TimedRung, ...]
    next_at: datetime | None


def timed_rungs(
    rules: Iterable[RungRule], step: Step, due_on: date, hours: BusinessHours, calendar: WorkCalendar
) -> tuple[TimedRung, ...]:
    """Return the rungs of a step for a due date, in the order of time.

    Args:
        rules: The ladder.
        step: The step that is owed.
        due_on: Its due date, in the office's zone.
        hours: When people may be told.
        calendar: The notices in force.

    Raises:
        CalendarGapError: A rung lies outside any calendar.
    """
    due_at = datetime.combine(due_on, hours.closes, tzinfo=hours.zone)
    timed = []
    for rule in (rule for rule in rules if step in rule.steps):
        planned = datetime.combine(calendar.shift(due_on, rule.offset), rule.at, tzinfo=hours.zone)
        at = hours.next_opening(planned, calendar)
        # A due date may have become a rest day since; what speaks of a due day to come must not come after.
        if at <= due_at or planned >= due_at:
            timed.append(TimedRung(rule, at, overdue=at > due_at))
    return tuple(timed)


def after_urging(
    rungs: Sequence[TimedRung],
    *,
    since: datetime,
    urged_at: datetime | None,
    now: datetime,
    hours: BusinessHours,
    calendar: WorkCalendar,
) -> tuple[TimedRung, ...]:
    """Return the rungs as they come to a unit that is, or was, urged later than planned.

    A unit hears 催办 before anything higher, and one working day before anything goes above it: the rungs
    behind a late 催办 move by the working days it came late. Source: ADR-0029.

    Args:
        rungs: All rungs of the due date; see ``timed_rungs``.
        since: When the assignment was opened; one that was overdue then is urged on the next working day.
        urged_at: When its unit was urged for this due date, None where it was not yet.
        now: The moment (aware).
        hours: When people may be told.
        calendar: The notices in force.
    """
    place = next((n for n, rung in enumerate(rungs) if rung.rule.rung is Rung.URGE), None)
    if place is None or place + 1 == len(rungs):
        return tuple(rungs)
    urging = rungs[place]
    if urging.at <= since:
        morning = datetime.combine(
            calendar.shift(hours.local(since).date(), 1), hours.opens, tzinfo=hours.zone
        )
        urging = replace(urging, at=morning, overdue=True)
    # Whoever is not urged yet is urged now at the earliest.
    at = urged_at or max(now, urging.at)
    behind = (_moved(rung, rungs[place], at, hours, calendar) for rung in rungs[place + 1 :])
    return (*rungs[:place], urging, *behind)


def _moved(
    rung: TimedRung, urging: TimedRung, urged_at: datetime, hours: BusinessHours, calendar: WorkCalendar
) -> TimedRung:
    """Return a rung behind an urging that came at a moment, no earlier than it was planned."""
    urged, planned = hours.local(urged_at), hours.local(urging.at).date()
    days = calendar.working_days(planned, hours.local(rung.at).date())
    clock = hours.local(rung.at).time()
    if ABOVE_UNIT.intersection(rung.rule.recipients):
        days = max(days, 1)
        clock = max(clock, urged.time()) if days == 1 else clock
    elif not days and clock <= urged.time():
        days = 1
    moved = datetime.combine(calendar.shift(urged.date(), days), clock, tzinfo=hours.zone)
    return rung if moved <= rung.at else replace(rung, at=hours.next_opening(moved, calendar))


def standing(
    rungs: Iterable[TimedRung], *, since: datetime, held: bool, recorded: Container[Rung], now: datetime
) -> Standing:
    """Tell which rung is to be raised now.

    Args:
        rungs: The rungs as they come; see ``after_urging``.
        since: When the assignment was opened: what lay before is nobody's failing.
        held: Whether an extension is asked for: then the overdue rungs wait for its decision.
        recorded: The rungs that were raised or skipped for this due date before.
        now: The moment (aware).
    """
    open_rungs = [
        rung for rung in rungs
        if rung.at > since and rung.rule.rung not in recorded and not (held and rung.overdue)
    ]  # fmt: skip
    come = [rung for rung in open_rungs if rung.at <= now]
    later = [rung.at for rung in open_rungs if rung.at > now]
    return Standing(come[-1] if come else None, tuple(come[:-1]), min(later, default=None))
