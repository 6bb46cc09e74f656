"""Moving all facts to another database: everything is there, proved, or nothing is."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Clock
from harness.command_line import Terminal
from harness.wording import assert_is_one_sentence
from mishaps.dying import die_after, environment_of
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import SQLModel, func, select
from walks.full_office import fill_office, settings_of
from walks.walking import contents, draft_lead, register_lead

from deployments.installation.home import instance_lock
from deployments.keeping.moving import Moved, move_facts
from models.errors import ConflictError, StartError, TamperError
from models.lookup.lead_filter import LeadFilter, Page, Sorting, Status
from models.lookup.lead_text import words_of
from tasks.database import open_engine
from tasks.lookup.leads.lead_list import find_leads
from tasks.mechanisms.leads.registering import register_leads
from tasks.workplace import Workplace


@pytest.fixture
def other(place: Workplace, other_url: str) -> Iterator[Workplace]:
    """The same workplace on the other database."""
    with closing(replace(place, engine=open_engine(other_url))) as opened:
        yield opened


def move(place: Workplace, url: str) -> Moved:
    """Move everything from the database of a workplace to another one."""
    settings = settings_of(place)
    return move_facts(settings, settings.facts_url, url)


def rows_in(place: Workplace) -> int:
    """Return how many rows there are in all tables, which may not be there either."""
    there = inspect(place.engine).get_table_names()
    with place.reading() as session:
        return sum(
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in SQLModel.metadata.sorted_tables
            if table.name in there
        )


def test_everything_moves_to_the_other_database_and_works_there(
    place: Workplace, other: Workplace, other_url: str, clock: Clock, papers: Path
) -> None:
    """Rows with their keys and zones, the search, the triggers, and the next numbers of everything."""
    number = fill_office(place, clock, papers)
    before = contents(place)
    assert [name for name, rows in before.items() if not rows] == []
    done = move(place, other_url)
    assert {name: len(before[name]) for name in done.rows if name in before} == {
        name: rows for name, rows in done.rows.items() if name != "ledgerhead"
    }
    assert done.proof.ledger.entries == len(before["ledgerentry"])
    assert contents(place) == contents(other) == before
    asked = LeadFilter(status=Status.ALL, words=words_of("另设子公司"))
    assert [lead.number for lead in find_leads(other, asked, Sorting(), Page(), clock()).leads] == [number]
    with other.writing() as session, pytest.raises(DatabaseError, match="only grows"):
        session.connection().execute(text("UPDATE ledgerentry SET actor = '' WHERE sequence = 1"))
    new, same = (register_lead(each, clock, title="之后登记的线索") for each in (other, place))
    assert new == same != number
    assert contents(other) == contents(place)


def test_a_thousand_leads_move_within_seconds(
    place: Workplace, other: Workplace, other_url: str, clock: Clock
) -> None:
    """They are more than what is held at once; 30 seconds are far more than it takes."""
    drafts = [draft_lead(place, clock, title=f"第{n}条线索") for n in range(1_000)]
    register_leads(place, drafts, "经办人甲", clock())
    assert move(place, other_url).rows["lead"] == 1_000
    assert rows_in(other) == rows_in(place)


def test_a_database_that_holds_anything_is_refused(
    place: Workplace, other: Workplace, other_url: str, clock: Clock
) -> None:
    """One that took the facts already, the source itself, and one whose tables are somebody else's."""
    register_lead(place, clock)
    move(place, other_url)
    before = contents(other)
    for url in (other_url, settings_of(place).facts_url):
        with pytest.raises(ConflictError) as refused:
            move(place, url)
        assert_is_one_sentence(str(refused.value))
    assert contents(other) == before


def test_the_tables_of_somebody_else_are_refused(place: Workplace, other_url: str) -> None:
    """Nothing is created beside them, whether they are migrated by the same library or not."""
    for statement in (
        "CREATE TABLE guest (id integer)",
        "CREATE TABLE alembic_version (version_num varchar(32))",
        "INSERT INTO alembic_version VALUES ('0a1b2c3d4e5f')",
    ):
        engine = create_engine(open_engine(other_url).url)
        with engine.begin() as connection:
            connection.execute(text(statement))
        with pytest.raises(ConflictError, match="换一个空数据库"):
            move(place, other_url)
        assert set(inspect(engine).get_table_names()) <= {"guest", "alembic_version"}
        engine.dispose()


