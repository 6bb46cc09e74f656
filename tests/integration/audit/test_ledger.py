"""The ledger on a real database: it only grows, it is sealed, and what is removed or changed shows."""

import json
import threading

import pytest
from conftest import Clock
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from walks.walking import Walk, houma, ledger_of, register_lead

from deployments.keeping.schema import migrate, take_back
from models.codes import Step
from models.errors import TamperError
from tasks.audit.verification import verify_ledger, verify_stream
from tasks.record.ledger import append_entry
from tasks.record.seals import SEALS, newest_seal, seal_daily, seal_ledger, seal_lines
from tasks.workplace import Workplace

REFUSED = [
    "UPDATE ledgerentry SET summary = '改' WHERE sequence = 1",
    "DELETE FROM ledgerentry WHERE sequence = 1",
    "UPDATE seal SET matters = 0",
    "DELETE FROM seal",
    "UPDATE sealedhead SET sequence = 99",
    "DELETE FROM sealedhead",
]
_REST = "at, kind, actor, '改', detail, hash"
ON_SQLITE = [
    f"INSERT OR REPLACE INTO ledgerentry SELECT id, stream, sequence, {_REST} FROM ledgerentry LIMIT 1",
    f"REPLACE INTO ledgerentry SELECT NULL, stream, sequence, {_REST} FROM ledgerentry LIMIT 1",
    "REPLACE INTO seal SELECT number, at, 0, root, changes, previous, hash FROM seal",
    "REPLACE INTO sealedhead SELECT seal_number, stream, 99, hash FROM sealedhead",
]


def past_the_triggers(place: Workplace, *statements: str) -> None:
    """Do to the database what only its owner can do."""
    with place.engine.connect() as connection:
        _disarm(connection)
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0, statement
        connection.commit()


