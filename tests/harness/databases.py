"""Throw-away databases on the PostgreSQL server of the tests, where one answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import uuid4

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@cache
def postgresql_version() -> str:
    """Return the version of the server; blank where none answers."""
    engine = create_engine(POSTGRES, connect_args={"connect_timeout": 2})
    try:
        with engine.connect() as connection:
            return str(connection.scalar(text("SHOW server_version")))
    except OperationalError:
        return ""
    finally:
        engine.dispose()


def postgresql_told() -> str:
    """Return which server the tests use, or why none."""
    url = make_url(POSTGRES)
    address = f"{url.host}:{url.port or 5432}"
    if version := postgresql_version():
        return f"PostgreSQL: {address} ({version.split()[0]})"
    return f"PostgreSQL: none answers at {address} (TEST_POSTGRES_URL), its tests are skipped"


@contextmanager
def new_database() -> Iterator[URL]:
    """Create an empty database and drop it at the end, whoever is still connected."""
    name = f"zero137_test_{uuid4().hex[:12]}"
    admin = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
            # Tests kill our processes, not the server: what it was told it still knows, disk or no disk.
            connection.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
        yield admin.url.set(database=name)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        admin.dispose()


def address_of(url: URL) -> str:
    """Return an address as settings take it, password and all."""
    return url.render_as_string(hide_password=False)


@contextmanager
def both_databases() -> Iterator[dict[str, str]]:
    """Give two empty databases as the settings of a system: one for the facts, one for Prefect."""
    with new_database() as facts, new_database() as conduct:
        asynchronous = conduct.set(drivername="postgresql+asyncpg")
        yield {"database_url": address_of(facts), "prefect_database_url": address_of(asynchronous)}
