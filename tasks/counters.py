"""Numbers in series: each given once, without gaps, whoever else takes one at the same time."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from models.tables import Counter


def take_turn(session: Session, series: str) -> None:
    """Create a series where it is new and hold its row until the transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(Counter).values(series=series, last=0)
    session.connection().execute(first.on_conflict_do_nothing(index_elements=["series"]))
    session.exec(select(Counter).where(Counter.series == series).with_for_update()).one()


def next_number(session: Session, series: str) -> int:
    """Give the next number of a series whose turn was taken."""
    counter = session.get_one(Counter, series)
    counter.last += 1
    session.add(counter)
    return counter.last