def _disarm(connection: Connection) -> None:
    """Take the triggers out of the way, for this transaction alone where the database can."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
        connection.execute(text(f"DROP TRIGGER {name}"))
    connection.commit()
    connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]


@pytest.fixture
def sealed(walk: Walk, clock: Clock) -> Walk:
    """A lead on its way, and another one; both sealed twice."""
    register_lead(walk.place, clock, title="要求企业先加入协会方可备案")
    walk.to(Step.VERIFY)
    seal_ledger(walk.place, "经办人甲", clock())
    clock.now = houma(24, 10)
    walk.to(Step.REVIEW)
    seal_ledger(walk.place, "经办人甲", clock())
    return walk


def test_the_database_refuses_to_change_or_remove_what_is_recorded(sealed: Walk) -> None:
    """Whoever writes past the program is stopped by triggers, also by way of a replacement."""
    sqlite = sealed.place.engine.dialect.name == "sqlite"
    statements = REFUSED + (ON_SQLITE if sqlite else ["TRUNCATE ledgerentry", "TRUNCATE seal CASCADE"])
    for statement in statements:
        with sealed.place.engine.connect() as connection, pytest.raises(DBAPIError, match="only grows"):
            connection.execute(text(statement))
    verify_ledger(sealed.place)


def test_a_whole_life_cycle_is_found_in_order(sealed: Walk) -> None:
    """Every entry, of every stream, and the last seal."""
    found = verify_ledger(sealed.place)
    # The units, the seals and two leads.
    assert (found.streams, found.seals) == (4, 2)
    assert found.seal is not None
    assert found.seal.matters == 4
    with sealed.place.reading() as session:
        assert found.entries == session.execute(text("SELECT count(*) FROM ledgerentry")).scalar_one()
    assert verify_stream(sealed.place, sealed.number).entries == len(ledger_of(sealed.place, sealed.number))


def test_nothing_is_sealed_twice_and_each_day_once(walk: Walk, clock: Clock) -> None:
    """A seal without anything new is none; the patrol seals once a day."""
    first = seal_daily(walk.place, "规则", clock())
    assert first is not None
    walk.advance()
    clock.now = houma(23, 17)
    assert seal_daily(walk.place, "规则", clock()) is None
    assert (second := seal_ledger(walk.place, "经办人甲", clock())) is not None
    assert (second.number, second.previous) == (2, first.hash)
    assert seal_ledger(walk.place, "经办人甲", clock()) is None
    clock.now = houma(24, 9)
    assert seal_daily(walk.place, "规则", clock()) is None, "nothing was recorded since"
    walk.answer(Step.TRANSFER)
    assert seal_ledger(walk.place, "经办人甲", clock()) is not None
    walk.advance()
    assert seal_daily(walk.place, "规则", clock()) is not None, "that of a person is not that of the day"
    assert [entry.detail["seal"] for entry in ledger_of(walk.place, SEALS)] == [1, 2, 3, 4]


def test_an_empty_ledger_is_in_order(place: Workplace) -> None:
    """Only the import of the units is recorded."""
    found = verify_ledger(place)
    assert (found.entries, found.streams, found.seals, found.seal) == (1, 1, 0, None)


_SECOND = "stream = 'L2026-0002'"
_WITHOUT_SECOND = [f"DELETE FROM ledgerentry WHERE {_SECOND}", f"DELETE FROM ledgerhead WHERE {_SECOND}"]
_CUT = "DELETE FROM ledgerentry WHERE stream = '{lead}' AND sequence > 8"
_EIGHTH = "SELECT hash FROM ledgerentry WHERE stream = '{lead}' AND sequence = 8"
_OF_LEAD = "seal_number = 2 AND stream = '{lead}'"
DEEDS = {
    "a word changed": (["UPDATE ledgerentry SET summary = summary || '。' WHERE {at}"], "{lead} 第3条"),
    "a moment changed": (["UPDATE ledgerentry SET at = '2026-11-20 00:00:00' WHERE {at}"], "{lead} 第3条"),
    "an entry removed": (["DELETE FROM ledgerentry WHERE {at}"], "{lead} 第3条"),
    "the end cut off": ([_CUT], "{lead} 第9条"),
    "the end and its note cut off": (
        [_CUT, f"UPDATE ledgerhead SET sequence = 8, hash = ({_EIGHTH}) WHERE stream = '{{lead}}'"],
        "{lead} 第9条",
    ),
    "a lead removed without a trace": (_WITHOUT_SECOND, "L2026-0002 第1条"),
    "a lead removed, also from the seals": (
        [*_WITHOUT_SECOND, f"DELETE FROM sealedhead WHERE {_SECOND}"],
        "封存第1号",
    ),
    "the last seal removed": (
        ["DELETE FROM sealedhead WHERE seal_number = 2", "DELETE FROM seal WHERE number = 2"],
        "封存第2号",
    ),
    "a seal changed": (["UPDATE seal SET matters = matters - 1 WHERE number = 1"], "封存第1号"),
    "a sealed head changed": ([f"UPDATE sealedhead SET hash = '{{zeros}}' WHERE {_OF_LEAD}"], "封存第2号"),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_what_was_done_to_the_ledger_is_found_and_named(sealed: Walk, deed: str) -> None:
    """The first bad place is named, also where every trace was removed but the seals."""
    statements, expected = DEEDS[deed]
    words = {"lead": sealed.number, "zeros": "0" * 64, "at": f"stream = '{sealed.number}' AND sequence = 3"}
    past_the_triggers(sealed.place, *(statement.format(**words) for statement in statements))
    with pytest.raises(TamperError) as caught:
        verify_ledger(sealed.place)
    assert caught.value.position == expected.format(**words)
    assert caught.value.position in str(caught.value)


def test_a_ledger_that_was_rewritten_as_a_whole_is_found_by_seals_kept_elsewhere(
    sealed: Walk, clock: Clock
) -> None:
    """Whoever owns the database can compute every digest anew, but not those that others keep."""
    kept = [json.loads(line) for line in seal_lines(sealed.place)]
    assert verify_ledger(sealed.place, kept).seals == 2
    _rewrite(sealed, clock)
    verify_ledger(sealed.place)
    with pytest.raises(TamperError) as caught:
        verify_ledger(sealed.place, kept)
    assert caught.value.position == "封存第1号"
    with pytest.raises(TamperError) as caught:
        verify_ledger(sealed.place, [{"number": 9, "hash": "", "text": ""}])
    assert caught.value.position == "封存第9号"


_KEY = "SELECT id FROM matter WHERE number = 'L2026-0002'"


def _rewrite(sealed: Walk, clock: Clock) -> None:
    """Remove the second lead and the seals, and seal anew what is left."""
    past_the_triggers(
        sealed.place,
        "DELETE FROM sealedhead",
        "DELETE FROM seal",
        "DELETE FROM ledgerentry WHERE stream IN ('L2026-0002', 'seals')",
        "DELETE FROM ledgerhead WHERE stream IN ('L2026-0002', 'seals')",
        f"DELETE FROM lead WHERE matter_id = ({_KEY})",
        f"DELETE FROM matter WHERE id = ({_KEY})",
    )
    clock.now = houma(23, 11)
    seal_ledger(sealed.place, "经办人甲", clock())
    sealed.answer(Step.REVIEW)
    seal_ledger(sealed.place, "经办人甲", clock())


def test_two_who_begin_a_stream_at_once_both_get_their_entry(place: Workplace, clock: Clock) -> None:
    """The one waits for the other, and the chain holds."""
    started = threading.Barrier(2)

    def record(who: str) -> None:
        with place.writing() as session:
            if place.engine.dialect.name == "postgresql":
                # SQLite lets only one of them begin at all.
                started.wait(10)
            append_entry(session, "calendar", clock(), "calendar_imported", who, "导入")

    people = [threading.Thread(target=record, args=(who,)) for who in ("经办人甲", "经办人乙")]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert {entry.actor for entry in ledger_of(place, "calendar")} == {"经办人甲", "经办人乙"}
    verify_ledger(place)


def test_two_who_seal_at_once_make_one_seal(walk: Walk, clock: Clock) -> None:
    """The second waits for its turn and finds nothing that moved."""
    made: list[object] = []
    people = [
        threading.Thread(target=lambda: made.append(seal_ledger(walk.place, "经办人甲", clock())))
        for _ in range(3)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert sum(seal is not None for seal in made) == 1
    with walk.place.reading() as session:
        assert (last := newest_seal(session)) is not None
        assert last.number == 1


def test_entries_from_before_the_chain_are_chained_by_the_migration(walk: Walk) -> None:
    """A ledger that was begun by an earlier release is verified like any other."""
    walk.to(Step.RECTIFY)
    before = [entry.hash for entry in ledger_of(walk.place, walk.number)]
    take_back(walk.place.engine, "0004")
    migrate(walk.place.engine)
    assert [entry.hash for entry in ledger_of(walk.place, walk.number)] == before
    verify_ledger(walk.place)
    walk.pass_step(Step.RECTIFY)
    verify_ledger(walk.place)
