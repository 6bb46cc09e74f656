"""The workplace a worker keeps: as good as one that is opened anew, for every run and on every thread."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from deployments.installation.clock import set_drill_clock
from deployments.worker.in_process import InProcessWorker
from deployments.worker.kept_workplace import KeptWorkplace
from models.errors import InputError, StartError
from models.office.policy import packaged_policy_text
from models.office.tables import Unit
from tasks.workplace import Workplace, at_work, read_office

_FORKED = """
import os
from deployments.worker.kept_workplace import KeptWorkplace
from tasks.workplace import read_office

kept = KeptWorkplace()
parents = kept.lend()
read_office(parents)
if (child := os.fork()) == 0:
    mine = kept.lend()
    assert mine.engine is not parents.engine
    read_office(mine)
    kept.close()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
# The connection from before the fork still serves.
assert kept.lend().engine is parents.engine
assert parents.engine.pool.checkedin() == 1
read_office(parents)
kept.close()
"""


@pytest.fixture
def settings(place: Workplace, database_url: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The settings of a worker for the workplace of these tests; more of them can be set."""
    monkeypatch.setenv("ZERO137_HOME", str(place.home))
    monkeypatch.setenv("ZERO137_DATABASE_URL", database_url)
    return monkeypatch


@pytest.fixture
def kept(settings: pytest.MonkeyPatch) -> Iterator[KeptWorkplace]:
    """What a worker keeps."""
    del settings
    keeper = KeptWorkplace()
    yield keeper
    keeper.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_database_at_the_same_place_is_opened(
    place: Workplace, kept: KeptWorkplace, tmp_path: Path
) -> None:
    """As after a restore beside a running worker: what is written goes where everybody else looks."""
    before = kept.lend()
    assert kept.lend() is before
    file = place.home / "zero137.db"
    with place.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    shutil.copyfile(file, tmp_path / "restored.db")
    (tmp_path / "restored.db").replace(file)
    assert kept.lend().engine is not before.engine


def test_runs_after_another_and_at_once_share_connections_and_statements(
    settings: pytest.MonkeyPatch,
) -> None:
    """In the worker's own threads nothing is compiled or connected twice for the same thing."""
    del settings
    worker = InProcessWorker("zero137", limit=4)

    def look(_: int) -> tuple[Workplace, int]:
        with at_work() as place:
            return place, len(read_office(place).units)

    with worker._threads as threads:  # noqa: SLF001 - a run needs a server
        seen = list(threads.map(look, range(40)))
    place = seen[0][0]
    assert all(each == (place, seen[0][1]) for each in seen)
    engine = place.engine
    assert 0 < engine.pool.checkedin() <= 4  # type: ignore[attr-defined]
    compiled = len(engine._compiled_cache or ())  # noqa: SLF001 - nothing else tells
    read_office(place)
    assert len(engine._compiled_cache or ()) == compiled > 0  # noqa: SLF001
    place.close()


def test_only_who_borrows_gets_what_is_kept(kept: KeptWorkplace, settings: pytest.MonkeyPatch) -> None:
    """Any other process or thread opens its own workplace, and closes it."""
    del settings
    lent = kept.lend()
    with at_work() as own:
        assert own.engine is not lent.engine
        read_office(own)
    assert own.engine.pool.checkedin() == 0  # type: ignore[attr-defined]


def test_what_changes_in_the_directory_shows_at_once(kept: KeptWorkplace, place: Workplace) -> None:
    """The facts are read in each transaction; nothing of them is kept."""
    name = read_office(kept.lend()).units[0].name
    with place.writing() as session:
        unit = session.exec(select(Unit).order_by(col(Unit.code))).first()
        assert unit is not None
        unit.name = f"新{name}"
        session.add(unit)
    assert read_office(kept.lend()).units[0].name == f"新{name}"


def test_a_policy_file_that_is_written_anew_is_in_force_with_the_next_run(
    kept: KeptWorkplace, settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A wrong one is told to whoever asks, and the next right one is taken."""
    file, words = tmp_path / "policy.toml", packaged_policy_text()
    settings.setenv("ZERO137_POLICY", str(file))
    file.write_text(words, encoding="utf-8")
    first = kept.lend()
    assert kept.lend() is first
    least = f"minimum_evidence_files = {first.policy.answer_gate.minimum_evidence_files}"
    assert words.count(least) == 1
    # As long as before: only its time tells that it was written.
    file.write_text(words.replace(least, "minimum_evidence_files = 9"), encoding="utf-8")
    assert kept.lend().policy.answer_gate.minimum_evidence_files == 9
    assert first.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
    file.unlink()
    with pytest.raises(InputError, match="ZERO137_POLICY"):
        kept.lend()
    file.write_text(words, encoding="utf-8")
    assert kept.lend().policy == first.policy


def test_other_settings_are_another_workplace(
    kept: KeptWorkplace, settings: pytest.MonkeyPatch, clock: object
) -> None:
    """What was open under the earlier ones is given back; a drill brings its own clock."""
    first = kept.lend()
    read_office(first)
    settings.setenv("ZERO137_EVIDENCE_MB", "7")
    second = kept.lend()
    assert (second.evidence_limit, first.engine.pool.checkedin()) == (7 << 20, 0)  # type: ignore[attr-defined]
    moment = clock()  # type: ignore[operator]
    set_drill_clock(second.home, moment)
    assert kept.lend().clock() == moment


def test_facts_of_a_later_release_are_refused_while_the_worker_runs(
    kept: KeptWorkplace, place: Workplace
) -> None:
    """Another machine may have been upgraded meanwhile."""
    kept.lend()
    with place.engine.begin() as connection:
        ours = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(StartError, match="升级程序"):
            kept.lend()
    finally:
        # The tables of this database serve other tests.
        with place.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :ours"), {"ours": ours})
    kept.lend()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_was_started_again_is_connected_anew(kept: KeptWorkplace, place: Workplace) -> None:
    """What is kept of the time before does not fail whoever comes next."""
    before, ended = read_office(kept.lend()), text("SELECT pg_terminate_backend(:its)")
    with kept.lend().engine.connect() as connection:
        its = connection.scalar(text("SELECT pg_backend_pid()"))
    with place.engine.connect() as connection:
        assert connection.scalar(ended, {"its": its})
    assert read_office(kept.lend()) == before


def test_a_fork_has_connections_of_its_own(settings: pytest.MonkeyPatch, place: Workplace) -> None:
    """A child neither uses nor closes what its parent keeps."""
    del settings
    done = subprocess.run(
        [sys.executable, "-c", _FORKED], cwd=place.home, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
