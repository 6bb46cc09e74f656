"""Withdrawing a document because a person decided so, and what it means for whoever owes something by it."""

from dataclasses import dataclass
from datetime import datetime

from models.matters.tables import Matter
from tasks.desks import Act
from tasks.documents.issuing import find_document, withdraw
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import key_of, lock_matters, read_file
from tasks.workplace import Workplace, bureau_person, office_of


@dataclass(frozen=True)
class Withdrawn:
    """The number of a document that was withdrawn, why, and what follows for its matter, else blank."""

    number: str
    note: str
    effect: str


def withdraw_by_hand(place: Workplace, number: str, reason: str, person: str, now: datetime) -> Withdrawn:
    """Withdraw a document; its number stays its own for ever, and the desk of its matter is told.

    Args:
        place: The workplace.
        number: The number of the document; see ``find_document``.
        reason: Why.
        person: Who of the bureau decided it.
        now: The moment (aware).

    Raises:
        NotFound: There is no such document.
        RuleViolation: No reason or nobody is named.
        ConflictError: It was withdrawn before.
    """
    with screened(place) as session:
        matter = session.get_one(Matter, find_document(session, number).matter_id)
        # The matter before the document, as everywhere.
        lock_matters(session, key_of(matter))
        document = find_document(session, number, for_change=True)
        actor = bureau_person(session, place, person)
        office = office_of(session, place)
        withdraw(session, document, reason.strip(), actor, now)
        file = read_file(session, matter, place.mechanisms)
        effect = file.desk.withdrawn(Act(session, office, place.mechanisms, now), file, document, actor)
        refuse_naming(session, place, matter, Author(office.bureau().code, actor, now), reason)
        return Withdrawn(document.number, document.note, effect)
