"""Petitions: putting something about a lead before a person to decide, and dropping what became pointless."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from models.codes import MatterKind, Outcome
from models.days.terms import Due
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Rung
from models.matters.tables import Assignment, Matter
from models.office.policy import Policy
from models.petitions.tables import Petition
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.documents.issuing import draft_of, withdraw
from tasks.matters.reading import key_of, lock_matters
from tasks.record.ledger import append_entry

# What the number of a petition ends with, and what stands in the printed one.
_MARKS = {MatterKind.EXTENSION: ("Y", "延期"), MatterKind.CIRCULAR: ("T", "通报")}


@dataclass(frozen=True)
class NewPetition:
    """A petition about what a lead owes: who brings it forward, and its text; see ``Petition``."""

    kind: MatterKind
    lead: Matter
    row: Assignment
    unit_code: str
    person: str
    body: str
    subject: str = ""
    proposed_on: date | None = None


def open_petition(session: Session, new: NewPetition, now: datetime) -> Matter:
    """Store a petition with a number of its own; the lead is locked by the caller.

    Its run is started after the transaction, or by the next patrol.
    """
    of_kind = (col(Matter.parent_id) == new.lead.id, col(Matter.kind) == new.kind)
    sequence = 1 + session.exec(select(func.count()).select_from(Matter).where(*of_kind)).one()
    letter, word = _MARKS[new.kind]
    matter = Matter(
        kind=new.kind, number=f"{new.lead.number}-{letter}{sequence}", parent_id=new.lead.id,
        printed_number=f"{new.lead.printed_number}{word}{sequence}",
        title=f"{new.kind.label}：{new.lead.title}", created_at=now,
    )  # fmt: skip
    session.add(matter)
    session.flush()
    session.add(
        Petition(
            matter_id=key_of(matter), assignment_id=key_of(new.row), due_on=new.row.due_on,
            unit_code=new.unit_code, person=new.person, proposed_on=new.proposed_on,
            subject=new.subject, body=new.body,
        )
    )  # fmt: skip
    session.flush()
    return matter


def pending_petitions(session: Session, row: Assignment, kinds: Sequence[MatterKind]) -> list[Matter]:
    """Return what waits for a decision about an assignment."""
    query = (
        select(Matter)
        .join(Petition)
        .where(col(Petition.assignment_id) == row.id, col(Matter.outcome).is_(None))
        .where(col(Matter.kind).in_(kinds))
        .order_by(col(Matter.id))
    )
    return list(session.exec(query))


def drop_petitions(
    session: Session,
    row: Assignment,
    why: str,
    now: datetime,
    kinds: Sequence[MatterKind] = tuple(MatterKind),
) -> list[str]:
    """Close what waits for a decision about an assignment and need not be decided any more.

    Args:
        session: The transaction, which has locked the lead.
        row: The assignment.
        why: What happened, for the ledger.
        now: The moment (aware).
        kinds: Which kinds of petitions.

    Returns:
        The numbers of the petitions that were closed.
    """
    dropped = pending_petitions(session, row, kinds)
    for matter in dropped:
        lock_matters(session, key_of(matter))
        matter.outcome, matter.closed_at = Outcome.MOOT, now
        owed = select(Assignment).where(
            Assignment.matter_id == matter.id, col(Assignment.answered_at).is_(None)
        )
        for waiting in session.exec(owed).all():
            waiting.answered_at, waiting.rung_at = now, None
            session.add(waiting)
        if matter.kind is MatterKind.EXTENSION:
            row.held = False
        else:
            settle_escalation(session, session.get_one(Petition, key_of(matter)), Raising.SKIPPED, why)
            draft = draft_of(session, matter)
            if draft is not None:
                withdraw(session, draft, f"{Outcome.MOOT.label}（{why}）", RULE, now)
        session.add_all((matter, row))
        summary = f"{matter.kind.label}办结：{Outcome.MOOT.label}（{why}）"
        append_entry(session, matter.number, now, EntryKind.CLOSED, RULE, summary, outcome=Outcome.MOOT.value)
    return [matter.number for matter in dropped]


def settle_escalation(session: Session, petition: Petition, raising: Raising, reason: str) -> None:
    """Note at the rung of the ladder what became of its circular."""
    row = session.exec(
        select(Escalation).where(
            col(Escalation.assignment_id) == petition.assignment_id,
            col(Escalation.due_on) == petition.due_on,
            col(Escalation.rung) == Rung.CIRCULAR,
        )
    ).one()
    row.raising = raising
    # The grounds of a person who raised it by hand stay.
    row.reason = "；".join(filter(None, (row.reason, reason)))
    session.add(row)


def move_due(
    session: Session, matter: Matter, row: Assignment, due: Due, policy: Policy, now: datetime
) -> None:
    """Give an open assignment another due date; its ladder is worked out anew by the next patrol.

    A circular that was drafted about the old date is not to be decided on any more.
    """
    if due.day != row.due_on:
        drop_petitions(session, row, "到期日已调整", now, kinds=(MatterKind.CIRCULAR,))
    row.due_on, row.due_at, row.provisional = due.day, policy.deadline(due.day), due.provisional
    row.rung_at = matter.stale_since = now
    session.add_all((row, matter))
