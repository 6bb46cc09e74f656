"""Fixtures for all tests: a workplace in a temporary folder, a clock, and what may be lacking."""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from fakes.object_storage import Storage, object_storage
from harness.databases import postgresql_told, postgresql_version
from sqlalchemy import Engine, make_url

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.schema import migrate
from models.office.directory import packaged_directory_text, read_directory
from tasks.database import open_engine
from tasks.office.units import import_units
from tasks.workplace import Workplace

SHARED = Path(__file__).parents[2] / "shared" / "data"

Lacking = Callable[[str], None]

# Where Linux keeps files in memory; a file is kept there in a hundredth of the time a disk takes.
_MEMORY, _NEEDED_BYTES = Path("/dev/shm"), 8 << 30  # noqa: S108 - pytest makes folders of its own there


def pytest_configure() -> None:
    """Keep temporary files in memory where there is plenty, unless somebody chose a place; save time."""
    if "TMPDIR" not in os.environ and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _NEEDED_BYTES:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None
    # What is imported for thousands of tests stays: to look through it for garbage only takes time.
    gc.set_threshold(50_000)


def pytest_report_header() -> str:
    """Say at the beginning which PostgreSQL the tests use, or why none."""
    return postgresql_told()


@pytest.fixture(scope="session")
def lacking() -> Lacking:
    """Skip a test with the reason, or fail it where everything is expected to be there (CI)."""

    def skip_or_fail(reason: str) -> None:
        if os.environ.get("TEST_REQUIRE_ALL"):
            pytest.fail(reason)
        pytest.skip(reason)

    return skip_or_fail


@pytest.fixture(scope="session")
def shared_data(lacking: Lacking) -> Path:
    """The folder of real cases and calendars beside the checkout."""
    if not SHARED.is_dir():
        lacking("real cases (../shared/data) are not beside this checkout")
    return SHARED


class Clock:
    """A clock that tests set; it stands still in between."""

    def __init__(self) -> None:
        """Start on a Monday morning, 2026-11-23 10:00 in Houma."""
        self.now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the set moment."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock the test sets."""
    return Clock()


@pytest.fixture(scope="session")
def postgres_server(lacking: Lacking) -> None:
    """A PostgreSQL server that answers; ``databases`` makes and drops databases there."""
    if not postgresql_version():
        lacking("no PostgreSQL answers at the configured address (TEST_POSTGRES_URL)")


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """S3-compatible storage on this machine."""
    with object_storage(tmp_path_factory.mktemp("aside")) as started:
        yield started


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite that was migrated and given the units once: each test takes a copy."""
    settings = Settings(home=tmp_path_factory.mktemp("furnished"))
    with closing(open_workplace(settings)) as place:
        _furnish(place, Clock()())
    return settings.home / "zero137.db"


@pytest.fixture
def place(database_url: str, furnished: Path, tmp_path: Path, clock: Clock) -> Iterator[Workplace]:
    """A workplace with the packaged policy and units, on the database of ``database_url``."""
    (tmp_path / "evidence").mkdir()
    file = make_url(database_url).database
    if is_file := bool(file) and database_url.startswith("sqlite"):
        shutil.copyfile(furnished, file)
    settings = Settings(home=tmp_path, database_url=database_url, evidence_mb=1)
    opened = open_workplace(settings, clock=clock)
    if not is_file:
        opened = replace(opened, engine=_kept_engine(database_url))
        _furnish(opened, clock())
    yield opened
    opened.close()


@cache
def _kept_engine(address: str) -> Engine:
    """Return the engine of a database that many tests use: it knows their statements already."""
    return open_engine(address)


def _furnish(place: Workplace, now: datetime) -> None:
    """Create the tables and fill in the packaged units."""
    migrate(place.engine)
    import_units(place, read_directory(packaged_directory_text(), "units.toml"), "units.toml", now)
