"""Who works on a lead now, and which other leads are answered with it."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from models.matters.facts import REDIRECTED
from models.matters.tables import Matter
from models.mechanisms.leads.tables import Lead
from models.office.directory import Office
from tasks.desks import MatterFile


def at_work(file: MatterFile) -> list[str]:
    """Return the codes of the units that owe or gave an answer since it was last handed over, in order.

    A unit it was taken from has been told so, and hears no more of it.
    """
    kept: list[str] = []
    taken: set[str] = set()
    for each in file.assignments:
        if each.answer is not None and each.answer.decision == REDIRECTED:
            taken.add(each.row.unit_code)
        else:
            taken.discard(each.row.unit_code)
            kept.append(each.row.unit_code)
    return [code for code in dict.fromkeys(kept) if code not in taken]


def others_at_work(file: MatterFile, office: Office) -> list[str]:
    """Return the same without the bureau."""
    return [code for code in at_work(file) if code != office.bureau().code]


def merged_into(session: Session, key: int) -> Iterator[tuple[Matter, Lead]]:
    """Give the leads that were merged into one, and those merged into them before, in the order they came."""
    query = select(Matter, Lead).join(Lead).where(Lead.merged_into_id == key).order_by(col(Matter.id))
    for matter, lead in session.exec(query).all():
        yield matter, lead
        yield from merged_into(session, lead.matter_id)
