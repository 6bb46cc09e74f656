"""Compound files: what Word, Excel and WPS wrote before packages, and what they write under a password.

The names of the directory tell what a file is. Before it is taken its streams are followed to their ends, and
the first bytes of the main one tell whether a password is needed. Source: [MS-CFB], [MS-DOC], [MS-XLS].
"""

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from typing import BinaryIO

SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
# The kind of a document by the stream that holds its text.
COMPOUND_KINDS: Mapping[str, str] = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
_HEADER_BYTES = 512
_IN_HEADER = 109
_ENTRY_BYTES = 128
_MINI_BYTES = 64
_NOTHING = 0xFFFFFFFA
_STREAM = 2
# A directory of a real document has some hundred entries.
_LONGEST_DIRECTORY = 4096
# What a damaged file makes fail.
_DAMAGE = (struct.error, IndexError, UnicodeDecodeError, ValueError, OverflowError)
# What a document of Word begins with: of 97 and later, of 6 and 95, of 6 and 95 in East Asia.
_WORD_97 = 0xA5EC
_WORD = frozenset({_WORD_97, 0xA5DC, 0xA697, 0xA698, 0xA699})
_WORD_HEAD = 32
_WORD_LOCKED, _WORD_SECOND_TABLE = 0x0100, 0x0200
# Records of a workbook; a password is told before the sheets are named.
_BEGINNING, _END, _PASSWORD, _SHEET = 0x0809, 0x000A, 0x002F, 0x0085
_WORKBOOK_HEAD = 1 << 16


class Closed(Enum):
    """Why nobody can open a compound document."""

    CUT = auto()
    DAMAGED = auto()
    EMPTY = auto()
    LOCKED = auto()


