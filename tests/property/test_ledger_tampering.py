"""Laws of the record: whatever is done to ledger, seals or a proof, it is found and its place named."""

import json
import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from conftest import Clock
from harness.examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from walks.walking import Walk, houma, register_lead

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.schema import migrate
from models.codes import Step
from models.errors import InputError, TamperError
from models.office.directory import packaged_directory_text, read_directory
from models.record.proof import check_proof
from tasks.audit.proofs import proof_of
from tasks.audit.verification import verify_ledger
from tasks.database import open_engine
from tasks.office.units import import_units
from tasks.record.seals import seal_ledger
from tasks.workplace import Workplace

COLUMNS = ("sequence", "at", "kind", "actor", "summary", "detail", "hash")
SEAL_COLUMNS = ("at", "matters", "root", "changes", "previous", "hash")


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A ledger of three leads at different steps, sealed three times, without the triggers that guard it."""
    home, clock = tmp_path_factory.mktemp("sealed"), Clock()
    (home / "evidence").mkdir()
    place = open_workplace(Settings(home=home, evidence_mb=1), clock=clock)
    migrate(place.engine)
    import_units(place, read_directory(packaged_directory_text(), "units.toml"), "units.toml", clock())
    for day, steps in ((23, ()), (24, (Step.VERIFY, Step.RECEIPT)), (25, (Step.REVIEW,))):
        clock.now = houma(day, 10)
        register_lead(place, clock, title=f"第{day}日收到的线索")
        for number, step in enumerate(steps, start=1):
            Walk(place, clock, home, f"L2026-{number:04d}").to(step)
        seal_ledger(place, "经办人甲", clock())
    place.close()
    with closing(sqlite3.connect(home / "zero137.db")) as base:
        names = base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            base.execute(f"DROP TRIGGER {name}")
        base.execute("PRAGMA journal_mode=DELETE")
    return place


@pytest.fixture(scope="module")
def proof(sealed: Workplace) -> str:
    """The proof of the first lead."""
    return proof_of(sealed, "L2026-0001", "经办人甲", houma(26, 10))


class Copy:
    """A copy of the sealed ledger, to which anything may be done."""

    def __init__(self, sealed: Workplace, folder: Path) -> None:
        """Copy the database."""
        folder.mkdir(exist_ok=True)
        self.file = folder / "zero137.db"
        shutil.copyfile(sealed.home / "zero137.db", self.file)
        self.place = replace(sealed, home=folder, engine=open_engine(f"sqlite:///{self.file}"))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what a query finds."""
        with closing(sqlite3.connect(self.file)) as base:
            return base.execute(query).fetchall()

    def do(self, statement: str, *values: object) -> None:
        """Change something, whatever it refers to."""
        with closing(sqlite3.connect(self.file)) as base:
            assert base.execute(statement, values).rowcount > 0
            base.commit()

    def fault(self) -> str:
        """Return the position of the first fault."""
        try:
            with pytest.raises(TamperError) as caught:
                verify_ledger(self.place)
        finally:
            self.place.close()
        return caught.value.position


def other(value: object, chance: random.Random) -> object:
    """Return a value that is another one, sometimes by a single character, sometimes of another kind."""
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 7])
    text = str(value)
    spot = chance.randrange(len(text))
    changed = chr((ord(text[spot]) ^ 1) or 1)
    options = [
        text[:spot] + changed + text[spot + 1 :],
        text + " ",
        text[:spot] + text[spot + 1 :],
        "",
        b"\xff\xfe",
    ]
    return chance.choice([option for option in options if option != text])


def reads_alike(column: str, one: object, two: object) -> bool:
    """Tell whether two stored values say the same: a blank within JSON, a zero at the end of a second."""
    read = {"at": datetime.fromisoformat, "detail": json.loads}
    try:
        return column in read and read[column](one) == read[column](two)  # type: ignore[operator]
    except (TypeError, ValueError):
        return False


