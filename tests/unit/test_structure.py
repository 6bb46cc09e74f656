"""The code is cut into rooms: none is crowded, each says in one sentence what it is, chains stay short."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from inquiry import codes
from inquiry.policy import policy_text
from structure import FOLDERS, LONGEST_FILE, MOST_MODULES, ROOT, longest_chain, rooms

from models import tables
from models.office.policy import packaged_policy_text

# What somebody has to open in turn to follow one effect; it was 15 before there were rooms.
LONGEST_CHAIN_OF_EFFECTS = 9
# Kinds, the list of mechanisms, the policy, and the index of commands where it has one.
MOST_CHANGED = 4
INQUIRY = Path(codes.__file__).parent


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


def test_a_mechanism_changes_at_most_four_files() -> None:
    """What that of the tests joins to a process is what an edit would change; no other file knows of it."""
    changed = {vocabulary.__module__ for vocabulary, *_ in codes.JOINED} | set(_patched(INQUIRY))
    assert policy_text() != packaged_policy_text()
    files = {f"{module.replace('.', '/')}.py" for module in changed} | {"models/office/policy.toml"}
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = guide.partition("## A new mechanism")[2].partition("\n7. ")[0]
    named = {word for word in steps.split("`") if (ROOT / word).is_file()} - {"tasks/desks.py"}
    # A command of its own needs a line in the index besides.
    assert named == files | {"deployments/cli/main.py"}
    assert len(named) <= MOST_CHANGED
    modules = [path for found in rooms().values() for path in found]
    assert not [path for path in modules if "inquiry" in path.read_text(encoding="utf-8").lower()]


def _patched(folder: Path) -> Iterator[str]:
    """Give the modules in which the files of a folder set something."""
    for path in folder.rglob("*.py"):
        tree = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        imports = [node for node in tree if isinstance(node, ast.ImportFrom)]
        known = {name.name: f"{node.module}.{name.name}" for node in imports for name in node.names}
        targets = [target for node in tree if isinstance(node, ast.Assign) for target in node.targets]
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                yield from filter(None, [known.get(target.value.id)])


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
