"""Fixtures: databases, a lead on its way, a terminal, and what is needed without a database."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Clock
from fakes.receivers import free_port
from harness.command_line import Terminal
from harness.databases import address_of, new_database
from sqlalchemy import Engine, create_engine, delete, inspect, text
from sqlmodel import SQLModel
from walks.lead_tables import READ_AT, Reader
from walks.walking import Walk, register_lead

from deployments.cli.main import run
from deployments.installation.settings import Settings
from models.mechanisms.leads.intake import IntakeDefaults
from models.office.policy import Policy, packaged_policy_text, read_policy
from tasks.mechanisms.leads.import_files import LeadTable, read_leads
from tasks.workplace import Workplace


@pytest.fixture(scope="session")
def kept_postgres(postgres_server: None) -> Iterator[Engine]:
    """One PostgreSQL database for all these tests: to create one for each would take most of their time."""
    del postgres_server
    with new_database() as url:
        kept = create_engine(url, connect_args={"options": "-c lock_timeout=5s"})
        yield kept
        kept.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without a single row; on PostgreSQL the tables of the last test are kept."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'zero137.db'}"
        return
    kept: Engine = request.getfixturevalue("kept_postgres")
    yield address_of(kept.url)
    there = set(inspect(kept).get_table_names())
    with kept.begin() as connection:
        # The record only grows, but for whoever owns the server.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in reversed(SQLModel.metadata.sorted_tables):
            if table.name in there:
                connection.execute(delete(table))


@pytest.fixture
def other_url(place: Workplace, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of the other kind."""
    if place.engine.dialect.name == "postgresql":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    request.getfixturevalue("postgres_server")
    with new_database() as url:
        yield address_of(url)


@pytest.fixture
def elsewhere(other_url: str, tmp_path: Path) -> Settings:
    """Another machine: a folder that is not there yet, and an empty database of the other kind."""
    return Settings(home=tmp_path / "elsewhere", database_url=other_url, evidence_mb=1)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where a backup goes."""
    return tmp_path / "backups" / "2026-11-23"


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """A folder for the files people hand in, beside the workplace."""
    folder = tmp_path / "papers"
    folder.mkdir()
    return folder


@pytest.fixture
def walk(place: Workplace, clock: Clock, papers: Path) -> Walk:
    """A lead that was just registered, on each database."""
    return Walk(place, clock, papers, register_lead(place, clock))


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The packaged policy, where no workplace is needed."""
    return read_policy(packaged_policy_text(), "policy.toml")


@pytest.fixture
def read(policy: Policy, tmp_path: Path) -> Reader:
    """Write a file of leads with that name and content, and read it."""

    def write_and_read(name: str, content: bytes) -> LeadTable:
        (tmp_path / name).write_bytes(content)
        return read_leads(tmp_path / name, IntakeDefaults(READ_AT), policy, READ_AT)

    return write_and_read


@pytest.fixture
def bare_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """A terminal in an empty folder: nothing was set up yet, and no server is reached."""
    for name in [name for name in os.environ if name.startswith("ZERO137_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZERO137_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZERO137_PORT", str(free_port()))
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path / "home", capsys)


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation that was set up once; each test takes a copy."""
    home = tmp_path_factory.mktemp("set-up") / "home"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ZERO137_HOME", str(home))
        assert run(["init"]) == 0
    return home


@pytest.fixture
def terminal(bare_terminal: Terminal, set_up: Path) -> Terminal:
    """A terminal at an installation that was set up."""
    shutil.copytree(set_up, bare_terminal.home)
    return bare_terminal
