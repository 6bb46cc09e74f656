"""The ledger: one append-only, gap-free sequence of facts for every lead."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from models.tables import LedgerEntry

# How many streams are asked for at once; SQLite takes 32,766 values in a statement.
_STREAMS = 10_000


@dataclass(frozen=True)
class Fact:
    """One fact to be appended.

    Attributes:
        stream: The lead's number, or ``units`` and ``calendar`` for what concerns no lead.
        at: The moment of the fact (aware).
        kind: A short English code, as ``answered``.
        actor: Who did it: unit and person, or the rule.
        summary: One Chinese sentence.
        detail: JSON values that allow the fact to be proven.
    """

    stream: str
    at: datetime
    kind: str
    actor: str
    summary: str
    detail: dict[str, Any] = field(default_factory=dict)


def append_entry(
    session: Session,
    stream: str,
    at: datetime,
    kind: str,
    actor: str,
    summary: str,
    **detail: Any,  # noqa: ANN401 - JSON values
) -> None:
    """Append one fact within the transaction of the change it tells of; see ``Fact``."""
    append_facts(session, [Fact(stream, at, kind, actor, summary, detail)])


def append_facts(session: Session, facts: Sequence[Fact]) -> None:
    """Append facts in their order, each to its stream.

    Args:
        session: The transaction; its write lock (or the matters' row locks) keeps the sequences gap-free.
        facts: The facts.
    """
    if not facts:
        return
    last = _last_sequences(session, sorted({fact.stream for fact in facts}))
    rows = []
    for fact in facts:
        last[fact.stream] = last.get(fact.stream, 0) + 1
        rows.append(
            {
                "stream": fact.stream, "sequence": last[fact.stream], "at": fact.at, "kind": fact.kind,
                "actor": fact.actor[:100], "summary": fact.summary, "detail": fact.detail,
            }
        )  # fmt: skip
    session.connection().execute(insert(LedgerEntry), rows)


def _last_sequences(session: Session, streams: Sequence[str]) -> dict[str, int]:
    """Return the last sequence number of each stream that has one."""
    found: dict[str, int] = {}
    for first in range(0, len(streams), _STREAMS):
        asked = col(LedgerEntry.stream).in_(streams[first : first + _STREAMS])
        query = select(LedgerEntry.stream, func.max(LedgerEntry.sequence)).where(asked)
        found.update(session.exec(query.group_by(LedgerEntry.stream)).all())
    return found


def entries_of(session: Session, stream: str) -> list[LedgerEntry]:
    """Return the facts of a stream in their order; empty where nothing happened."""
    query = select(LedgerEntry).where(LedgerEntry.stream == stream).order_by(col(LedgerEntry.sequence))
    return list(session.exec(query))
