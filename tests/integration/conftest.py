"""Fixtures: databases, a lead on its way, a terminal, and what is needed without a database."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from command_line import Terminal
from conftest import Clock
from lead_tables import READ_AT, Reader
from receivers import free_port
from sqlalchemy import Engine, create_engine, delete, inspect, text
from sqlmodel import SQLModel
from walking import Walk, register_lead

from models.intake import IntakeDefaults
from models.policy import Policy, packaged_policy_text, read_policy
from tasks.lead_files import LeadTable, read_leads
from tasks.workplace import Workplace


@pytest.fixture(scope="session")
def kept_postgres(postgres_server: str) -> Iterator[Engine]:
    """One PostgreSQL database for all these tests: to create one for each would take most of their time."""
    name = f"zero137_test_{uuid4().hex[:12]}"
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    kept = create_engine(admin.url.set(database=name), connect_args={"options": "-c lock_timeout=5s"})
    yield kept
    kept.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without a single row; on PostgreSQL the tables of the last test are kept."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'zero137.db'}"
        return
    kept: Engine = request.getfixturevalue("kept_postgres")
    yield kept.url.render_as_string(hide_password=False)
    there = set(inspect(kept).get_table_names())
    with kept.begin() as connection:
        for table in reversed(SQLModel.metadata.sorted_tables):
            if table.name in there:
                connection.execute(delete(table))


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


@pytest.fixture
def terminal(bare_terminal: Terminal) -> Terminal:
    """A terminal at an installation that was set up."""
    bare_terminal.text("init")
    return bare_terminal
