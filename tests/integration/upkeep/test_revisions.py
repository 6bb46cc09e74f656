"""Facts of a later release: no program of an earlier one touches them."""

import sqlite3
from contextlib import closing

import pytest
from harness.command_line import Terminal

from deployments.installation.opening import open_workplace, workplace_from_environment
from deployments.installation.revisions import newest_revision
from deployments.installation.settings import load_settings
from models.errors import StartError


@pytest.mark.parametrize("command", ["lead list", "status", "ledger verify", "init"])
def test_a_command_refuses_facts_of_a_later_release(terminal: Terminal, command: str) -> None:
    """One sentence says what to do; so does a flow, on whatever worker."""
    with closing(sqlite3.connect(terminal.home / "zero137.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    said = terminal.run(*command.split())
    assert said.code == 10, said
    assert "升级程序" in said.err
    with pytest.raises(StartError, match="升级程序"):
        workplace_from_environment()


def test_the_newest_revision_is_the_one_a_new_database_gets(terminal: Terminal) -> None:
    """The names of the files say it, so that no command has to load the migrations."""
    assert terminal.run("status").code == 0
    with closing(open_workplace(load_settings())) as place, place.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert found == newest_revision()
