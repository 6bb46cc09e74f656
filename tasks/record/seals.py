"""Sealing the ledger (封存): a digest over the heads of all streams, once a day or by hand."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import SQLColumnExpression, insert
from sqlmodel import Session, col, func, select

from models.record.entries import NOTHING, Head
from models.record.entry_kinds import EntryKind
from models.record.seals import Changes, SealFact, Tree, leaf_of
from models.record.tables import LedgerEntry, LedgerHead, Seal, SealedHead
from tasks.database import streaming
from tasks.record.ledger import append_entry
from tasks.turns import take_turn
from tasks.workplace import Workplace

# The stream that tells of the seals themselves, so that the last ones cannot be taken away unseen.
SEALS = "seals"
_TURN = "封存"


class _Standing(NamedTuple):
    """The heads as they stand: how many, their root, and those that moved since the last seal."""

    tree: Tree
    changes: Changes
    moved: list[Head]


def seal_ledger(place: Workplace, actor: str, now: datetime) -> Seal | None:
    """Seal the ledger as it stands, unless nothing was recorded since the last seal.

    Args:
        place: The workplace.
        actor: Who seals it: a person, or the rule.
        now: The present moment (aware).

    Returns:
        The new seal, None where there was nothing to seal.
    """
    with place.writing() as session:
        # Whoever seals at the same time waits, and then finds nothing that moved.
        take_turn(session, _TURN)
        return _seal(session, actor, now)


def _seal(session: Session, actor: str, now: datetime) -> Seal | None:
    """Seal the ledger within a transaction that has the turn."""
    standing = _look(session)
    if all(head.stream == SEALS for head in standing.moved):
        return None
    last = newest_seal(session)
    fact = SealFact(
        last.number + 1 if last else 1, now, standing.tree.size, standing.tree.root,
        standing.changes.hash, last.hash if last else NOTHING,
    )  # fmt: skip
    return _store(session, fact, standing.moved, actor)


def seal_daily(place: Workplace, actor: str, now: datetime) -> Seal | None:
    """Seal the ledger unless the same actor sealed it today; see ``seal_ledger``.

    A seal that a person made in the morning does not stand for that of the day.
    """
    query = select(LedgerEntry.at).where(LedgerEntry.stream == SEALS, LedgerEntry.actor == actor)
    with place.writing() as session:
        # Two patrols at once would both find that nobody sealed it today.
        take_turn(session, _TURN)
        last = session.exec(query.order_by(col(LedgerEntry.sequence).desc()).limit(1)).first()
        if last is not None and place.policy.day_of(last) >= place.policy.day_of(now):
            return None
        return _seal(session, actor, now)


def newest_seal(session: Session) -> Seal | None:
    """Return the last seal, None where nothing was sealed yet."""
    return session.exec(select(Seal).order_by(col(Seal.number).desc()).limit(1)).first()


def seal_fact(seal: Seal) -> SealFact:
    """Return what a stored seal says."""
    return SealFact(seal.number, seal.at, seal.matters, seal.root, seal.changes, seal.previous)


def seal_lines(place: Workplace) -> Iterator[str]:
    """Yield every seal as a line to be kept elsewhere: its digested text and its digest, in order."""
    with place.reading() as session:
        for seal in session.exec(select(Seal).order_by(col(Seal.number))):
            fact = seal_fact(seal)
            yield json.dumps(
                {"number": seal.number, "text": fact.text, "hash": seal.hash}, ensure_ascii=False
            )


def by_bytes(session: Session, stream: SQLColumnExpression[str]) -> SQLColumnExpression[str]:
    """Return a stream's name to order by: by its bytes, whatever the language of the database."""
    return stream.collate("C") if session.get_bind().dialect.name == "postgresql" else stream


def sealed_heads(session: Session) -> Iterator[Head]:
    """Yield the head of every stream as the newest seal knows it, in the order of their bytes."""
    stream = col(SealedHead.stream)
    query = select(stream, col(SealedHead.sequence), col(SealedHead.hash))
    last: Head | None = None
    with streaming(session, query.order_by(by_bytes(session, stream), col(SealedHead.sequence))) as rows:
        for row in rows:
            head = Head(*row)
            if last is not None and last.stream != head.stream:
                yield last
            last = head
    if last is not None:
        yield last


def _look(session: Session) -> _Standing:
    """Look at all heads, in the order of their bytes."""
    sealed = (
        select(SealedHead.stream, func.max(SealedHead.sequence).label("sequence"))
        .group_by(SealedHead.stream)
        .subquery()
    )
    query = (
        select(LedgerHead.stream, LedgerHead.sequence, LedgerHead.hash, sealed.c.sequence)
        .outerjoin(sealed, sealed.c.stream == LedgerHead.stream)
        .order_by(by_bytes(session, col(LedgerHead.stream)))
    )
    standing = _Standing(Tree(), Changes(), [])
    with streaming(session, query) as rows:
        for stream, sequence, mark, sealed_sequence in rows:
            head = Head(stream, sequence, mark)
            standing.tree.add(leaf_of(head))
            if sequence != sealed_sequence:
                standing.changes.add(head)
                standing.moved.append(head)
    return standing


def _store(session: Session, fact: SealFact, moved: list[Head], actor: str) -> Seal:
    """Write a seal, the heads that moved, and the entry that tells of it."""
    seal = Seal(**vars(fact), hash=fact.hash)
    session.add(seal)
    session.flush()
    rows = [{"seal_number": fact.number, **vars(head)} for head in moved]
    session.connection().execute(insert(SealedHead), rows)
    summary = f"封存第{fact.number}号：{fact.matters}个序列，其中{len(moved)}个有新记录"
    append_entry(session, SEALS, fact.at, EntryKind.SEALED, actor, summary, seal=fact.number, hash=fact.hash)
    return seal
