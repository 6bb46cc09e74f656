"""Opening an inquiry: the one effect that is its own."""

from datetime import datetime

from inquiry.rules import INQUIRIES
from models.record.entry_kinds import EntryKind
from tasks.matters.opening import open_matter
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace


def open_inquiry(place: Workplace, title: str, person: str, now: datetime) -> str:
    """Open an inquiry; returns its number."""
    with place.writing() as session:
        matter = open_matter(session, INQUIRIES, title, place.policy, now)
        append_entry(
            session, matter.number, now, EntryKind.REGISTERED, person, f"发起问询《{title}》", title=title
        )
        return matter.number
