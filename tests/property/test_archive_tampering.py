"""Laws of an exported archive: whatever is done to one of its bytes or files is found and named."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import Clock
from harness.examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from walks.archives import closed_walk, copy_of, office

from models.archive.manifest import MANIFEST, PROOF
from models.errors import TamperError
from tasks.archive.exports.exporting import export_archive
from tasks.archive.exports.verifying import verify_export

# A seed for a place within a file, whatever its length.
_SEED = st.integers(0, 2**32)


@dataclass(frozen=True)
class Exported:
    """One archive as a folder and as a ZIP."""

    folder: Path
    package: Path


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """An archive exported once: each change is made to a copy."""
    home, clock = tmp_path_factory.mktemp("office"), Clock()
    place = office(home / "home", clock)
    # A second lead, so that the proof has a path of its own.
    closed_walk(place, clock, home / "papers", title="另一条")
    walk = closed_walk(place, clock, home / "papers")
    folder = export_archive(place, walk.number, home / "out", "经办人甲", clock()).path
    package = export_archive(place, walk.number, home / "out", "经办人甲", clock(), as_zip=True).path
    place.close()
    return Exported(folder, package)


def flipped(content: bytes, seed: int, value: int) -> bytes:
    """Change one byte."""
    at = seed % len(content)
    return content[:at] + bytes([content[at] ^ value]) + content[at + 1 :]


def inserted(content: bytes, seed: int, value: int) -> bytes:
    """Insert one byte."""
    at = seed % (len(content) + 1)
    return content[:at] + bytes([value]) + content[at:]


def deleted(content: bytes, seed: int, value: int) -> bytes:
    """Delete a few bytes."""
    at = seed % len(content)
    return content[:at] + content[at + value :]


def truncated(content: bytes, seed: int, value: int) -> bytes:
    """Cut the end off."""
    del value
    return content[: seed % len(content)]


Change = Callable[[bytes, int, int], bytes]
CHANGES = st.sampled_from([flipped, inserted, deleted, truncated])


def position_in(folder: Path) -> str:
    """Return the first bad position that is named."""
    with pytest.raises(TamperError) as caught:
        verify_export(folder)
    assert caught.value.position
    return caught.value.position


def test_what_was_not_touched_passes(exported: Exported) -> None:
    """The copies themselves are in order, else every change would seem to be found."""
    assert verify_export(exported.folder).files == verify_export(exported.package).files


@settings(max_examples=examples(150), deadline=None)
@given(data=st.data(), change=CHANGES, seed=_SEED, value=st.integers(1, 255))
def test_any_change_of_a_file_is_found(
    exported: Exported, data: st.DataObject, change: Change, seed: int, value: int
) -> None:
    """One byte, anywhere, of any file: and it is that file that is named."""
    files = copy_of(exported.folder)
    path = data.draw(st.sampled_from(sorted(files)))
    changed = change(files[path], seed, value)
    with TemporaryDirectory() as scratch:
        copy = shutil.copytree(exported.folder, Path(scratch) / "档案")
        (copy / path).write_bytes(changed)
        position = position_in(copy)
    assert position == path or (path == PROOF and position.startswith(PROOF))


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data())
def test_any_two_files_that_are_swapped_are_found(exported: Exported, data: st.DataObject) -> None:
    """The first of the two, in the order of the manifest, is named."""
    files = copy_of(exported.folder)
    both = st.lists(st.sampled_from(sorted(files)), min_size=2, max_size=2, unique=True)
    one, other = sorted(data.draw(both))
    with TemporaryDirectory() as scratch:
        copy = shutil.copytree(exported.folder, Path(scratch) / "档案")
        (copy / one).write_bytes(files[other])
        (copy / other).write_bytes(files[one])
        position = position_in(copy)
    bound = [path for path in (PROOF, MANIFEST) if path in (one, other)]
    assert position.startswith(bound[0] if bound else one)


@settings(max_examples=examples(40), deadline=None)
@given(data=st.data(), name=st.text("ab中 .", min_size=1, max_size=8).filter(lambda name: name.strip(". ")))
def test_any_file_that_is_removed_renamed_or_added_is_found(
    exported: Exported, data: st.DataObject, name: str
) -> None:
    """A name is as much part of an archive as what it holds."""
    files = copy_of(exported.folder)
    path, deed = data.draw(st.sampled_from(sorted(files))), data.draw(st.sampled_from("删改增"))
    with TemporaryDirectory() as scratch:
        copy = shutil.copytree(exported.folder, Path(scratch) / "档案")
        if deed == "删":
            (copy / path).unlink()
        elif deed == "改":
            (copy / path).rename(copy / f"{name}x")
        else:
            (copy / f"{name}x").write_bytes(files[path])
        assert position_in(copy) == (f"{name}x" if deed == "增" else path)


@settings(max_examples=examples(200), deadline=None)
@given(change=CHANGES, seed=_SEED, value=st.integers(1, 255), at_the_end=st.booleans())
def test_any_change_of_a_zip_is_found(
    exported: Exported, change: Change, seed: int, value: int, *, at_the_end: bool
) -> None:
    """Content, headers, directory, even a byte that no program reads: none of them is free."""
    content = exported.package.read_bytes()
    # The directory is short; half of the changes are made there.
    seed = len(content) - 1 - seed % 2_500 if at_the_end else seed
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "档案.zip"
        copy.write_bytes(change(content, seed, value))
        position_in(copy)


@settings(max_examples=examples(40), deadline=None)
@given(data=st.data())
def test_any_two_stretches_of_a_zip_that_are_swapped_are_found(
    exported: Exported, data: st.DataObject
) -> None:
    """Two stretches of the same length change places."""
    content = exported.package.read_bytes()
    length = data.draw(st.integers(1, 4_000))
    one = data.draw(st.integers(0, len(content) - 2 * length))
    other = data.draw(st.integers(one + length, len(content) - length))
    first, second = content[one : one + length], content[other : other + length]
    swapped = content[:one] + second + content[one + length : other] + first + content[other + length :]
    if swapped == content:
        return
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "档案.zip"
        copy.write_bytes(swapped)
        position_in(copy)
