"""The migrations: what they build is what the tables declare, on both databases."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel

from deployments.schema import _config, migrate
from tasks.database import open_engine
from tasks.workplace import Workplace


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on an empty database of each kind."""
    opened = open_engine(database_url)
    if opened.dialect.name == "postgresql":
        with opened.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    yield opened
    opened.dispose()


def differences(engine: Engine) -> list[object]:
    """Return what Alembic would still have to change."""
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))


def test_the_migrations_build_the_tables_as_declared(engine: Engine) -> None:
    """Every table, column, index and constraint; a second migration changes nothing."""
    migrate(engine)
    assert differences(engine) == []
    migrate(engine)
    assert differences(engine) == []
    assert set(inspect(engine).get_table_names()) == {*SQLModel.metadata.tables, "alembic_version"}


def test_the_migrations_can_be_taken_back(engine: Engine) -> None:
    """Down to nothing and up again."""
    migrate(engine)
    with engine.connect() as connection:
        command.downgrade(_config(connection), "base")
        connection.commit()
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine)
    assert differences(engine) == []


def test_facts_survive_a_migration_that_has_nothing_to_do(place: Workplace) -> None:
    """Starting the system again keeps the unit directory that was imported."""
    migrate(place.engine)
    with place.reading() as session:
        assert session.execute(text("SELECT count(*) FROM unit")).scalar_one() == 21


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_is_durable_and_checks_its_keys(engine: Engine) -> None:
    """Readers do not block writers, a commit outlives a power cut, and no row points nowhere."""
    found = {}
    with engine.connect() as connection:
        for pragma in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout"):
            found[pragma] = connection.execute(text(f"PRAGMA {pragma}")).scalar_one()
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 20_000}
