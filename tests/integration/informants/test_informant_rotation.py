"""Changing keys: cut short at any point, two at once, or beside an import, no identity is lost."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import pytest
from conftest import Clock
from mishaps.accidents import PowerCut, at_once
from pydantic import SecretStr
from sqlalchemy import event
from sqlmodel import col, select
from walks.informants import NAME, READING, give_key
from walks.walking import PERSON, contents, draft_lead, ledger_of

from models.errors import InputError, RuleViolation, StartError, TamperError
from models.informants.identity import identity_in
from models.informants.tables import Informant
from models.matters.tables import Matter
from tasks.informants.identities import TURN, read_informant
from tasks.informants.keys import open_vault, read_keys
from tasks.informants.rotation import STREAM, rotate_keys
from tasks.informants.vault import mark_of, new_key
from tasks.mechanisms.leads.registering import register_leads
from tasks.turns import take_turn
from tasks.workplace import KeySource, Workplace


def bring_in(place: Workplace, clock: Clock, *titles: str) -> None:
    """Register leads with their informants: each is named after its lead."""
    drafts = [draft_lead(place, clock, title=f"线索{title}", informant=f"{NAME}{title}") for title in titles]
    register_leads(place, drafts, PERSON, clock())


def names_in(place: Workplace) -> list[str]:
    """Open every identity that is kept, in the order of the leads."""
    with place.writing() as session:
        take_turn(session, TURN)
        vault = open_vault(place)
        rows = session.exec(select(Informant.sealed, Matter.number).join(Matter).order_by(col(Matter.id)))
        return [identity_in(vault.open(sealed), number).told()["name"] for sealed, number in rows]


def marks_in(place: Workplace) -> set[str]:
    """Return the marks of the keys that rows are sealed with."""
    with place.reading() as session:
        return {row.sealed.partition(".")[0] for row in session.exec(select(Informant))}


@contextmanager
def cut_at(place: Workplace, point: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stop at the given point of those where anything becomes durable or is asked of the database."""
    points = count()

    def reach(*_: object) -> None:
        if next(points) == point:
            raise PowerCut(point)

    def cut(real: Callable[..., object]) -> Callable[..., object]:
        def before(*arguments: object, **options: object) -> object:
            reach()
            return real(*arguments, **options)

        return before

    with monkeypatch.context() as patched:
        for name in ("open", "fsync", "replace"):
            patched.setattr(os, name, cut(getattr(os, name)))
        for moment in ("before_cursor_execute", "commit"):
            event.listen(place.engine, moment, reach)
        try:
            yield
        finally:
            for moment in ("before_cursor_execute", "commit"):
                event.remove(place.engine, moment, reach)


