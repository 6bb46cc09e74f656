"""Taking turns, and numbers in series: each given once, without gaps, whoever else takes one meanwhile."""

from sqlmodel import Session, select

from models.office.tables import Counter
from tasks.database import insert_into

# The turn of whoever tells people something once a day or a month, and looks first whether they were told.
TELLING = "定期提醒"


def take_turn(session: Session, series: str) -> None:
    """Create a series where it is new and hold its row until the transaction ends."""
    first = insert_into(session, Counter).values(series=series, last=0)
    session.connection().execute(first.on_conflict_do_nothing(index_elements=["series"]))
    session.exec(select(Counter).where(Counter.series == series).with_for_update()).one()


def next_number(session: Session, series: str) -> int:
    """Give the next number of a series whose turn was taken."""
    counter = session.get_one(Counter, series)
    counter.last += 1
    session.add(counter)
    return counter.last