@settings(max_examples=examples(60), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_any_change_of_an_entry_is_found_where_it_is(
    sealed: Workplace, tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    """Whichever value of whichever entry becomes whatever other value."""
    copy = Copy(sealed, tmp_path_factory.getbasetemp() / "copy")
    key, stream, sequence = chance.choice(copy.rows("SELECT id, stream, sequence FROM ledgerentry"))
    column = chance.choice(COLUMNS)
    (value,) = copy.rows(f"SELECT {column} FROM ledgerentry WHERE id = {key}")[0]
    changed = other(value, chance)
    if reads_alike(column, value, changed):
        return
    try:
        copy.do(f"UPDATE ledgerentry SET {column} = ? WHERE id = ?", changed, key)
    except sqlite3.IntegrityError:
        # Another entry has that number: the two change places instead.
        copy.do("UPDATE ledgerentry SET sequence = -1 WHERE stream = ? AND sequence = ?", stream, changed)
        copy.do("UPDATE ledgerentry SET sequence = ? WHERE id = ?", changed, key)
        copy.do("UPDATE ledgerentry SET sequence = ? WHERE sequence = -1", sequence)
        sequence = min(int(str(sequence)), int(str(changed)))
    assert isinstance(sequence, int)
    # An entry that was given a number before the first stands before it.
    place = (
        min(sequence, 1) if column == "sequence" and isinstance(changed, int) and changed < 1 else sequence
    )
    assert copy.fault() == f"{stream} 第{place}条"


@settings(max_examples=examples(40), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_what_is_removed_inserted_or_cut_off_is_found_where_it_was(
    sealed: Workplace, tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    """One entry, all from one on, a whole stream, or one more entry at the end or in between."""
    copy = Copy(sealed, tmp_path_factory.getbasetemp() / "copy")
    key, stream, sequence = chance.choice(copy.rows("SELECT id, stream, sequence FROM ledgerentry"))
    (last,) = copy.rows(f"SELECT sequence FROM ledgerhead WHERE stream = '{stream}'")[0]
    match chance.choice(["remove", "cut off", "whole stream", "append", "insert"]):
        case "remove":
            copy.do("DELETE FROM ledgerentry WHERE id = ?", key)
        case "cut off":
            copy.do("DELETE FROM ledgerentry WHERE stream = ? AND sequence >= ?", stream, sequence)
        case "whole stream":
            copy.do("DELETE FROM ledgerentry WHERE stream = ?", stream)
            sequence = 1
        case "append":
            assert isinstance(last, int)
            sequence = last + 1
            copy.do(_ANOTHER, sequence, key)
        case "insert":
            # Those after it make room, as if they had always stood there.
            copy.do(
                "UPDATE ledgerentry SET sequence = -sequence WHERE stream = ? AND sequence >= ?",
                stream,
                sequence,
            )
            copy.do(
                "UPDATE ledgerentry SET sequence = 1 - sequence WHERE stream = ? AND sequence < 0", stream
            )
            copy.do(_ANOTHER, sequence, key)
            assert isinstance(sequence, int)
            # The copy of an entry in its own place is that entry; what follows is the stranger.
            sequence += 1
    assert copy.fault() == f"{stream} 第{sequence}条"


_ANOTHER = (
    "INSERT INTO ledgerentry (stream, sequence, at, kind, actor, summary, detail, hash)"
    " SELECT stream, ?, at, kind, actor, summary, detail, hash FROM ledgerentry WHERE id = ?"
)


@settings(max_examples=examples(40), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_any_change_of_a_seal_is_found_where_it_is(
    sealed: Workplace, tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    """A value of a seal, a head it knows, a seal too few or too many."""
    copy = Copy(sealed, tmp_path_factory.getbasetemp() / "copy")
    number, stream = chance.choice(copy.rows("SELECT seal_number, stream FROM sealedhead"))
    match chance.choice(["change", "remove", "head", "head removed", "append", "stranger"]):
        case "change":
            column = chance.choice(SEAL_COLUMNS)
            (value,) = copy.rows(f"SELECT {column} FROM seal WHERE number = {number}")[0]
            changed = other(value, chance)
            if reads_alike(column, value, changed):
                return
            copy.do(f"UPDATE seal SET {column} = ? WHERE number = ?", changed, number)
        case "remove":
            copy.do("DELETE FROM seal WHERE number = ?", number)
        case "head":
            column = chance.choice(["sequence", "hash"])
            (value,) = copy.rows(
                f"SELECT {column} FROM sealedhead WHERE seal_number = {number} AND stream = '{stream}'"
            )[0]
            where = "WHERE seal_number = ? AND stream = ?"
            copy.do(f"UPDATE sealedhead SET {column} = ? {where}", other(value, chance), number, stream)
        case "head removed":
            copy.do("DELETE FROM sealedhead WHERE seal_number = ? AND stream = ?", number, stream)
        case "append":
            number = 4
            copy.do(
                "INSERT INTO seal SELECT 4, at, matters, root, changes, previous, hash"
                " FROM seal WHERE number = 3"
            )
        case "stranger":
            number = 9
            copy.do(
                "INSERT INTO sealedhead SELECT 9, stream, sequence, hash"
                " FROM sealedhead WHERE seal_number = 1"
            )
    assert copy.fault() == f"封存第{number}号"


@settings(max_examples=examples(20), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_any_change_of_a_head_is_found_in_its_stream(
    sealed: Workplace, tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    """A head that points elsewhere, says something else, or is gone."""
    copy = Copy(sealed, tmp_path_factory.getbasetemp() / "copy")
    stream, sequence, mark = chance.choice(copy.rows("SELECT stream, sequence, hash FROM ledgerhead"))
    match chance.choice(["sequence", "hash", "removed"]):
        case "sequence":
            copy.do("UPDATE ledgerhead SET sequence = ? WHERE stream = ?", other(sequence, chance), stream)
        case "hash":
            copy.do("UPDATE ledgerhead SET hash = ? WHERE stream = ?", other(mark, chance), stream)
        case "removed":
            copy.do("DELETE FROM ledgerhead WHERE stream = ?", stream)
    assert copy.fault().startswith(f"{stream} 第")


@settings(max_examples=examples(150), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_any_change_of_a_proof_is_found(proof: str, chance: random.Random) -> None:
    """A byte changed, inserted or removed, parts changing places, the end cut off."""
    spot, length = chance.randrange(len(proof)), chance.randint(1, 40)
    part = proof[spot : spot + length]
    match chance.choice(["change", "insert", "remove", "swap", "cut off"]):
        case "change":
            changed = proof[:spot] + chr((ord(proof[spot]) ^ 1) or 1) + proof[spot + 1 :]
        case "insert":
            changed = proof[:spot] + chance.choice([" ", "0", "，", part]) + proof[spot:]
        case "remove":
            changed = proof[:spot] + proof[spot + length :]
        case "swap":
            middle = spot // 2
            changed = proof[:middle] + proof[spot:] + proof[middle:spot]
        case _:
            changed = proof[:spot]
    if changed == proof:
        return
    with pytest.raises((TamperError, InputError)) as caught:
        check_proof(changed)
    assert isinstance(caught.value, InputError) or caught.value.position


def test_what_is_untouched_is_in_order(sealed: Workplace, tmp_path: Path) -> None:
    """The laws above would say nothing if a copy were always at fault."""
    copy = Copy(sealed, tmp_path)
    assert verify_ledger(copy.place).seals == 3
    copy.place.close()