def test_cut_short_anywhere_every_row_can_be_read_and_the_next_call_ends_it(
    place: Workplace, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every statement, commit, write, flush and rename, one after the other."""
    key = give_key(place)
    bring_in(place, clock, "一", "二")
    names = [f"{NAME}一", f"{NAME}二"]
    for point in count():
        try:
            with cut_at(place, point, monkeypatch):
                rotate_keys(place, PERSON, clock())
        except PowerCut:
            assert names_in(place) == names
            bring_in(place, clock, f"第{point}")
            names.append(f"{NAME}第{point}")
            rotate_keys(place, PERSON, clock())
        (current,) = read_keys(place)
        assert (current == key, marks_in(place)) == (False, {mark_of(current)})
        assert names_in(place) == names
        assert sorted(path.name for path in place.home.iterdir() if "informant" in path.name) == [
            "informant.key"
        ]
        key = current
        if names[-1] != f"{NAME}第{point}":
            break
    assert point > 20


def test_a_change_of_keys_stands_in_the_ledger(place: Workplace, clock: Clock) -> None:
    """Who, when, how many, and the mark of the key that is current now."""
    give_key(place)
    bring_in(place, clock, "一", "二")
    done = rotate_keys(place, PERSON, clock())
    assert (done.sealed_anew, done.continued, done.left) == (2, False, 0)
    (entry,) = ledger_of(place, STREAM)
    assert (entry.kind, entry.actor) == ("informant_key_rotated", f"发改局 {PERSON}")
    assert entry.detail == {"sealed_anew": 2, "key": mark_of(read_keys(place)[0])}


def test_keys_are_changed_while_leads_come_in(place: Workplace, clock: Clock) -> None:
    """Three change the key while three import and read: nothing is left sealed with a key that is gone."""
    give_key(place)
    bring_in(place, clock, "零")
    turns = count()

    def act() -> None:
        turn = next(turns)
        for again in range(3):
            if turn % 2:
                rotate_keys(place, PERSON, clock())
            else:
                bring_in(place, clock, f"{turn}之{again}")
                assert read_informant(place, "L2026-0001", READING, clock()).told()["name"] == f"{NAME}零"

    assert at_once(act, threads=6) == [None] * 6
    (current,) = read_keys(place)
    assert marks_in(place) == {mark_of(current)}
    assert len(names_in(place)) == 10


def test_rows_no_key_opens_stop_the_change_before_it_begins(place: Workplace, clock: Clock) -> None:
    """Neither file nor rows nor ledger; the sentence names the leads. Found again, the old key ends it."""
    lost = give_key(place)
    bring_in(place, clock, "一")
    place.key_file.unlink()
    give_key(place)
    bring_in(place, clock, "二")
    before, keys = contents(place), read_keys(place)
    with pytest.raises(InputError, match="L2026-0001 等1条"):
        rotate_keys(place, PERSON, clock())
    assert (contents(place), read_keys(place)) == (before, keys)
    place.key_file.write_text("\n".join([*keys, lost]))
    assert rotate_keys(place, PERSON, clock()).continued
    assert read_keys(place) == keys
    assert names_in(place) == [f"{NAME}一", f"{NAME}二"]


def test_a_changed_row_stops_the_change_before_it_begins(place: Workplace, clock: Clock) -> None:
    """Sealing it anew would make it look genuine."""
    give_key(place)
    bring_in(place, clock, "一", "二")
    with place.writing() as session:
        one, two = session.exec(select(Informant).order_by(col(Informant.matter_id))).all()
        one.sealed, two.sealed = two.sealed, one.sealed
    before, keys = contents(place), read_keys(place)
    with pytest.raises(TamperError, match="属于另一条线索"):
        rotate_keys(place, PERSON, clock())
    assert (contents(place), read_keys(place)) == (before, keys)


def test_keys_of_the_environment_are_changed_by_whoever_sets_them(place: Workplace, clock: Clock) -> None:
    """Everything is sealed with the first; then the others may go. One alone changes nothing."""
    old, new = new_key(), new_key()

    def given(*keys: str) -> Workplace:
        return replace(place, keys=KeySource(given=SecretStr(",".join(keys))))

    bring_in(given(old), clock, "一")
    before = contents(place)
    with pytest.raises(RuleViolation, match="只有一个密钥"):
        rotate_keys(given(old), PERSON, clock())
    assert contents(place) == before
    done = rotate_keys(given(new, old), PERSON, clock())
    assert (done.sealed_anew, done.continued, done.left) == (1, False, 1)
    assert names_in(given(new)) == [f"{NAME}一"]
    assert not place.key_file.exists()


def test_a_key_file_that_cannot_be_written_changes_nothing(
    place: Workplace, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a secret that is mounted read-only."""
    give_key(place)
    bring_in(place, clock, "一")
    before = contents(place)

    def refuse(*_: object) -> None:
        raise OSError(30, "read-only")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse)
        with pytest.raises(StartError, match="原密钥仍然有效"):
            rotate_keys(place, PERSON, clock())
    assert contents(place) == before
    assert names_in(place) == [f"{NAME}一"]
