"""The database: engines, and transactions that commit as a whole or not at all."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlmodel import Session

# How long a writer waits for another one before it gives up, in seconds.
BUSY_SECONDS = 20
_WRITES = "zero137_writes"


def open_engine(url: str) -> Engine:
    """Open a database; nothing is connected yet.

    SQLite runs in WAL mode with foreign keys on. Its writers take the lock when they begin, because a
    transaction that reads first and writes later is refused when somebody else wrote in between.
    """
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Give a session that sees one moment of the database and writes nothing."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Give a session whose changes are committed together at the end, or dropped on any error."""
    writers = engine.execution_options(**{_WRITES: True})
    with Session(writers, expire_on_commit=False) as session, session.begin():
        yield session


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
    """Set what SQLite forgets with every connection."""
    del record
    # The driver would begin transactions by itself, too late for the lock; the event below begins them.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "foreign_keys=ON",
        # A committed answer survives a power cut, not only a crash of the program.
        "synchronous=FULL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction: writers take the write lock at once."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
