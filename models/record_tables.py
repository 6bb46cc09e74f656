"""The tables of the record: the ledger and its seals, protected informants, stored files, the archive.

A ledger entry, a seal and a sealed head are never changed and never removed: triggers of the database refuse
it, and the chain of digests shows it where somebody went past them.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Coded, json_field, matter_key, moment_field, text_field
from models.vocabulary import FileFault, Retention


class LedgerEntry(SQLModel, table=True):
    """One append-only fact (台账记录). ``stream`` is a lead's number, or what else was changed.

    ``hash`` is the digest of the entry and of the one before it; see ``models.ledger``.
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
    """The ledger as it stood at one moment (封存): what binds all streams together; see ``models.seals``."""

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


class Informant(SQLModel, table=True):
    """Who reported a lead (举报人), encrypted: nothing here can be read without the key."""

    matter_id: int = matter_key(primary_key=True)
    sealed: str = text_field()
    recorded_at: datetime = moment_field()


class StoredFile(SQLModel, table=True):
    """One file of the store, whichever matters it belongs to; ``fault`` is what the last check found."""

    __table_args__ = (
        Index(
            "ix_storedfile_faulty",
            "fault",
            sqlite_where=text("fault IS NOT NULL"),
            postgresql_where=text("fault IS NOT NULL"),
        ),
    )

    sha256: str = Field(primary_key=True, max_length=64)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    stored_at: datetime = moment_field()
    # Empty until it is checked for the first time.
    checked_at: datetime | None = moment_field(nullable=True, index=True)
    fault: FileFault | None = Field(default=None, sa_column=Column(Coded(FileFault), nullable=True))


class ArchiveRecord(SQLModel, table=True):
    """The file of a closed lead (档案): its number, how long it is kept and when it is looked at again."""

    __table_args__ = (UniqueConstraint("year", "retention", "sequence"),)

    matter_id: int = matter_key(primary_key=True)
    # 档号, as given once and for ever.
    number: str = Field(unique=True, max_length=80)
    year: int
    retention: Retention = Field(sa_column=Column(Coded(Retention), nullable=False))
    sequence: int
    archived_at: datetime = moment_field()
    # The last day it has to be kept; empty where it is kept for ever.
    kept_until: date | None = None
    # When it has to be reviewed next. Source: 通知§13(五).
    review_on: date = Field(index=True)
    disposed_at: datetime | None = moment_field(nullable=True)


class ArchiveItem(SQLModel, table=True):
    """One line of a file index (卷内目录). Source: 通知§13(三), DA/T 22."""

    matter_id: int = Field(foreign_key="archiverecord.matter_id", primary_key=True)
    sequence: int = Field(primary_key=True)
    document_number: str = Field(default="", max_length=80)
    author: str = Field(max_length=100)
    title: str = text_field()
    dated: date
    # Empty where a file has no pages that could be counted.
    pages: int | None = None
    sha256: str = Field(max_length=64, index=True)
    # What it is called when it is handed on; never a path.
    name: str = text_field()
    note: str = text_field("")


class PatrolRound(SQLModel, table=True):
    """The last patrol that did all it had to (巡查); there is one row. Only the worker knows the keys."""

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    finished_at: datetime = moment_field()
    # Whether the keys of informants could not be used then.
    keys_faulty: bool
