"""Settings: what is not set has a default that fits what is."""

from pathlib import Path

import pytest

from deployments.settings import Settings, child_environment, load_settings
from models.errors import InputError

POSTGRESQL = "postgresql+asyncpg://postgres@127.0.0.1:5432/prefect"


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        ({}, 2),
        ({"ZERO137_PREFECT_DATABASE_URL": POSTGRESQL}, 8),
        ({"ZERO137_CONCURRENCY": "5"}, 5),
        ({"ZERO137_PREFECT_DATABASE_URL": POSTGRESQL, "ZERO137_CONCURRENCY": "3"}, 3),
    ],
)
def test_as_many_runs_at_once_as_the_database_bears(given: dict[str, str], runs: int) -> None:
    """SQLite has one writer; PostgreSQL bears more; a setting goes before both."""
    assert load_settings(given).runs_at_once == runs


def test_the_children_are_told_prefects_database(tmp_path: Path) -> None:
    """A file in the home folder, unless another database is named."""
    here = child_environment(Settings(home=tmp_path))["PREFECT_SERVER_DATABASE_CONNECTION_URL"]
    assert here == f"sqlite+aiosqlite:///{tmp_path / 'prefect' / 'prefect.db'}"
    there = child_environment(Settings(home=tmp_path, prefect_database_url=POSTGRESQL))
    assert there["PREFECT_SERVER_DATABASE_CONNECTION_URL"] == POSTGRESQL


@pytest.mark.parametrize("name", ["a/b", "", "50%"])
def test_a_name_no_pool_can_have_is_refused(name: str) -> None:
    """Prefect would refuse it later, and in English."""
    with pytest.raises(InputError, match="pool"):
        load_settings({"ZERO137_POOL": name})
