"""The code is cut into rooms: none is crowded, each says in one sentence what it is, chains stay short."""

import ast

import pytest
from structure import FOLDERS, LONGEST_FILE, MOST_MODULES, ROOT, longest_chain, rooms

from models import tables

# What somebody has to open in turn to follow one effect; it was 15 before there were rooms.
LONGEST_CHAIN_OF_EFFECTS = 9


@pytest.mark.parametrize("room", rooms(), ids=str)
def test_a_room_has_few_modules_and_one_sentence(room: str) -> None:
    """Whoever opens a room sees all of it at a glance."""
    modules = rooms()[room]
    init = ROOT.joinpath(*room.split("."), "__init__.py")
    assert len(modules) <= MOST_MODULES, [path.name for path in modules]
    statements = ast.parse(init.read_text(encoding="utf-8")).body
    assert len(statements) == 1, f"{room} does more than say what it is"
    assert ast.get_docstring(ast.parse(init.read_text(encoding="utf-8")))


def test_every_room_with_tables_is_listed() -> None:
    """A table that is not listed would be neither migrated nor copied."""
    lying = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in ROOT.glob("models/*/**/tables.py")
    }
    assert {room.__name__ for room in tables.ROOMS} == lying


def test_no_file_is_long() -> None:
    """A file of more lines is two."""
    for modules in rooms().values():
        for path in modules:
            assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE, path


def test_no_two_rooms_of_a_folder_lie_at_the_same_path() -> None:
    """What has a name has it once: a module is never called as the room beside it."""
    for room, modules in rooms().items():
        beside = {other.rpartition(".")[2] for other in rooms() if other.rpartition(".")[0] == room}
        assert not beside & {path.stem for path in modules}, room


@pytest.mark.parametrize("folder", FOLDERS)
def test_modules_are_not_imported_in_a_circle(folder: str) -> None:
    """A chain has an end; that of the effects is short."""
    chain = longest_chain(folder)
    if folder == "tasks":
        assert len(chain) <= LONGEST_CHAIN_OF_EFFECTS, chain
