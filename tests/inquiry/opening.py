"""Opening an inquiry: the one effect that is its own."""

from datetime import datetime

from inquiry.rules import INQUIRIES
from models.record.entry_kinds import EntryKind
from tasks.matters.opening import open_matter
from tasks.record.ledger import append_entry
from tasks.runs.starting import start_runs
from tasks.workplace import Workplace, at_work


def open_inquiry(place: Workplace, title: str, person: str, now: datetime) -> str:
    """Open an inquiry; returns its number."""
    with place.writing() as session:
        matter = open_matter(session, INQUIRIES, title, place.policy, now)
        append_entry(
            session, matter.number, now, EntryKind.REGISTERED, person, f"发起问询《{title}》", title=title
        )
        return matter.number


def start_inquiry(title: str) -> None:
    """Open an inquiry here, start its run and print its number, as a command of its own would."""
    with at_work() as place:
        number = open_inquiry(place, title, "经办人甲", place.clock())
        start_runs(place, [number])
    print(number)  # noqa: T201 - what a command would print