@dataclass(frozen=True)
class CompoundNames:
    """The names within a compound file: those at its root, and all of them."""

    root: frozenset[str] = frozenset()
    everywhere: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Entry:
    """One entry of the directory; ``left``, ``right`` and ``child`` are numbers of other entries."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


def compound_names(stream: BinaryIO) -> CompoundNames | None:
    """Return the names within a compound file; None where its directory is damaged or not all there."""
    try:
        entries = _CompoundFile(stream).entries
        root = frozenset(entry.name for entry in _children(entries))
    except _DAMAGE:
        return None
    return CompoundNames(root, frozenset(entry.name for entry in entries))


def why_closed(stream: BinaryIO) -> Closed | None:
    """Return why nobody can open a document that is a compound file; None where it can be opened."""
    try:
        file = _CompoundFile(stream)
        streams = {entry.name: entry for entry in _children(file.entries) if entry.kind == _STREAM}
        main = next(streams[name] for name in COMPOUND_KINDS if name in streams)
        if main.size == 0:
            return Closed.EMPTY
        # Pictures and formats lie in streams of their own: a copy that lacks their ends shows half of it.
        if not all(map(file.is_whole, streams.values())):
            return Closed.CUT
        if main.name == "WordDocument":
            return _why_word_closed(file.read(main, _WORD_HEAD), streams)
        if main.name in {"Workbook", "Book"}:
            return _why_workbook_closed(file.read(main, _WORKBOOK_HEAD))
    except (StopIteration, *_DAMAGE):
        return Closed.DAMAGED
    return None


def _why_word_closed(head: bytes, streams: Mapping[str, _Entry]) -> Closed | None:
    """Return why a document of Word cannot be opened. Source: [MS-DOC] 2.5.2."""
    beginning, flags = struct.unpack_from("<H8xH", head)
    if beginning not in _WORD:
        return Closed.DAMAGED
    if flags & _WORD_LOCKED:
        return Closed.LOCKED
    table = "1Table" if flags & _WORD_SECOND_TABLE else "0Table"
    return Closed.DAMAGED if beginning == _WORD_97 and table not in streams else None


def _why_workbook_closed(head: bytes) -> Closed | None:
    """Return why a workbook cannot be opened. Source: [MS-XLS] 2.4.117."""
    at = 0
    while at + 4 <= len(head):
        record, length = struct.unpack_from("<HH", head, at)
        if at == 0 and record != _BEGINNING:
            return Closed.DAMAGED
        if record == _PASSWORD:
            return Closed.LOCKED
        if record in {_END, _SHEET}:
            return None
        at += 4 + length
    return None if at >= _WORKBOOK_HEAD else Closed.DAMAGED


class _CompoundFile:
    """The sectors of a compound file, which one follows which, and the directory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        self._header = stream.read(_HEADER_BYTES)
        self._shift = self._number("H", 30)
        if self._shift not in (9, 12):
            raise ValueError("no size of a sector")
        self._tables: dict[int, tuple[int, ...]] = {}

    @cached_property
    def entries(self) -> list[_Entry]:
        """The entries of the directory in their order."""
        found = []
        for hops, number in enumerate(self._chain(self._number("I", 48))):
            if hops >= _LONGEST_DIRECTORY:
                raise ValueError("the directory does not end")
            sector = self._sector(number)
            found += [self._entry(sector, at) for at in range(0, 1 << self._shift, _ENTRY_BYTES)]
        return found

    def is_whole(self, entry: _Entry) -> bool:
        """Tell whether a stream is there to its last byte."""
        if self._is_mini(entry):
            root = self.entries[0]
            places = (place * _MINI_BYTES for place in self._mini_chain(entry.start))
            needed = -(-entry.size // _MINI_BYTES)
            inside = sum(1 for _, place in zip(range(needed), places, strict=False) if place < root.size)
            return inside == needed and self.is_whole(root)
        left = entry.size
        for number in self._chain(entry.start) if left else ():
            piece = min(left, 1 << self._shift)
            if self._place(number) + piece > self._size:
                return False
            left -= piece
            if not left:
                break
        return left == 0

    def read(self, entry: _Entry, most: int) -> bytes:
        """Return the first bytes of a stream."""
        wanted, found = min(entry.size, most), bytearray()
        for piece in self._mini_pieces(entry) if self._is_mini(entry) else self._pieces(entry):
            found += piece
            if len(found) >= wanted:
                break
        return bytes(found[:wanted])

    def _pieces(self, entry: _Entry) -> Iterator[bytes]:
        """Give the sectors of a stream."""
        return map(self._sector_or_less, self._chain(entry.start))

    def _mini_pieces(self, entry: _Entry) -> Iterator[bytes]:
        """Give the small sectors of a small stream: they lie in the stream of the root."""
        sectors = list(self._chain(self.entries[0].start))
        for place in self._mini_chain(entry.start):
            sector, within = divmod(place * _MINI_BYTES, 1 << self._shift)
            yield self._sector_or_less(sectors[sector])[within : within + _MINI_BYTES]

    def _is_mini(self, entry: _Entry) -> bool:
        """Tell whether a stream is so small that it lies in the stream of the root."""
        return 0 < entry.size < self._number("I", 56) and entry is not self.entries[0]

    @cached_property
    def _mini_table(self) -> tuple[int, ...]:
        """Which small sector follows which."""
        numbers: list[int] = []
        for number in self._chain(self._number("I", 60)):
            numbers += struct.unpack(f"<{1 << self._shift - 2}I", self._sector(number))
        return tuple(numbers)

    def _mini_chain(self, first: int) -> Iterator[int]:
        """Give the small sectors from the first one on."""
        number = first
        for _ in range(len(self._mini_table) + 1):
            if number >= _NOTHING:
                return
            yield number
            number = self._mini_table[number]
        raise ValueError("a stream does not end")

    def _chain(self, first: int) -> Iterator[int]:
        """Give the sectors from the first one on, each named by the allocation table after the one before."""
        number = first
        per_sector = 1 << self._shift - 2
        for _ in range((self._size >> self._shift) + 1):
            if number >= _NOTHING:
                return
            yield number
            number = self._table(number // per_sector)[number % per_sector]
        raise ValueError("a stream does not end")

    def _table(self, index: int) -> tuple[int, ...]:
        """Return a sector of the allocation table."""
        if index not in self._tables:
            sector = self._sector(self._table_place(index))
            self._tables[index] = struct.unpack(f"<{1 << self._shift - 2}I", sector)
        return self._tables[index]

    def _table_place(self, index: int) -> int:
        """Return which sector holds a part of the table: the header names the first, a chain the others."""
        if index < _IN_HEADER:
            return self._number("I", 76 + index * 4)
        per_sector = (1 << self._shift - 2) - 1
        hops, place = divmod(index - _IN_HEADER, per_sector)
        number = self._number("I", 68)
        for _ in range(hops):
            (number,) = struct.unpack_from("<I", self._sector(number), per_sector * 4)
        return int(struct.unpack_from("<I", self._sector(number), place * 4)[0])

    def _sector(self, number: int) -> bytes:
        """Return a sector that has to be there as a whole."""
        sector = self._sector_or_less(number)
        if len(sector) < 1 << self._shift:
            raise ValueError("the file ends before a sector")
        return sector

    def _sector_or_less(self, number: int) -> bytes:
        """Return a sector, short where the file ends before it: some programs do not fill the last one."""
        self._stream.seek(self._place(number))
        return self._stream.read(1 << self._shift)

    def _place(self, number: int) -> int:
        """Return where a sector begins."""
        return (number + 1) << self._shift

    def _entry(self, sector: bytes, at: int) -> _Entry:
        """Return one entry of the directory."""
        length, kind, left, right, child = struct.unpack_from("<HBxIII", sector, at + 64)
        start, size = struct.unpack_from("<IQ", sector, at + 116)
        name = sector[at : at + max(length - 2, 0)].decode("utf-16-le")
        # Programs of the time leave the upper half of a size as it was in memory.
        return _Entry(name, kind, left, right, child, start, size & 0xFFFFFFFF)

    def _number(self, form: str, at: int) -> int:
        """Return a number of the header."""
        return int(struct.unpack_from(f"<{form}", self._header, at)[0])


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
