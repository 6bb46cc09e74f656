"""The migrations: what they build is what the tables declare, on both databases."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from fakes.made_up_rows import ROWS_EACH, columns_of, contents_of, fill_every_table
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel
from walks.walking import AUTHORITY, PDF, Walk, write_evidence

from deployments.installation.opening import open_workplace
from deployments.installation.revisions import newest_revision
from deployments.installation.settings import Settings
from deployments.keeping.schema import SEARCH_INDEX, is_declared, migrate, take_back
from models.codes import Step
from tasks.audit.verification import verify_ledger
from tasks.database import open_engine
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace

REVISIONS = [f"{number:04d}" for number in range(1, int(newest_revision()) + 1)]
# Entries that were there before are chained by this one; those made up later bear no digest of theirs.
CHAINED_SINCE = "0005"


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
        context = MigrationContext.configure(connection, opts={"include_object": is_declared})
        return list(compare_metadata(context, SQLModel.metadata))


def test_the_migrations_build_the_tables_as_declared(engine: Engine) -> None:
    """Every table, column, index and constraint; a second migration changes nothing."""
    migrate(engine)
    assert differences(engine) == []
    migrate(engine)
    assert differences(engine) == []
    there = {name for name in inspect(engine).get_table_names() if not name.startswith(SEARCH_INDEX)}
    assert there == {*SQLModel.metadata.tables, "alembic_version"}


def test_the_migrations_can_be_taken_back(engine: Engine) -> None:
    """Down to nothing and up again."""
    migrate(engine)
    take_back(engine, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine)
    assert differences(engine) == []


def test_facts_survive_a_migration_that_has_nothing_to_do(place: Workplace) -> None:
    """Starting the system again keeps the unit directory that was imported."""
    migrate(place.engine)
    with place.reading() as session:
        assert session.execute(text("SELECT count(*) FROM unit")).scalar_one() == 21


def test_facts_survive_the_way_down_and_up(walk: Walk, papers: Path) -> None:
    """Every revision is taken back and applied with leads in the tables; only petitions have no way back."""
    walk.to(Step.RECTIFY)
    paper = write_evidence(papers, "延期申请.pdf")
    request = ExtensionRequest(AUTHORITY, "经办人乙", "2026-12-05", "须经合法性审查。", [paper])
    petition = Walk(
        walk.place, walk.clock, papers, request_extension(walk.place, walk.number, request, walk.clock())
    )
    petition.advance()
    petition.answer(Step.EXTENSION, files=(write_evidence(papers, "批复.pdf", PDF + b"%reply"),))
    engine = walk.place.engine
    owed = "SELECT id FROM assignment WHERE matter_id IN (SELECT matter_id FROM lead)"
    counted = (
        f"SELECT (SELECT count(*) FROM assignment WHERE id IN ({owed})), (SELECT count(*) FROM lead),"
        f" (SELECT count(*) FROM answer WHERE assignment_id IN ({owed}))"
    )
    with engine.connect() as connection:
        before = connection.execute(text(counted)).one()
    take_back(engine, "0001")
    with engine.connect() as connection:
        assert connection.execute(text(counted)).one() == before
        assert connection.execute(text("SELECT number FROM matter")).scalars().all() == [walk.number]
    migrate(engine)
    assert differences(engine) == []
    with engine.connect() as connection:
        assert connection.execute(text(counted)).one() == before
    assert walk.pass_step(Step.RECTIFY) is not None


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_of_every_revision_survive_the_way_up_and_down(
    engine: Engine, database_url: str, tmp_path: Path, revision: str
) -> None:
    """Each table of that revision has rows; the newest tables hold them, and so do the old ones again."""
    migrate(engine, revision)
    fill_every_table(engine)
    columns = columns_of(engine)
    before = contents_of(engine, columns)
    assert {len(rows) for rows in before.values()} == {ROWS_EACH}
    migrate(engine)
    assert differences(engine) == []
    assert contents_of(engine, columns) == before
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM leadtext")).scalar_one() == ROWS_EACH
    if revision < CHAINED_SINCE:
        settings = Settings(home=tmp_path, database_url=database_url)
        with closing(open_workplace(settings)) as place:
            assert verify_ledger(place).entries == ROWS_EACH
    take_back(engine, revision)
    assert columns_of(engine) == columns
    assert contents_of(engine, columns) == before
    take_back(engine, "base")
    migrate(engine)
    assert differences(engine) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_is_durable_and_checks_its_keys(engine: Engine) -> None:
    """Readers do not block writers, a commit outlives a power cut, and no row points nowhere."""
    found = {}
    with engine.connect() as connection:
        for pragma in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout"):
            found[pragma] = connection.execute(text(f"PRAGMA {pragma}")).scalar_one()
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 20_000}
