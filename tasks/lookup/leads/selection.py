"""Which leads are asked for, as one query for their keys. Source: ADR-0017."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, or_, select

from models.codes import Step
from models.days.calendar import WorkCalendar
from models.days.periods import Period
from models.lookup.lead_filter import LEADS, LeadFilter, SortKey, Status, near_until
from models.matters.tables import Assignment, Matter
from models.matters.vocabulary import Signal
from models.mechanisms.leads.tables import Lead
from models.office.policy import Policy
from tasks.lookup.leads.text_search import among, titled, with_words, worded

# A query for the keys of matters (``matter.id``), whatever else it joins or asks for.
LeadKeys = Select[tuple[int]]


def matching(
    session: Session, asked: LeadFilter, policy: Policy, calendar: WorkCalendar, now: datetime
) -> LeadKeys:
    """Return the query for the keys of matters that are asked for, each once, in no order.

    Whoever exports them takes it as ``select(…).where(col(Matter.id).in_(matching(…)))``.

    Args:
        session: Tells the kind of database.
        asked: What is asked of them.
        policy: Tells the office's days and when a due date is near.
        calendar: The notices in force.
        now: The moment (aware) at which they are near or overdue.
    """
    found: LeadKeys = chosen(session, asked, policy, calendar, now)
    return found


def chosen(
    session: Session,
    asked: LeadFilter,
    policy: Policy,
    calendar: WorkCalendar,
    now: datetime,
    order: SortKey | None = None,
) -> Any:  # noqa: ANN401 - a query of one column or two
    """Return the query for the keys as ``id``, each with what it is put in order by as ``by``.

    It begins with the table that leaves the fewest; no table is read that is not needed. See ``matching``.
    """
    found = worded(session, asked.words) if asked.words else None
    root, key = _root(asked, found, order)
    of_matter, of_lead = list(_of_matter(asked, policy, key)), list(_of_lead(asked, policy))
    of_owed = list(_of_owed(asked, policy, calendar, now))
    by = {SortKey.DUE: col(Assignment.due_on), SortKey.RECEIVED: col(Lead.received_at)}
    columns = [key.label("id")]
    if order is not None:
        columns.append(by.get(order, col(Matter.title) if order is SortKey.TITLE else key).label("by"))
    query: Any = select(*columns).select_from(root)
    if root is Matter:
        of_matter.append(col(Matter.kind).in_(asked.kinds))
    elif of_matter or order is SortKey.TITLE or Signal.CLOSED in asked.signals:
        query = query.join(Matter, Matter.id == key)
    if root is not Lead and of_lead:
        of_lead = [among(session, key, select(Lead.matter_id).where(*of_lead))]
    if root is not Lead and order is SortKey.RECEIVED:
        query = query.join(Lead, Lead.matter_id == key, isouter=True)
    if of_owed or order is SortKey.DUE:
        # What is closed owes nothing and may be asked for all the same.
        optional = not of_owed or Signal.CLOSED in asked.signals
        query = query.join(Assignment, owed_by(key), isouter=optional)
    if found is not None and (others := asked.kinds - LEADS):
        told = titled(asked.words, others)
        of_matter.append(key.in_(select(found.c.matter_id)) | told if asked.kinds & LEADS else told)
    elif found is not None and root is not found:
        query = with_words(session, query, key, found)
    return query.where(*of_matter, *of_lead, *of_owed)


def _root(asked: LeadFilter, found: Any, order: SortKey | None) -> tuple[Any, Any]:  # noqa: ANN401 - a selection of keys
    """Return with which table to begin, and its key: with the matters where only the open ones are meant."""
    if asked.kinds == LEADS and asked.status is not Status.OPEN:
        if asked.is_about_breach or order is SortKey.RECEIVED:
            return Lead, col(Lead.matter_id)
        if found is not None:
            return found, found.c.matter_id
    return Matter, col(Matter.id)


def owed_by(key: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column
    """Return the condition for what a matter owes now; there is at most one of these."""
    return and_(col(Assignment.matter_id) == key, col(Assignment.answered_at).is_(None))


def _of_matter(asked: LeadFilter, policy: Policy, key: Any) -> Iterator[ColumnElement[bool]]:  # noqa: ANN401 - a column
    """Yield what is asked of the matter itself."""
    if asked.status is not Status.ALL:
        is_open = col(Matter.outcome).is_(None)
        yield is_open if asked.status is Status.OPEN else ~is_open
    yield from _on_days(col(Matter.created_at), asked.registered, policy)
    yield from _on_days(col(Matter.closed_at), asked.closed, policy)
    if asked.authorities:
        # The receipt is owed by the authority a lead was handed to; SQLite finds the index by the literal.
        receipt: ColumnElement[str] = literal_column(f"'{Step.RECEIPT.value}'")
        handed = select(Assignment.matter_id).where(col(Assignment.step) == receipt)
        later = aliased(Assignment)
        anew = select(later.id).where(
            later.matter_id == Assignment.matter_id, later.step == receipt, later.round > Assignment.round
        )
        handed = handed.where(col(Assignment.unit_code).in_(asked.authorities), ~anew.exists())
        yield key.in_(handed)


def _of_lead(asked: LeadFilter, policy: Policy) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of the reported breach."""
    wanted: tuple[tuple[Any, Collection[Any]], ...] = (
        (Lead.source_level, asked.sources),
        (Lead.category, asked.categories),
        (Lead.barrier, asked.barriers),
        (Lead.importance, asked.importances),
    )
    for held, members in wanted:
        if members:
            yield col(held).in_(members)
    yield from _on_days(col(Lead.received_at), asked.received, policy)


def _of_owed(
    asked: LeadFilter, policy: Policy, calendar: WorkCalendar, now: datetime
) -> Iterator[ColumnElement[bool]]:
    """Yield what is asked of the answer that is owed."""
    if asked.steps:
        yield col(Assignment.step).in_(asked.steps)
    if asked.units:
        yield col(Assignment.unit_code).in_(asked.units)
    if asked.due.first is not None:
        yield col(Assignment.due_on) >= asked.due.first
    if asked.due.last is not None:
        yield col(Assignment.due_on) <= asked.due.last
    if asked.signals:
        yield or_(*(_shows(light, policy, calendar, now) for light in asked.signals))


def _shows(light: Signal, policy: Policy, calendar: WorkCalendar, now: datetime) -> ColumnElement[bool]:
    """Return the rule ``models.matters.facts.signal`` in terms of the database."""
    if light is Signal.CLOSED:
        return col(Matter.outcome).is_not(None)
    overdue = col(Assignment.due_at) < now
    if light is Signal.OVERDUE:
        return overdue
    near = or_(
        *(
            and_(Assignment.step == step, col(Assignment.due_on) <= near_until(step, now, policy, calendar))
            for step in Step
        )
    )
    return and_(~overdue, near if light is Signal.NEAR else ~near)


def _on_days(moment: Any, days: Period, policy: Policy) -> Iterator[ColumnElement[bool]]:  # noqa: ANN401 - a column
    """Yield that a moment lies on days of the office."""
    zone = policy.business_hours.zone
    if (begins := days.begins_at(zone)) is not None:
        yield moment >= begins
    if (ends := days.ends_before(zone)) is not None:
        yield moment < ends
