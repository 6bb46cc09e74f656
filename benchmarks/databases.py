"""Throw-away databases: a new one for the facts and a new one for the Prefect server, dropped at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from uuid import uuid4

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@dataclass(frozen=True)
class Addresses:
    """SQLAlchemy addresses of both databases; blank means SQLite in the folder of the site."""

    facts: str = ""
    prefect: str = ""


@contextmanager
def databases(kind: str) -> Iterator[Addresses]:
    """Give two empty databases of a kind."""
    if kind == SQLITE:
        yield Addresses()
        return
    names = [f"bench_{uuid4().hex[:12]}_{purpose}" for purpose in ("facts", "prefect")]
    admin = _admin()
    try:
        _execute(admin, *(f'CREATE DATABASE "{name}"' for name in names))
        facts, prefect = (admin.url.set(database=name) for name in names)
        yield Addresses(
            facts.render_as_string(hide_password=False),
            prefect.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False),
        )
    finally:
        _execute(admin, *(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names))
        admin.dispose()


@cache
def postgresql_version() -> str:
    """Return the version of the PostgreSQL server; blank where none answers."""
    admin = _admin()
    try:
        with admin.connect() as connection:
            return str(connection.scalar(text("SHOW server_version")))
    except OperationalError:
        return ""
    finally:
        admin.dispose()


def _admin() -> Engine:
    """Return a connection pool that may create databases, which no transaction may do."""
    return create_engine(SERVER, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 2})


def _execute(admin: Engine, *statements: str) -> None:
    """Execute statements one by one."""
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
