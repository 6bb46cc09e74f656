"""Settings: what is not set has a default that fits what is."""

from pathlib import Path

import pytest
from harness.wording import assert_is_one_sentence

from deployments.installation.opening import open_store
from deployments.installation.settings import Settings, load_settings
from deployments.processes.environment import child_environment
from models.errors import InputError
from tasks.store.bucket import ObjectStore
from tasks.store.folder import FolderStore
from tasks.store.protocol import Store

HOME = Path("/srv/home")
POSTGRESQL = "postgresql+asyncpg://postgres@127.0.0.1:5432/prefect"


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        ({}, 8),
        ({"ZERO137_PREFECT_DATABASE_URL": POSTGRESQL}, 8),
        ({"ZERO137_CONCURRENCY": "5"}, 5),
        ({"ZERO137_PREFECT_DATABASE_URL": POSTGRESQL, "ZERO137_CONCURRENCY": "3"}, 3),
    ],
)
def test_as_many_runs_at_once_on_either_database(given: dict[str, str], runs: int) -> None:
    """SQLite bears as many as PostgreSQL; a setting goes before the default."""
    assert load_settings(given).concurrency == runs


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


def test_only_the_worker_is_given_the_keys_of_informants(monkeypatch: pytest.MonkeyPatch) -> None:
    """In clear, or it could not use them; the server that shows runs to everybody never holds them."""
    monkeypatch.setenv("ZERO137_INFORMANT_KEY", "secret-one,secret-two")
    monkeypatch.setenv("ZERO137_INFORMANT_KEY_FILE", "k")
    settings = load_settings()
    assert "secret" not in repr(settings)
    assert "secret" not in repr(child_environment(settings))
    worker = child_environment(settings, with_keys=True)
    assert worker["ZERO137_INFORMANT_KEY"] == "secret-one,secret-two"
    assert load_settings({k: v for k, v in worker.items() if k.startswith("ZERO137_")}) == settings
    assert settings.key_source.file == Path.cwd() / "k"
    assert load_settings({"ZERO137_INFORMANT_KEY": ""}).key_source.given is None


@pytest.mark.parametrize(
    ("url", "store"),
    [
        ("", FolderStore(HOME)),
        ("/mnt/share/zero137", FolderStore(Path("/mnt/share/zero137"))),
        ("file:///mnt/share/zero137", FolderStore(Path("/mnt/share/zero137"))),
        ("s3://cases", ObjectStore(HOME, "cases")),
        ("s3://cases/", ObjectStore(HOME, "cases")),
        ("s3://houma.cases/0137/2026/", ObjectStore(HOME, "houma.cases", "0137/2026")),
    ],
)
def test_files_lie_at_home_in_a_shared_folder_or_in_a_bucket(url: str, store: Store) -> None:
    """What is not set is the home folder, as on one machine."""
    settings = Settings(home=HOME, store_url=url)
    assert open_store(settings) == store


def test_a_bucket_may_be_on_a_service_of_ones_own() -> None:
    """The same names as on that of AWS."""
    given = {
        "ZERO137_HOME": str(HOME),
        "ZERO137_STORE_URL": "s3://cases/0137",
        "ZERO137_STORE_ENDPOINT": "http://10.0.0.7:9000",
    }
    assert open_store(load_settings(given)) == ObjectStore(HOME, "cases", "0137", "http://10.0.0.7:9000")


@pytest.mark.parametrize(
    "url",
    [
        "share", "./share", "file://share", "/mnt/../etc", "s3://", "s3:///x", "s3://C", "s3://key:secret@cases",
        "s3://cases/../x", "s3://cases//x", "s3://cases/x?y", "ftp://host/x", "gs://cases", "s3:cases",
        "s3://cases/\n",
    ],
)  # fmt: skip
def test_an_address_that_is_none_of_a_store_is_refused(url: str) -> None:
    """Before anything is written somewhere else on every machine."""
    with pytest.raises(InputError, match="ZERO137_STORE_URL") as caught:
        open_store(Settings(home=HOME, store_url=url))
    assert_is_one_sentence(str(caught.value))


@pytest.mark.parametrize("address", ["10.0.0.7:9000", "s3.example.org", "http://", "http://host/path x"])
def test_an_address_that_is_none_of_a_service_is_refused(address: str) -> None:
    """The library would say so later, and in English."""
    with pytest.raises(InputError, match="store_endpoint"):
        load_settings({"ZERO137_STORE_ENDPOINT": address})
