"""Raising the rungs of the ladder whose time has come: all of them in a few bulk transactions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from models.codes import Step
from models.days.calendar import WorkCalendar
from models.ladder.rungs import Standing, TimedRung, after_urging, standing
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Recipient, Rung
from models.matters.tables import Assignment, Matter
from models.office.directory import Office
from models.record.entries import RULE, Fact
from models.record.entry_kinds import EntryKind
from tasks.desks import Mechanisms
from tasks.ladder.circulars import draft_circular
from tasks.ladder.rung_messages import Notice, NoticeDesk
from tasks.matters.reading import key_of
from tasks.record.ledger import append_facts
from tasks.workplace import Workplace, office_of, work_calendar

# How many assignments are looked at in one transaction: other writers wait for it.
_BATCH = 2_000

Owed = tuple[Assignment, Matter]


def raise_rungs(place: Workplace, now: datetime) -> Counter[Rung]:
    """Raise every rung that has come, each once for an assignment and due date.

    Escalations, ledger entries, messages and the time of the next rung are written together. Outside
    business hours nothing is raised: it waits for the next opening. Source: 通知§12(六), ADR-0010.

    Args:
        place: The workplace.
        now: The moment of the patrol (aware).

    Returns:
        How often each rung was raised, without those that were skipped.
    """
    raised: Counter[Rung] = Counter()
    while (batch := _raise_batch(place, now)) is not None:
        raised.update(batch)
    return raised


def _raise_batch(place: Workplace, now: datetime) -> Counter[Rung] | None:
    """Raise the rungs of one batch; None where there was nothing to look at."""
    with place.writing() as session:
        calendar = work_calendar(session)
        if not place.policy.business_hours.is_open(now, calendar):
            return None
        owed = find_due(session, now)
        if not owed:
            return None
        clerk = _Clerk(office_of(session, place), place.mechanisms, calendar, now)
        done = _recorded(session, [key_of(row) for row, _ in owed])
        for row, matter in owed:
            clerk.look_at(row, matter, done.get(key_of(row), {}))
        clerk.write(session)
    return clerk.raised


def find_due(session: Session, now: datetime) -> Sequence[Owed]:
    """Return a batch of open assignments whose next rung has come, with their matters locked.

    A matter that somebody else holds is left to the next look: its answer may just be coming in.
    """
    query = (
        select(Assignment, Matter)
        .join(Matter)
        # An answer empties it; asking for open ones too would lure SQLite to another index.
        .where(col(Assignment.rung_at) <= now)
        .order_by(col(Assignment.rung_at), col(Assignment.id))
        .limit(_BATCH)
    )
    return session.exec(query.with_for_update(skip_locked=True)).all()


def _recorded(session: Session, assignments: Sequence[int]) -> dict[int, dict[Rung, datetime]]:
    """Return when rungs were raised or skipped before, for the due date in force."""
    query = (
        select(Escalation.assignment_id, Escalation.rung, Escalation.at)
        .join(Assignment)
        .where(col(Escalation.assignment_id).in_(assignments))
        .where(col(Escalation.due_on) == Assignment.due_on)
    )
    recorded: dict[int, dict[Rung, datetime]] = {}
    for assignment, rung, at in session.exec(query):
        recorded.setdefault(assignment, {})[Rung(rung)] = at
    return recorded


@dataclass
class _Clerk:
    """Looks at assignments one by one and keeps what is to be written until the end of the batch."""

    office: Office
    mechanisms: Mechanisms
    calendar: WorkCalendar
    now: datetime
    escalations: list[dict[str, object]] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    drafts: list[Notice] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    looks: dict[datetime | None, list[int]] = field(default_factory=dict)
    raised: Counter[Rung] = field(default_factory=Counter)
    _rungs: dict[tuple[Step, date], tuple[TimedRung, ...]] = field(default_factory=dict)

    def look_at(self, row: Assignment, matter: Matter, done: Mapping[Rung, datetime]) -> None:
        """Note what has come for one assignment, and when to look at it again."""
        if row.answered_at is not None or matter.outcome is not None or row.paused:
            # Nobody owes anything any more, whatever was written beside the answer; or its letter was
            # withdrawn, and whoever hands it over anew begins anew.
            self.looks.setdefault(None, []).append(key_of(row))
            return
        if not self.office.stored(row.unit_code).active:
            # Nobody reports a unit that is no more; the bureau is told of it once. Source: ADR-0032.
            self.looks.setdefault(None, []).append(key_of(row))
            return
        stands = self._standing(row, done)
        self.looks.setdefault(stands.next_at, []).append(key_of(row))
        if stands.reached is None:
            return
        rule = stands.reached.rule
        for rung in stands.missed:
            self._record(row, matter, rung, Raising.SKIPPED, f"同时已到“{rule.rung.label}”，只发最高一级")
        if rule.needs_approval:
            # Nothing goes out before a person has decided.
            self._record(row, matter, stands.reached, Raising.AWAITING, "")
            self.drafts.append(Notice(matter, row, rule, Recipient.CITY))
        else:
            self._record(row, matter, stands.reached, Raising.RAISED, "")
            self.notices += [Notice(matter, row, rule, recipient) for recipient in rule.recipients]
        self.raised[rule.rung] += 1
        self.shown.append(key_of(matter))

    def _standing(self, row: Assignment, done: Mapping[Rung, datetime]) -> Standing:
        """Return where an assignment stands; rungs are computed once for a step and date."""
        policy = self.office.policy
        key = row.step, row.due_on
        if key not in self._rungs:
            self._rungs[key] = policy.rungs(row.step, row.due_on, self.calendar)
        rungs = after_urging(
            self._rungs[key], since=row.opened_at, urged_at=done.get(Rung.URGE), now=self.now,
            hours=policy.business_hours, calendar=self.calendar,
        )  # fmt: skip
        return standing(rungs, since=row.opened_at, held=row.held, recorded=done, now=self.now)

    def _record(
        self, row: Assignment, matter: Matter, rung: TimedRung, raising: Raising, reason: str
    ) -> None:
        """Note one rung as raised or skipped, for the table and for the ledger."""
        rule = rung.rule
        self.escalations.append(
            {
                "assignment_id": key_of(row), "due_on": row.due_on, "rung": rule.rung, "raising": raising,
                "at": self.now, "actor": RULE, "grounds": None, "reason": reason,
            }
        )  # fmt: skip
        unit = self.office.stored(row.unit_code).name
        summary = f"{row.step.label}{rule.rung.label}：{unit}，到期日 {row.due_on}"
        detail = {
            "step": row.step.value, "round": row.round, "unit": row.unit_code, "rung": rule.rung.value,
            "raising": raising.value,
            "due_on": row.due_on.isoformat(), "came_at": rung.at.isoformat(),
        }  # fmt: skip
        if raising is not Raising.RAISED:
            summary += f"（{raising.label}{f'：{reason}' if reason else ''}）"
        self.facts.append(Fact(matter.number, self.now, EntryKind.ESCALATED, RULE, summary, detail))

    def write(self, session: Session) -> None:
        """Write everything noted within the transaction."""
        connection = session.connection()
        if self.escalations:
            connection.execute(insert(Escalation), self.escalations)
        append_facts(session, self.facts)
        desk = NoticeDesk(self.office, self.mechanisms, self.calendar, self.now)
        desk.enqueue(session, self.notices)
        for notice in self.drafts:
            draft_circular(session, desk, notice, RULE)
        for next_at, rows in self.looks.items():
            connection.execute(update(Assignment).where(col(Assignment.id).in_(rows)).values(rung_at=next_at))
        connection.execute(update(Matter).where(col(Matter.id).in_(self.shown)).values(stale_since=self.now))
