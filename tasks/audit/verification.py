"""Verifying the ledger: every entry, every head and every seal, in flat memory; the first bad place is named.

Seals are checked first, because the entries are then compared with what they know: so a changed seal is not
taken for a changed entry.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, zip_longest
from operator import methodcaller
from typing import Any

from sqlalchemy import Executable, String, Text, cast, type_coerce, union
from sqlmodel import Session, col, select

from models.errors import TamperError
from models.matters.tables import Matter
from models.record.chain import Chain, Fault
from models.record.entries import NOTHING, Fact, Head
from models.record.entry_kinds import EntryKind
from models.record.seals import Changes, SealFact, Tree, leaf_of
from models.record.tables import LedgerEntry, LedgerHead, Seal, SealedHead
from tasks.database import streaming
from tasks.record.ledger import entries_of
from tasks.record.seals import SEALS, by_bytes, sealed_heads
from tasks.workplace import Workplace

# How many streams are looked at together; what is known of them is all that is held in memory.
_STREAMS = 500

KeptSeal = Mapping[str, Any]


@dataclass(frozen=True)
class Verified:
    """What was found in order: entries, their streams, and the last of the seals (None without any)."""

    entries: int
    streams: int
    seal: SealFact | None

    @property
    def seals(self) -> int:
        """How many seals there are; they are numbered from 1 without a gap."""
        return self.seal.number if self.seal else 0


def verify_ledger(place: Workplace, kept: Sequence[KeptSeal] = ()) -> Verified:
    """Check the whole ledger against its own digests and seals.

    Args:
        place: The workplace.
        kept: Seals that were kept elsewhere, as ``seal_lines`` writes them; they must be there unchanged.

    Raises:
        TamperError: Something was changed, inserted, removed, swapped or cut off; its position is the first
            such place: a seal, or an entry in the order of the streams.
    """
    with place.reading() as session, _any_text(session):
        _check_streams(session, [SEALS], against_seals=False)
        last = _check_seals(session, kept)
        entries, streams = 0, 0
        with streaming(session, _streams(session)) as names:
            while batch := list(islice(names.scalars(), _STREAMS)):
                entries += _check_streams(session, batch)
                streams += len(batch)
        if last is not None:
            _check_root(session, last)
        return Verified(entries, streams, last)


def verify_stream(place: Workplace, stream: str) -> Verified:
    """Check one stream against its own digests and what the seals know of it.

    Raises:
        TamperError: As ``verify_ledger``.
    """
    with place.reading() as session, _any_text(session):
        _check_streams(session, [SEALS], against_seals=False)
        last = _check_seals(session, ())
        return Verified(_check_streams(session, [stream]), 1, last)


def _check_seals(session: Session, kept: Sequence[KeptSeal]) -> SealFact | None:
    """Check the chain of seals, what each says of the heads that moved, and that none is missing."""
    told = [entry.detail for entry in entries_of(session, SEALS) if entry.kind == EntryKind.SEALED]
    wanted = {seal.get("number"): seal for seal in kept}
    last: SealFact | None = None
    with streaming(session, _stored_seals(session)) as seals:
        for number, (row, entry) in enumerate(zip_longest(seals, told), start=1):
            place = f"封存第{number}号"
            if row is None:
                raise TamperError(f"{place}缺失：台账记有该次封存，封存记录已被删除。", place)
            seal = _seal_in_order(session, row, last, number)
            if seal is None or (entry or {}).get("hash") != seal.hash:
                raise TamperError(
                    f"{place}与其摘要或前一次封存不符：封存记录被改动、插入、删除或调换。", place
                )
            if (known := wanted.pop(number, None)) is not None and known.get("hash") != seal.hash:
                raise TamperError(f"{place}与另行保存的封存摘要不符：台账在封存之后被整体改写。", place)
            last = seal
    if wanted:
        place = f"封存第{min(wanted, key=str)}号"
        raise TamperError(f"{place}在另行保存的封存摘要中有记载，系统中已不存在。", place)
    _check_no_strangers(session, last)
    return last


def _stored_seals(session: Session) -> Executable:
    """Return the query for the seals as they are stored, with their digests at the end."""
    columns = (Seal.matters, Seal.root, Seal.changes, Seal.previous, Seal.hash)
    return select(col(Seal.number), _stored(session, Seal.at), *columns).order_by(col(Seal.number))  # type: ignore[call-overload, no-any-return]


def _seal_in_order(
    session: Session, row: Sequence[Any], last: SealFact | None, number: int
) -> SealFact | None:
    """Return a seal that follows the one before it and agrees with its digests; None where it does not."""
    stored, at, *rest, mark = row
    stream = col(SealedHead.stream)
    query = select(stream, col(SealedHead.sequence), col(SealedHead.hash)).order_by(by_bytes(session, stream))
    changes = Changes()
    try:
        # The first seal knows of every stream there was.
        with streaming(session, query.where(SealedHead.seal_number == stored)) as heads:
            for head in heads:
                changes.add(Head(*head))
        seal = SealFact(stored, _moment(at), *rest)
        told = (seal.number, seal.previous, seal.changes, mark)
        is_so = told == (number, last.hash if last else NOTHING, changes.hash, seal.hash)
    except (TypeError, ValueError):
        # What nobody can read was never written here.
        return None
    return seal if is_so else None


def _check_no_strangers(session: Session, last: SealFact | None) -> None:
    """Refuse sealed heads of seals that do not exist."""
    query = select(SealedHead).where(col(SealedHead.seal_number) > (last.number if last else 0))
    stranger = session.exec(query.limit(1)).first()
    if stranger is not None:
        place = f"封存第{stranger.seal_number}号"
        raise TamperError(f"{place}并不存在，却有属于它的记录：封存记录被插入或删除。", place)


def _check_root(session: Session, seal: SealFact) -> None:
    """Check that all streams together are those of the newest seal."""
    tree = Tree()
    for head in sealed_heads(session):
        tree.add(leaf_of(head))
    if (tree.size, tree.root) != (seal.matters, seal.root):
        place = f"封存第{seal.number}号"
        raise TamperError(f"{place}记载{seal.matters}个序列，现有{tree.size}个或内容不符。", place)


def _streams(session: Session) -> Executable:
    """Return the query for the names of all streams that anything knows of, in the order of their bytes."""
    known = union(
        select(LedgerHead.stream),
        select(LedgerEntry.stream).distinct(),
        select(SealedHead.stream).distinct(),
        select(col(Matter.number).label("stream")),
    ).subquery()
    return select(known.c.stream).order_by(by_bytes(session, known.c.stream))


def _check_streams(session: Session, streams: Sequence[str], *, against_seals: bool = True) -> int:
    """Check some streams; returns how many entries they have."""
    chains = {stream: Chain(stream) for stream in streams}
    if against_seals:
        for head in _heads(session, SealedHead, streams):
            chains[head.stream].sealed[head.sequence] = head.hash
    count = 0
    for stream, fact, sequence, mark in _entries(session, streams):
        chains[stream].take(fact, sequence, mark)
        count += 1
    ends = {head.stream: head for head in _heads(session, LedgerHead, streams)}
    matters = set(session.exec(select(Matter.number).where(col(Matter.number).in_(streams))))
    faults = (chain.end(ends.get(stream)) or _unmatched(chain, matters) for stream, chain in chains.items())
    for fault in sorted(filter(None, faults), key=lambda fault: fault.stream)[:1]:
        raise _tampered(fault)
    return count


def _unmatched(chain: Chain, matters: set[str]) -> Fault | None:
    """Return what is wrong between a sound chain and the matters: each has the other, or is the office's own.

    The numbers of matters begin with a capital letter, the names of what concerns no matter with a small one.
    """
    is_matter = chain.stream in matters
    if is_matter and not chain.last:
        return Fault(chain.stream, 1, "缺失：该事项没有任何台账记录")
    if chain.last and not is_matter and chain.stream[:1].isupper():
        return Fault(chain.stream, 1, "所属的事项不存在：事项的登记被删除")
    return None


def _tampered(fault: Fault) -> TamperError:
    """Return a fault as what is told of it."""
    place = f"{fault.stream} 第{fault.sequence}条"
    return TamperError(f"{place}台账记录{fault.reason}。", place)


def _heads(
    session: Session, table: type[LedgerHead] | type[SealedHead], streams: Sequence[str]
) -> Iterator[Head]:
    """Yield the heads of some streams."""
    query = select(table.stream, table.sequence, table.hash).where(col(table.stream).in_(streams))
    return (Head(*row) for row in session.exec(query))


def _entries(session: Session, streams: Sequence[str]) -> Iterator[tuple[str, Fact | None, int, str]]:
    """Yield the entries of some streams, each stream in its order; an entry nobody can read is None."""
    query = (
        select(  # type: ignore[call-overload]
            col(LedgerEntry.stream), _stored(session, LedgerEntry.at), col(LedgerEntry.kind),
            col(LedgerEntry.actor), col(LedgerEntry.summary), cast(LedgerEntry.detail, Text),
            col(LedgerEntry.sequence), col(LedgerEntry.hash),
        )
        .where(col(LedgerEntry.stream).in_(streams))
        .order_by(col(LedgerEntry.stream), col(LedgerEntry.sequence), col(LedgerEntry.id))
    )  # fmt: skip
    with streaming(session, query) as rows:
        for stream, moment, kind, actor, summary, detail, sequence, mark in rows:
            try:
                fact = Fact(stream, _moment(moment), kind, actor, summary, json.loads(detail))
            except (TypeError, ValueError, RecursionError):
                fact = None
            yield stream, fact, sequence, mark


def _stored(session: Session, at: Any) -> Any:  # noqa: ANN401 - a column of either table
    """Return a moment as it is stored, so that what was made unreadable does not end the check."""
    return type_coerce(at, String) if session.get_bind().dialect.name == "sqlite" else at


def _moment(stored: str | datetime) -> datetime:
    """Return a moment as SQLite or PostgreSQL keeps it."""
    return stored if isinstance(stored, datetime) else datetime.fromisoformat(stored).replace(tzinfo=UTC)


@contextmanager
def _any_text(session: Session) -> Iterator[None]:
    """Let texts through that are no UTF-8 any more: they are told of by the entry they belong to."""
    driver = session.connection().connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.text_factory = methodcaller("decode", "utf-8", "surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str
