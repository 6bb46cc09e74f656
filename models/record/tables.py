"""The tables of the ledger and its seals: never changed, never removed.

Triggers of the database refuse it, and the chain of digests shows it where somebody went past them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import json_field, moment_field, text_field


class LedgerEntry(SQLModel, table=True):
    """One append-only fact (台账记录). ``stream`` is a matter's number, or what else was changed.

    ``hash`` is the digest of the entry and of the one before it; see ``models.record.entries``.
    """

    __table_args__ = (
        UniqueConstraint("stream", "sequence"),
        # How often a run had to be repaired is asked every few seconds.
        Index(
            "ix_ledgerentry_repairs",
            "id",
            sqlite_where=text("kind = 'run_repaired'"),
            postgresql_where=text("kind = 'run_repaired'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    stream: str = Field(max_length=40)
    sequence: int
    at: datetime = moment_field()
    kind: str = Field(max_length=40)
    actor: str = Field(max_length=100)
    summary: str = text_field()
    detail: dict[str, Any] = json_field()
    hash: str = Field(max_length=64)


class LedgerHead(SQLModel, table=True):
    """The last entry of a stream, moved with every entry: a chain that was cut short no longer reaches it."""

    stream: str = Field(primary_key=True, max_length=40)
    sequence: int
    hash: str = Field(max_length=64)


class Seal(SQLModel, table=True):
    """The ledger as it stood at one moment (封存): what binds all streams together."""

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = moment_field()
    # How many streams there were.
    matters: int
    # The Merkle root over the heads of all streams.
    root: str = Field(max_length=64)
    # The digest of the heads that are new since the seal before.
    changes: str = Field(max_length=64)
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class SealedHead(SQLModel, table=True):
    """The head of a stream as a seal found it, where it had moved since the seal before."""

    __table_args__ = (Index("ix_sealedhead_stream", "stream", "sequence"),)

    seal_number: int = Field(foreign_key="seal.number", primary_key=True)
    stream: str = Field(primary_key=True, max_length=40)
    sequence: int
    hash: str = Field(max_length=64)
