"""The ledger: one append-only, gap-free, hash-chained sequence of facts for every matter."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, select

from models.record.entries import NOTHING, Fact, Head, entry_hash
from models.record.entry_kinds import EntryKind
from models.record.tables import LedgerEntry, LedgerHead
from tasks.database import insert_into

# How many streams are asked for at once; SQLite takes 32,766 values in a statement.
_STREAMS = 10_000


def append_entry(
    session: Session,
    stream: str,
    at: datetime,
    kind: EntryKind,
    actor: str,
    summary: str,
    **detail: Any,  # noqa: ANN401 - JSON values
) -> None:
    """Append one fact within the transaction of the change it tells of; see ``Fact``."""
    append_facts(session, [Fact(stream, at, kind, actor, summary, detail)])


def append_facts(session: Session, facts: Sequence[Fact]) -> None:
    """Append facts in their order, each to its stream.

    Args:
        session: The transaction; the heads of the streams stay locked until it ends.
        facts: The facts.
    """
    if not facts:
        return
    heads = _locked_heads(session, sorted({fact.stream for fact in facts}))
    rows = []
    for fact in facts:
        head = heads[fact.stream]
        sequence, mark = head.sequence + 1, entry_hash(fact, head.sequence + 1, head.hash)
        heads[fact.stream] = Head(fact.stream, sequence, mark)
        rows.append(
            {
                "stream": fact.stream, "sequence": sequence, "at": fact.at, "kind": fact.kind,
                "actor": fact.actor[:100], "summary": fact.summary, "detail": dict(fact.detail), "hash": mark,
            }
        )  # fmt: skip
    session.connection().execute(insert(LedgerEntry), rows)
    _move_heads(session, [vars(head) for head in heads.values()])


def _locked_heads(session: Session, streams: Sequence[str]) -> dict[str, Head]:
    """Return the head of each stream, locked where the database locks rows; new streams begin here."""
    heads = _heads(session, streams)
    new = [stream for stream in streams if stream not in heads]
    if new:
        # Whoever begins the same stream at the same time waits here, and then finds it begun.
        begun = insert_into(session, LedgerHead).on_conflict_do_nothing(index_elements=["stream"])
        session.connection().execute(begun, [vars(Head(stream, 0, NOTHING)) for stream in new])
        heads |= _heads(session, new)
    return heads


def _heads(session: Session, streams: Sequence[str]) -> dict[str, Head]:
    """Return and lock the heads that are there."""
    heads: dict[str, Head] = {}
    for first in range(0, len(streams), _STREAMS):
        query = (
            select(LedgerHead.stream, LedgerHead.sequence, LedgerHead.hash)
            .where(col(LedgerHead.stream).in_(streams[first : first + _STREAMS]))
            .order_by(LedgerHead.stream)
            .with_for_update()
        )
        heads |= {stream: Head(stream, sequence, mark) for stream, sequence, mark in session.exec(query)}
    return heads


def _move_heads(session: Session, heads: Sequence[Mapping[str, Any]]) -> None:
    """Let the heads of streams point at their last entries."""
    moved = insert_into(session, LedgerHead)
    moved = moved.on_conflict_do_update(
        index_elements=["stream"],
        set_={"sequence": moved.excluded.sequence, "hash": moved.excluded.hash},
    )
    session.connection().execute(moved, heads)


def entries_of(session: Session, stream: str) -> list[LedgerEntry]:
    """Return the facts of a stream in their order; empty where nothing happened."""
    query = select(LedgerEntry).where(LedgerEntry.stream == stream).order_by(col(LedgerEntry.sequence))
    return list(session.exec(query))


def fact_of(entry: LedgerEntry) -> Fact:
    """Return what a stored entry says."""
    return Fact(entry.stream, entry.at, entry.kind, entry.actor, entry.summary, entry.detail)
