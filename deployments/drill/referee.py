"""The referee of a drill: what should have become of every rung, worked out by brute force.

The patrol decides from what is stored when it comes by. This goes through the whole history afterwards:
every patrol, every due date an assignment ever had, every time its ladder was held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from deployments.mechanisms import KINDS
from models.codes import Step
from models.days.calendar import WorkCalendar
from models.days.hours import BusinessHours
from models.ladder.rungs import TimedRung
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Rung
from models.matters.tables import Assignment, Matter
from models.office.policy import Policy
from models.record.entry_kinds import EntryKind
from models.record.tables import LedgerEntry
from tasks.matters.reading import key_of
from tasks.record.ledger import entries_of
from tasks.workplace import Workplace, work_calendar

_OF_EXTENSIONS = {EntryKind.EXTENSION_REQUESTED, EntryKind.EXTENDED, EntryKind.EXTENSION_REFUSED}
_OF_HAND_BACKS = {EntryKind.HANDED_BACK, EntryKind.HAND_BACK_REFUSED}

# What is known of a rung of one due date: whether it was passed over for a higher one, and when.
Told = dict[tuple[date, Rung], tuple[bool, datetime]]


@dataclass(frozen=True)
class Judgement:
    """How many rungs were looked at, and one Chinese sentence for each that is not as it should be."""

    rungs: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Period:
    """A due date in force, or a hold (``due_on`` None), from one moment up to another."""

    begin: datetime
    end: datetime | None
    due_on: date | None = None

    def covers(self, moment: datetime) -> bool:
        """Tell whether a moment lies within."""
        return self.begin <= moment and (self.end is None or moment < self.end)


def judge(place: Workplace, patrols: Sequence[datetime]) -> Judgement:
    """Compare every stored rung with what the patrols should have raised.

    Args:
        place: The workplace of a drill whose calendar did not change meanwhile.
        patrols: When the patrols were (aware), ascending.
    """
    counted, faults = 0, []
    with place.reading() as session:
        calendar = work_calendar(session)
        query = select(Assignment, Matter).join(Matter).order_by(col(Assignment.id))
        for row, matter in session.exec(query).all():
            wanted = _wanted(row, _History.of(session, row, matter), patrols, place.policy, calendar)
            found = _found(session, row)
            counted += len(wanted)
            about = f"{matter.number} {row.step.label}"
            keys = sorted(wanted.keys() | found.keys())
            faults += [_fault(about, key, wanted, found) for key in keys if wanted.get(key) != found.get(key)]
    return Judgement(counted, tuple(faults))


def _fault(about: str, key: tuple[date, Rung], wanted: Told, found: Told) -> str:
    """Return what is wrong with a rung as a sentence."""
    due_on, rung = key
    told = f"应为{_said(wanted.get(key))}，实为{_said(found.get(key))}"
    return f"{about} 到期日 {due_on} {rung.label}：{told}"


@dataclass(frozen=True)
class _History:
    """The due dates of an assignment and the holds of its ladder, told by the ledger of its matter."""

    dates: tuple[_Period, ...]
    holds: tuple[_Period, ...]

    @classmethod
    def of(cls, session: Session, row: Assignment, matter: Matter) -> "_History":
        """Read the history of an assignment."""
        moves = [entry for entry in entries_of(session, matter.number) if _concerns(entry, row)]
        begin, due_on = row.opened_at, row.due_on
        extended = [entry for entry in moves if entry.kind == EntryKind.EXTENDED]
        if extended:
            due_on = date.fromisoformat(extended[0].detail["before"])
        dates = []
        for entry in extended:
            dates.append(_Period(begin, entry.at, due_on))
            begin, due_on = entry.at, date.fromisoformat(entry.detail["after"])
        dates.append(_Period(begin, None, due_on))
        return cls(tuple(dates), tuple(_holds(moves, row)))


def _concerns(entry: LedgerEntry, row: Assignment) -> bool:
    """Tell whether an entry is about the extension of an assignment, or about handing it back."""
    about = (entry.kind in _OF_EXTENSIONS and row.step is Step.RECTIFY) or (
        entry.kind in _OF_HAND_BACKS and KINDS.duty(row.step).may_be_handed_back
    )
    ended = row.answered_at is not None and entry.at >= row.answered_at
    return about and entry.at >= row.opened_at and not ended


def _holds(moves: Iterable[LedgerEntry], row: Assignment) -> Iterable[_Period]:
    """Give the periods from a request to its ruling, or to the end of what was taken from the unit.

    What is handed back behind its term is urged as before.
    """
    begin: datetime | None = None
    for entry in moves:
        if entry.kind == EntryKind.HANDED_BACK and entry.at > row.due_at:
            continue
        if entry.kind in {EntryKind.EXTENSION_REQUESTED, EntryKind.HANDED_BACK}:
            begin = entry.at
        elif begin is not None:
            yield _Period(begin, entry.at)
            begin = None
    if begin is not None:
        yield _Period(begin, None)


def _wanted(
    row: Assignment,
    history: _History,
    patrols: Sequence[datetime],
    policy: Policy,
    calendar: WorkCalendar,
) -> Told:
    """Return what the patrols should have made of the ladder of an assignment."""
    told: Told = {}
    for now in patrols:
        if now <= row.opened_at or (row.answered_at is not None and now >= row.answered_at):
            continue
        if not policy.business_hours.is_open(now, calendar):
            continue
        (due_on,) = [period.due_on for period in history.dates if period.covers(now)]
        if due_on is None:
            continue
        held = any(hold.covers(now) for hold in history.holds)
        rungs = policy.rungs(row.step, due_on, calendar)
        (_, urged_at) = told.get((due_on, Rung.URGE), (False, None))
        pace = _Pace(row.opened_at, urged_at, now, policy.business_hours, calendar)
        come = [
            rung for rung in rungs
            if pace.lets(rung, rungs)
            and (due_on, rung.rule.rung) not in told
            and not (held and rung.overdue)
        ]  # fmt: skip
        told |= {(due_on, rung.rule.rung): (rung is not _highest(come), now) for rung in come}
    return told


@dataclass(frozen=True)
class _Pace:
    """Who was urged when, at one patrol: nothing above a unit before it has had its working day."""

    opened_at: datetime
    urged_at: datetime | None
    now: datetime
    hours: BusinessHours
    calendar: WorkCalendar

    def lets(self, rung: TimedRung, rungs: Sequence[TimedRung]) -> bool:
        """Tell whether a rung has come at this patrol."""
        urging = next((each for each in rungs if each.rule.rung is Rung.URGE), None)
        if urging is None or urging is rungs[-1] or _order(rung) < _order(urging):
            return self.opened_at < rung.at <= self.now
        if rung is urging:
            if rung.at > self.opened_at:
                return rung.at <= self.now
            return self._days(self.opened_at, self.now) >= 1
        return rung.at <= self.now and self.urged_at is not None and self._waited(rung, urging, self.urged_at)

    def _waited(self, rung: TimedRung, urging: TimedRung, urged_at: datetime) -> bool:
        """Tell whether as much time as planned has passed since the urging."""
        needed = self._days(urging.at, rung.at)
        clock, urged = (self.hours.local(each).time() for each in (rung.at, urged_at))
        if rung.rule.rung is Rung.SUPERVISE:
            needed += needed == 0 and clock <= urged
        elif needed <= 1:
            needed, clock = 1, max(clock, urged)
        passed = self._days(urged_at, self.now)
        return passed > needed or (passed == needed and self.hours.local(self.now).time() >= clock)

    def _days(self, after: datetime, to: datetime) -> int:
        """Return how many working days begin between two moments."""
        first, last = (self.hours.local(each).date() for each in (after, to))
        days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return sum(1 for day in days if self.calendar.works(day))


def _order(rung: TimedRung) -> tuple[int, time]:
    """Return the place of a rung on the ladder."""
    return rung.rule.offset, rung.rule.at


def _highest(come: Sequence[TimedRung]) -> TimedRung:
    """Return the rung that goes out."""
    return max(come, key=_order)


def _found(session: Session, row: Assignment) -> Told:
    """Return what is stored; a draft that was decided or became pointless was not passed over."""
    stored = session.exec(select(Escalation).where(col(Escalation.assignment_id) == key_of(row)))
    return {
        (each.due_on, each.rung): (each.raising is Raising.SKIPPED and "同时已到" in each.reason, each.at)
        for each in stored
    }


def _said(told: tuple[bool, datetime] | None) -> str:
    """Return what became of a rung in words."""
    if told is None:
        return "未到"
    passed_over, at = told
    return f"{'未发出' if passed_over else '已发出'}（{at:%m-%d %H:%M} UTC）"
