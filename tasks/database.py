"""The database: engines, and transactions that commit as a whole or not at all."""

import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Executable,
    Result,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, SQLModel

from models.errors import StartError
from models.lookup.lead_text import folded_text, text_pairs

# How long a writer waits for another one before it gives up, in seconds.
BUSY_SECONDS = 20
_WRITES = "zero137_writes"
# How many rows of a long answer are held at once.
_ROWS = 2_000
# A process keeps at most as many connections as it may carry out runs at once.
_CONNECTIONS = 64


# What a database says of itself, and what that means to a person.
_FAULTS = (
    (
        ("no such table", "no such column", "does not exist"),
        "数据库尚未创建或版本过旧，请先运行 zero137 up（或 zero137 init）。",
    ),
    (("locked",), "数据库正忙，请稍后重试；没有写入任何内容。"),
    (
        ("connection failed", "connection is closed", "closed the connection", "terminating connection"),
        "数据库连不上，请检查 ZERO137_DATABASE_URL 和数据库服务。",
    ),
    (("not a database", "malformed"), "数据库文件已损坏，请从备份恢复。"),
    (
        ("full", "readonly", "unable to open", "disk I/O", "No space left"),
        "数据库无法写入，请检查磁盘空间和权限；没有写入任何内容。",
    ),
)


def open_engine(url: str | URL) -> Engine:
    """Open a database; nothing is connected yet.

    PostgreSQL is reached by psycopg where the address names no driver. SQLite runs in WAL mode with foreign
    keys on. Its writers take the lock when they begin, because a transaction that reads first and writes
    later is refused when somebody else wrote in between.
    """
    address = make_url(url)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    # What the database has closed since is replaced when somebody takes it, as after a restart of PostgreSQL.
    engine = create_engine(address, pool_size=_CONNECTIONS, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Give a session that sees one moment of the database, however often it asks, and writes nothing."""
    if engine.dialect.name == "postgresql":
        # By default PostgreSQL shows each statement another moment; SQLite never does.
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Give a session whose changes are committed together at the end, or dropped on any error."""
    # A session that writes has to know every table; one that reads, those it asks for.
    import models.tables  # noqa: F401

    writers = engine.execution_options(**{_WRITES: True})
    with Session(writers, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def alone(engine: Engine, deed: str, patience: int = BUSY_SECONDS) -> Iterator[None]:
    """Let nobody else do the same deed meanwhile, on whichever machine.

    PostgreSQL keeps the lock and gives it back with the connection, however that ends. SQLite serves one
    machine, whose supervisor does one thing after the other.

    Args:
        engine: The database that all of them share.
        deed: What is done, for the key of the lock and for whoever waits in vain.
        patience: How long to wait for somebody else, in seconds.

    Raises:
        StartError: Somebody else has been at it for all that time.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    key = zlib.crc32(deed.encode())
    # Without a transaction around it: one that waits would hold up the building of an index.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for _ in range(patience):
            if connection.scalar(select(func.pg_try_advisory_lock(key))):
                break
            time.sleep(1)
        else:
            raise StartError(f"别处正在{deed}，请稍后重试。")
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(key)))


def sentence_of(error: Exception) -> str:
    """Return what a fault of the database means to a person; blank where it is another fault."""
    reason = str(error.orig) if isinstance(error, DatabaseError) else ""
    return next((told for words, told in _FAULTS if any(word in reason for word in words)), "")


def insert_into(session: Session, table: type[SQLModel]) -> Any:  # noqa: ANN401 - each dialect has its class
    """Return an insertion that may say what is to happen where the row is there already."""
    # Imported when it happens: a short command uses one dialect, or none.
    dialect = import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}")
    return dialect.insert(table)


@contextmanager
def streaming(session: Session, query: Executable) -> Iterator[Result[Any]]:
    """Give the rows of a long answer some at a time; what is left of it is dropped at the end."""
    rows = session.execute(query, execution_options={"yield_per": _ROWS})
    try:
        yield rows
    finally:
        rows.close()


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
    # The triggers that keep the search index in step call these; PostgreSQL has its own. Source: ADR-0017.
    for function in (folded_text, text_pairs):
        connection.create_function(function.__name__, 1, function, deterministic=True)


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction: writers take the write lock at once."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
