"""Petitions: putting something about a matter before a person, and dropping what became pointless."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from models.codes import MatterKind, Outcome
from models.days.terms import Due
from models.matters.kinds import Kind
from models.matters.tables import Assignment, Matter
from models.petitions.tables import Petition
from tasks.desks import Act
from tasks.matters.opening import end_part, open_part
from tasks.matters.reading import key_of, lock_matters, read_file


@dataclass(frozen=True)
class NewPetition:
    """A petition about what a matter owes: who brings it forward, and its text; see ``Petition``."""

    kind: Kind
    about: Matter
    row: Assignment
    unit_code: str
    person: str
    body: str
    subject: str = ""
    proposed_on: date | None = None


def open_petition(session: Session, new: NewPetition, now: datetime) -> Matter:
    """Store a petition as a part of what it is about, which is locked by the caller."""
    matter = open_part(session, new.about, new.kind, f"{new.kind.code.label}：{new.about.title}", now)
    session.add(
        Petition(
            matter_id=key_of(matter), assignment_id=key_of(new.row), due_on=new.row.due_on,
            unit_code=new.unit_code, person=new.person, proposed_on=new.proposed_on,
            subject=new.subject, body=new.body,
        )
    )  # fmt: skip
    session.flush()
    return matter


def pending_petitions(session: Session, row: Assignment, kind: MatterKind | None = None) -> list[Matter]:
    """Return what waits for a decision about an assignment: of one kind, or all there is."""
    query = (
        select(Matter)
        .join(Petition)
        .where(col(Petition.assignment_id) == row.id, col(Matter.outcome).is_(None))
        .order_by(col(Matter.id))
    )
    return list(session.exec(query if kind is None else query.where(Matter.kind == kind)))


def drop_petitions(
    act: Act, row: Assignment, why: str, *, rests_on_due: bool = False, but: Matter | None = None
) -> None:
    """Close what waits for a decision about an assignment and need not be decided any more.

    Args:
        act: The transaction, which has locked the matter that owes the answer.
        row: The assignment.
        why: What happened, for the ledger.
        rests_on_due: Only what rests on a date that was not kept; see ``Kind``.
        but: What was just decided, and brings this about.
    """
    for matter in pending_petitions(act.session, row):
        if matter is but or (rests_on_due and not act.kinds.of(matter.kind).rests_on_due):
            continue
        lock_matters(act.session, key_of(matter))
        end_part(act, read_file(act.session, matter, act.mechanisms), Outcome.MOOT, why)


def move_due(act: Act, matter: Matter, row: Assignment, due: Due) -> None:
    """Give an open assignment another due date; its ladder is worked out anew by the next patrol.

    What was put before somebody because of the old date is not to be decided on any more.
    """
    if due.day != row.due_on:
        drop_petitions(act, row, "到期日已调整", rests_on_due=True)
    row.due_on, row.due_at, row.provisional = due.day, act.office.policy.deadline(due.day), due.provisional
    row.rung_at = matter.stale_since = act.now
    act.session.add_all((row, matter))
