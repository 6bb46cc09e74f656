"""The ledger: one append-only, gap-free sequence of facts for every lead."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, select

from models.tables import LedgerEntry


def append_entry(
    session: Session,
    stream: str,
    at: datetime,
    kind: str,
    actor: str,
    summary: str,
    **detail: Any,  # noqa: ANN401 - JSON values
) -> None:
    """Append one fact within the transaction of the change it tells of.

    Args:
        session: The transaction; its write lock (or the matter's row lock) keeps the sequence gap-free.
        stream: The lead's number, or ``units`` and ``calendar`` for what concerns no lead.
        at: The moment of the fact (aware).
        kind: A short English code, as ``answered``.
        actor: Who did it: unit and person, or the rule.
        summary: One Chinese sentence.
        detail: JSON values that allow the fact to be proven.
    """
    last = session.exec(select(func.max(LedgerEntry.sequence)).where(LedgerEntry.stream == stream)).one()
    entry = LedgerEntry(
        stream=stream,
        sequence=(last or 0) + 1,
        at=at,
        kind=kind,
        actor=actor[:100],
        summary=summary,
        detail=detail,
    )
    session.add(entry)
    session.flush()


def entries_of(session: Session, stream: str) -> list[LedgerEntry]:
    """Return the facts of a stream in their order; empty where nothing happened."""
    query = select(LedgerEntry).where(LedgerEntry.stream == stream).order_by(col(LedgerEntry.sequence))
    return list(session.exec(query))
