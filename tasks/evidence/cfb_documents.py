"""Compound files: what Word, Excel and WPS wrote before packages, and what they write under a password.

The names of the directory tell what the file is; whether its streams are there to their ends, and whether
they say that a password is needed, is looked at before it is taken. Source: [MS-CFB], [MS-DOC], [MS-XLS].
"""

import struct
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO

SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
_HEADER_BYTES = 512
_IN_HEADER = 109
_ENTRY_BYTES = 128
_NOTHING = 0xFFFFFFFA
# A directory of a real document has some hundred entries.
_LONGEST_CHAIN = 4096


@dataclass(frozen=True)
class CompoundNames:
    """The names within a compound file: those at its root, and all of them."""

    root: frozenset[str] = frozenset()
    everywhere: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Entry:
    """One entry of the directory; the numbers are those of other entries."""

    name: str
    left: int
    right: int
    child: int


def compound_names(stream: BinaryIO) -> CompoundNames:
    """Return the names within a compound file; none where it is damaged."""
    try:
        entries = list(_entries(stream))
        root = frozenset(entry.name for entry in _children(entries))
    except (struct.error, IndexError, UnicodeDecodeError, ValueError, OverflowError):
        return CompoundNames()
    return CompoundNames(root, frozenset(entry.name for entry in entries))


def _entries(stream: BinaryIO) -> Iterator[_Entry]:
    """Give the entries of the directory in their order."""
    stream.seek(0)
    header = stream.read(_HEADER_BYTES)
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):
        raise ValueError("no size of a sector")
    for number in _directory(stream, header, shift):
        sector = _sector(stream, number, shift)
        for at in range(0, len(sector), _ENTRY_BYTES):
            length, _, _, left, right, child = struct.unpack_from("<HBBIII", sector, at + 64)
            yield _Entry(sector[at : at + max(length - 2, 0)].decode("utf-16-le"), left, right, child)


def _directory(stream: BinaryIO, header: bytes, shift: int) -> Iterator[int]:
    """Give the sectors of the directory, each named by the allocation table after the one before it."""
    (number,) = struct.unpack_from("<I", header, 48)
    per_sector = (1 << shift) // 4
    for _ in range(_LONGEST_CHAIN):
        if number >= _NOTHING:
            return
        yield number
        table = _sector(stream, _table_sector(stream, header, shift, number // per_sector), shift)
        (number,) = struct.unpack_from("<I", table, number % per_sector * 4)
    raise ValueError("the directory does not end")


def _table_sector(stream: BinaryIO, header: bytes, shift: int, index: int) -> int:
    """Return where a sector of the allocation table lies: the header names the first, a chain the others."""
    if index < _IN_HEADER:
        return int(struct.unpack_from("<I", header, 76 + index * 4)[0])
    per_sector = (1 << shift) // 4 - 1
    hops, place = divmod(index - _IN_HEADER, per_sector)
    (number,) = struct.unpack_from("<I", header, 68)
    for _ in range(hops):
        (number,) = struct.unpack_from("<I", _sector(stream, number, shift), per_sector * 4)
    return int(struct.unpack_from("<I", _sector(stream, number, shift), place * 4)[0])


def _sector(stream: BinaryIO, number: int, shift: int) -> bytes:
    """Return a sector, short where the file ends before it."""
    stream.seek((number + 1) << shift)
    return stream.read(1 << shift)


def _children(entries: list[_Entry]) -> Iterator[_Entry]:
    """Give the entries right below the root: they hang from its child as a binary tree."""
    waiting, seen = [entries[0].child], set[int]()
    while waiting:
        number = waiting.pop()
        if number >= _NOTHING or number in seen:
            continue
        seen.add(number)
        yield entries[number]
        waiting += [entries[number].left, entries[number].right]
