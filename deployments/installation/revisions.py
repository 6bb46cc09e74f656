"""The revision of the database of facts: what this program knows, and what it must leave alone.

A program that meets facts of a later release would leave out steps it has never heard of; so it refuses.
Source: ADR-0024.
"""

from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, Engine, inspect, text

from models.errors import StartError


def newest_revision() -> str:
    """Return the newest revision this program knows, as 0006; revisions are numbered in their order."""
    return max(_revisions())


def is_known(revision: str) -> bool:
    """Tell whether this program knows a revision; it does not know those of later releases."""
    return revision in _revisions()


def revision_of(connection: Connection) -> str | None:
    """Return the revision a database is at; None where no migration was ever applied."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def refuse_later_facts(engine: Engine) -> None:
    """Refuse a database that a later release has migrated; one without any revision is left to others.

    Raises:
        StartError: The program has to be upgraded.
    """
    with engine.connect() as connection:
        found = revision_of(connection)
    if found is not None and found > newest_revision():
        raise StartError(f"数据库由更新的版本（{found}）创建，请升级程序后再使用，没有写入任何内容。")


@cache
def _revisions() -> frozenset[str]:
    """Return the revisions this program knows, by the names of the files: to load them takes its time."""
    folder = files("deployments.keeping").joinpath("migrations", "versions")
    names = (entry.name for entry in folder.iterdir())
    return frozenset(name.partition("_")[0] for name in names if name.endswith(".py"))
