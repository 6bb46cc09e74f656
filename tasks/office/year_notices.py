"""Importing a year's notice of rest days, and moving the open due dates it concerns."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from models.days.calendar import YearNotice
from models.days.tables import CalendarNotice
from models.days.terms import Due, DueDates
from models.errors import InputError
from models.matters.tables import Assignment, Matter
from models.messages.kinds import MessageKind
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.desks import Act
from tasks.matters.due_dates import settle_due
from tasks.matters.reading import read_file
from tasks.messages.posting import tell_unit
from tasks.petitions.pending import move_due
from tasks.record.ledger import append_entry
from tasks.turns import take_turn
from tasks.workplace import Workplace, office_of, work_calendar

_TURN = "放假安排"


@dataclass(frozen=True)
class MovedDate:
    """A due date that an import moved or confirmed, by the number of its matter."""

    number: str
    step: str
    before: date
    after: date


@dataclass(frozen=True)
class CalendarImport:
    """What an import did.

    Attributes:
        created: False where the same notice was there.
        moved: The due dates it touched.
        overlaps: Days that the notice of another year arranges otherwise; the later year's is in force.
    """

    created: bool
    moved: list[MovedDate]
    overlaps: list[date] = field(default_factory=list)


def import_notice(place: Workplace, notice: YearNotice, now: datetime) -> CalendarImport:
    """Store a notice and recompute every open due date in the same transaction.

    A date never moves into the past: nobody becomes overdue by a change of the calendar. Every version is
    kept; what the earlier one said of days before the later was issued stays in force.

    Args:
        place: The workplace.
        notice: The notice; it replaces an earlier one of the same year.
        now: The moment of the import (aware).

    Raises:
        InputError: A notice of that year that was issued later is in force.
    """
    days = {day.isoformat(): [named.kind.value, named.festival] for day, named in sorted(notice.days.items())}
    issued = notice.issued_on.isoformat() if notice.issued_on else ""
    digest = hashlib.sha256(json.dumps([notice.year, issued, days], ensure_ascii=False).encode()).hexdigest()
    with place.writing() as session:
        # Two imports of the same notice at once would both find it missing.
        take_turn(session, _TURN)
        of_year = select(CalendarNotice).where(CalendarNotice.year == notice.year)
        in_force = session.exec(of_year.order_by(col(CalendarNotice.id).desc())).first()
        if in_force is not None and in_force.digest == digest:
            return CalendarImport(created=False, moved=[])
        if in_force is not None and notice.issued_on and (in_force.issued_on or date.min) > notice.issued_on:
            raise InputError(
                f"{notice.year}年已导入 {in_force.issued_on} 发布的放假安排，"
                f"{notice.issued_on} 发布的在其之前，未予导入。"
            )
        overlaps = work_calendar(session).overlaps(notice)
        session.add(
            CalendarNotice(
                year=notice.year, issued_on=notice.issued_on, imported_at=now, digest=digest, days=days
            )
        )
        session.flush()
        summary = f"导入{notice.year}年放假安排，共{len(days)}日"
        append_entry(session, "calendar", now, EntryKind.CALENDAR_IMPORTED, "操作员", summary, digest=digest)
        return CalendarImport(created=True, moved=_recompute_open(session, place, now), overlaps=overlaps)


def _recompute_open(session: Session, place: Workplace, now: datetime) -> list[MovedDate]:
    """Recompute the due dates of all open assignments; each that changes is recorded and told."""
    due_dates, policy = DueDates(work_calendar(session)), place.policy
    office = office_of(session, place)
    act = Act(session, office, place.mechanisms, now)
    moved = []
    opened = col(Assignment.answered_at).is_(None)
    owing = col(Matter.id).in_(select(Assignment.matter_id).where(opened))
    # An answer that is just coming in is waited for: its assignment is not to be touched any more.
    session.exec(select(Matter.id).where(owing).order_by(col(Matter.id)).with_for_update()).all()
    # The rungs of a date that stays may move all the same: they are worked out anew by the next patrol.
    session.connection().execute(update(Assignment).where(opened).values(rung_at=now))
    query = select(Assignment, Matter).join(Matter).where(opened).execution_options(populate_existing=True)
    for row, matter in session.exec(query.order_by(col(Assignment.id))).all():
        if row.answered_at is not None:
            # A circular that an earlier row has just made pointless.
            continue
        due = settle_due(row, policy, due_dates, now)
        if due == Due(row.due_on, row.provisional):
            continue
        change = MovedDate(matter.number, row.step.label, row.due_on, due.day)
        move_due(act, matter, row, due)
        append_entry(
            session, matter.number, now, EntryKind.DUE_RECOMPUTED, RULE, _summary(change),
            step=row.step.value, before=change.before.isoformat(), after=due.day.isoformat(),
        )  # fmt: skip
        file = read_file(session, matter, place.mechanisms)
        tell_unit(session, office, file, row, MessageKind.DUE_MOVED, row.unit_code, now)
        moved.append(change)
    return moved


def _summary(change: MovedDate) -> str:
    """Return what happened to a due date in one sentence."""
    if change.before == change.after:
        return f"{change.step}到期日 {change.after} 经放假安排核定"
    return f"因放假安排，{change.step}到期日由 {change.before} 调整为 {change.after}"
