"""The statistics, counted from the stored facts in three passes. Source: 通知§12; ADR-0018."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import case
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select

from models.codes import CALLED_OFF, MatterKind, Step
from models.days.periods import Period
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Rung
from models.lookup.statistics import DaysUsed, Place, Statistics, month_of
from models.matters.tables import Answer, Assignment, Matter
from models.matters.timeliness import timeliness
from models.mechanisms.leads.tables import Lead
from models.office.vocabulary import Role
from models.petitions.tables import Petition
from tasks.lookup.board import transferred
from tasks.lookup.leads.selection import LeadKeys
from tasks.workplace import Workplace, work_calendar

# How many rows are held in memory at once.
_BATCH = 5_000


def read_statistics(place: Workplace, period: Period, now: datetime) -> Statistics:
    """Return the statistics of all leads, open and closed.

    Args:
        place: The workplace.
        period: Which assignments by their due date, and which events by their day.
        now: The moment (aware): what is due then without an answer is not in time.
    """
    with place.reading() as session:
        return count_statistics(session, place, now, period=period)


def count_statistics(
    session: Session, place: Workplace, now: datetime, *, period: Period, keys: LeadKeys | None = None
) -> Statistics:
    """Return the statistics of some leads, all of them unless a selection of their keys is given."""
    return _Count(session, place, now, period, keys).carry_out()


class _Count:
    """One count: what is looked at, and what was found so far."""

    def __init__(
        self, session: Session, place: Workplace, now: datetime, period: Period, keys: LeadKeys | None
    ) -> None:
        self._session = session
        self._day_of = place.policy.day_of
        self._now = now
        self._period = period
        self._keys = keys
        self._days = DaysUsed(work_calendar(session))
        self._found = Statistics(place.kinds)
        self._authorities = transferred()
        self._of_authorities = [duty.step for duty in place.kinds.duties if duty.owed_by is Role.AUTHORITY]

    def carry_out(self) -> Statistics:
        """Count everything."""
        self._assignments()
        self._extensions()
        self._escalations()
        self._relapses()
        return self._found

    def _rows(self, *columns: Any) -> Any:  # noqa: ANN401 - columns and statements of many types
        """Return a selection over assignments: unit, step, authority, then the columns asked for."""
        lead = func.coalesce(Matter.root_id, Matter.id)
        # An authority answers for what it owed itself, wherever the lead went later.
        own = (col(Assignment.step).in_(self._of_authorities), Assignment.unit_code)
        authority = case(own, else_=func.coalesce(self._authorities.c.authority, Assignment.unit_code))
        query = (
            select(Assignment.unit_code, Assignment.step, authority, *columns)
            .select_from(Assignment)
            .join(Matter, col(Matter.id) == Assignment.matter_id)
            .outerjoin(self._authorities, self._authorities.c.matter_id == lead)
        )
        query = query.where(lead.not_in(select(Matter.id).where(col(Matter.outcome).in_(CALLED_OFF))))
        return query if self._keys is None else query.where(lead.in_(self._keys))

    def _read(self, query: Any) -> Any:  # noqa: ANN401 - rows of many shapes
        """Return the rows of a selection, a few at a time."""
        return self._session.connection().execution_options(yield_per=_BATCH).execute(query)

    def _assignments(self) -> None:
        """Count the assignments that are due within the period, and the returns made in it."""
        query = self._rows(
            Assignment.returned, Assignment.opened_at, Assignment.clock_start, Assignment.due_on,
            Assignment.due_at, Assignment.answered_at, Answer.decision,
        ).outerjoin(Answer)  # fmt: skip
        for (
            unit,
            step,
            authority,
            returned,
            opened_at,
            start,
            due_on,
            due_at,
            answered_at,
            decision,
        ) in self._read(query):
            if self._within(due_on):
                stands = timeliness(due_at, answered_at, decision, self._now)
                used = self._days.between(start, self._day_of(answered_at)) if answered_at else 0
                place = Place(unit, step, month_of(due_on), authority)
                self._found.count_assignment(place, stands, used)
            if returned and self._within(returned_on := self._day_of(opened_at)):
                self._found.at(Place(unit, step, month_of(returned_on), authority)).returns += 1

    def _extensions(self) -> None:
        """Count the requests for an extension, at the assignment they are about, by the day of asking."""
        asked = select(
            Petition.assignment_id, Matter.created_at, Matter.outcome
        ).join(Petition).where(Matter.kind == MatterKind.EXTENSION).subquery()  # fmt: skip
        query = self._rows(asked.c.created_at, asked.c.outcome)
        for unit, step, authority, at, outcome in self._read(
            query.join(asked, asked.c.assignment_id == Assignment.id)
        ):
            if self._within(day := self._day_of(at)):
                self._found.count_extension(Place(unit, step, month_of(day), authority), outcome)

    def _escalations(self) -> None:
        """Count the rungs that went out, by their day."""
        query = self._rows(Escalation.rung, Escalation.at).join(
            Escalation, col(Escalation.assignment_id) == Assignment.id
        )
        for unit, step, authority, rung, at in self._read(query.where(Escalation.raising == Raising.RAISED)):
            if self._within(day := self._day_of(at)):
                self._found.at(Place(unit, step, month_of(day), authority)).rungs[Rung(rung)] += 1

    def _relapses(self) -> None:
        """Count what came back by the day it was registered, at the unit that had answered for it."""
        ended = aliased(Assignment)
        last = select(func.max(ended.id)).where(
            ended.matter_id == Assignment.matter_id, col(ended.step).in_((Step.VERIFY, Step.RECTIFY))
        )
        anew = aliased(Matter)
        query = self._rows(anew.created_at).join(Lead, Lead.relapse_of_id == Assignment.matter_id)
        query = query.join(anew, anew.id == Lead.matter_id).where(Assignment.id == last.scalar_subquery())
        query = query.where(or_(col(anew.outcome).is_(None), col(anew.outcome).not_in(CALLED_OFF)))
        for unit, step, authority, at in self._read(query):
            if self._within(day := self._day_of(at)):
                self._found.at(Place(unit, step, month_of(day), authority)).relapses += 1

    def _within(self, day: date) -> bool:
        """Tell whether a day lies in the period."""
        first, last = self._period.first, self._period.last
        return (first is None or first <= day) and (last is None or day <= last)
