"""Creating and migrating the database of facts."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

# The search index: no declared table can say what it is on either database. Source: ADR-0017.
SEARCH_INDEX = "leadtext_pairs"


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to a revision; a database that is there already does nothing.

    Args:
        engine: The database; it is created where it does not exist.
        revision: The target, by default the newest.
    """
    with _changing(engine) as config:
        command.upgrade(config, revision)


def take_back(engine: Engine, revision: str) -> None:
    """Bring the database down to an earlier revision; what that one cannot hold is lost."""
    with _changing(engine) as config:
        command.downgrade(config, revision)


def is_declared(found: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """Tell Alembic whether something has its like among the declared tables; the search index has none."""
    del found, kind, other
    return not (reflected and name is not None and name.startswith(SEARCH_INDEX))


@contextmanager
def _changing(engine: Engine) -> Iterator[Config]:
    """Give Alembic's configuration, without a file, on a connection that commits at the end.

    SQLite alters a table by copying it, which would empty every table that refers to it or be refused. So
    its foreign keys rest meanwhile, and all of them are checked before anything is committed.
    """
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            yield _config(connection)
            connection.commit()
            return
        _enforce_keys(connection, on=False)
        try:
            yield _config(connection)
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise ValueError("a row points nowhere after the migration")
            connection.commit()
        finally:
            connection.rollback()
            _enforce_keys(connection, on=True)


def _enforce_keys(connection: Connection, *, on: bool) -> None:
    """Switch the checking of foreign keys, which is only possible between transactions."""
    driver = connection.connection.driver_connection
    if driver is not None:
        driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _config(connection: Connection) -> Config:
    """Return Alembic's configuration, without a file."""
    config = Config()
    config.set_main_option("script_location", str(files("deployments.keeping").joinpath("migrations")))
    config.attributes["connection"] = connection
    return config