def test_a_changed_ledger_does_not_move(
    place: Workplace, other: Workplace, other_url: str, clock: Clock
) -> None:
    """The first changed place is named, and the target is as empty as before."""
    number = register_lead(place, clock)
    with place.writing() as session:
        if place.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            session.execute(text("DROP TRIGGER ledgerentry_no_update"))
        session.execute(text("UPDATE ledgerentry SET actor = '某人' WHERE stream = :n"), {"n": number})
    with pytest.raises(TamperError) as found:
        move(place, other_url)
    assert found.value.position == f"{number} 第1条"
    assert rows_in(other) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "value",
    ["'过长' || replace(hex(zeroblob(100)), '0', '长')", "CAST(x'ff41' AS TEXT)"],
    ids=["too long", "no text"],
)
def test_what_the_target_cannot_hold_is_named(
    place: Workplace, other: Workplace, other_url: str, clock: Clock, value: str
) -> None:
    """SQLite holds whatever somebody wrote into it; the table is told, and nothing is moved."""
    register_lead(place, clock)
    with place.writing() as session:
        session.execute(text(f"UPDATE lead SET document_number = {value}"))
    with pytest.raises(TamperError, match="表 lead 第1行起有内容无法复制") as refused:
        move(place, other_url)
    assert_is_one_sentence(str(refused.value))
    assert rows_in(other) == 0


def test_what_is_written_meanwhile_is_not_left_behind(
    place: Workplace, other: Workplace, other_url: str, clock: Clock
) -> None:
    """A command on another machine registers a lead while the rows are copied: the move is given up."""
    register_lead(place, clock)
    wrote: list[str] = []

    def write(*arguments: object) -> None:
        if str(arguments[2]).startswith("INSERT INTO matter") and not wrote:
            wrote.append("no more than once")
            wrote.append(register_lead(place, clock, title="同时登记的线索"))

    event.listen(Engine, "before_cursor_execute", write)
    try:
        with pytest.raises(ConflictError, match="仍有写入"):
            move(place, other_url)
    finally:
        event.remove(Engine, "before_cursor_execute", write)
    assert len(wrote) == 2
    assert rows_in(other) == 0


@pytest.mark.parametrize("where", ["copy_facts", "newest_entry"])
def test_a_killed_move_leaves_an_empty_database_and_can_be_done_again(
    place: Workplace, other: Workplace, other_url: str, clock: Clock, where: str
) -> None:
    """Before and after the proof: what is not committed was never there."""
    register_lead(place, clock)
    die_after(environment_of(place), f"deployments.keeping.moving.{where}", "migrate", "--to", other_url)
    assert rows_in(other) == 0
    move(place, other_url)
    assert contents(other) == contents(place)


def test_a_running_system_is_not_moved(place: Workplace, other_url: str) -> None:
    """Its next change would stay behind."""
    with instance_lock(settings_of(place)), pytest.raises(StartError, match="zero137 down"):
        move(place, other_url)


def test_the_command_moves_and_tells_how_to_go_on(terminal: Terminal, tmp_path: Path) -> None:
    """From the database of the settings unless another is named; passwords are not shown."""
    terminal.text("lead", "add", "--title", "要求设立子公司", "--facts", "设置了清单之外的条件。")
    target = tmp_path / "moved.db"
    told = terminal.text("migrate", "--to", f"sqlite:///{target}")
    assert "逐表与来源一致" in told
    assert "ZERO137_DATABASE_URL" in told
    back = terminal.json("migrate", "--from", f"sqlite:///{target}", "--to", f"sqlite:///{tmp_path / 'b.db'}")
    assert isinstance(back, dict)
    assert (back["rows"]["lead"], back["matters"]) == (1, 1)


REFUSED: dict[str, tuple[str, ...]] = {
    "no database": ("--from", "sqlite:////nowhere/zero137.db", "--to", "sqlite:///new.db"),
    "no address": ("--to", "zero137.db"),
    "no server": ("--to", "postgresql://somebody:secret@127.0.0.1:9/facts"),
    "no folder": ("--to", "sqlite:////nowhere/zero137.db"),
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED)
def test_an_address_nobody_answers_at_is_refused_in_one_sentence(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    """Without a password, and without leaving a database where none was."""
    said = terminal.run("migrate", *words)
    assert said.code in (6, 10)
    assert_is_one_sentence(said.err.strip())
    assert "secret" not in said.err
    assert not Path("new.db").exists()
