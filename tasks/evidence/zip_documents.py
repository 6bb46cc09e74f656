"""Packages: documents that are ZIP files, read through without unpacking them anywhere.

What a package says of itself is not believed: its parts are counted while they are read.
"""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from models.errors import RuleViolation
from models.office.policy import EvidenceRules
from tasks.store.blobs import CHUNK_BYTES, chunks_of

_OOXML = "application/vnd.openxmlformats-officedocument"
# Told by a part it must have, wherever that stands.
_KINDS = {
    "OFD.xml": "application/ofd",
    "word/document.xml": f"{_OOXML}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OOXML}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OOXML}.presentationml.presentation",
}
# A document that was cut off has lost the list of its parts, but not its beginning.
_MARKS = (b"[Content_Types].xml", b"OFD.xml", b"word/", b"xl/", b"ppt/")
_HEAD_BYTES = 8192
_SIGNATURE = b"PK\x03\x04"
_LISTED = b"PK\x01\x02"
_ENCRYPTED = 0x1
# Office programs use no other; a dictionary of LZMA alone may take gigabytes of memory.
_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# Below this even what is all blanks harms nobody.
_HARMLESS_BYTES = 16 << 20
_IN_MEMORY = 8 << 20
_MEGABYTE = 1 << 20
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError,
)  # fmt: skip


def kind_of_package(stream: BinaryIO, name: str, rules: EvidenceRules) -> str:
    """Return the MIME type of a ZIP that is a document; blank for any other.

    Args:
        stream: The file.
        name: What it is called, for the error.
        rules: How much a document may hold.

    Raises:
        RuleViolation: It is damaged, locked by a password, carries macros or is made to fill a disk.
    """
    reader = _Reader(name, rules, rules.packages.entries, rules.packages.unpacked_megabytes * _MEGABYTE)
    try:
        return reader.kind(stream)
    except _UNREADABLE as error:
        stream.seek(0)
        head = stream.read(_HEAD_BYTES)
        if not any(mark in head for mark in _MARKS):
            return ""
        raise RuleViolation(
            f"印证材料“{name}”已损坏，无法打开，请用原程序打开后另存或导出为 PDF 再提交。"
        ) from error


@dataclass
class _Reader:
    """Reads one package and what is packed in it; what is left to be read grows less."""

    name: str
    rules: EvidenceRules
    entries_left: int
    bytes_left: int

    def kind(self, stream: BinaryIO) -> str:
        """Return what the package is, after reading all of it; blank where it is no document."""
        with self._opened(stream) as package:
            names = {part.filename for part in package.infolist()}
            kind = next((kind for part, kind in _KINDS.items() if part in names), "")
            if not kind:
                return ""
            lowered = {name.lower() for name in names}
            if not self.rules.macros and any(map(_is_macro, lowered)):
                self.refuse("含有宏，请另存为不含宏的文件或导出为 PDF 后提交")
            self._read(package, depth=1)
        return kind

    def _opened(self, stream: BinaryIO) -> zipfile.ZipFile:
        """Open a package once it is known to list no more parts than it may: opening it lists them all."""
        self.entries_left -= _listed(stream)
        if self.entries_left < 0:
            self.refuse(f"内含文件超过{self.rules.packages.entries}个")
        return zipfile.ZipFile(stream)

    def _read(self, package: zipfile.ZipFile, depth: int) -> None:
        """Read every part of a package; what it announces is looked at first."""
        parts = package.infolist()
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            self.refuse("设有密码，无法核对内容，请取消密码后提交")
        total = sum(part.file_size for part in parts)
        self._refuse_beyond(total)
        self._refuse_ratio(total, sum(part.compress_size for part in parts))
        for part in parts:
            if part.compress_type not in _COMPRESSIONS:
                raise NotImplementedError(part.compress_type)
            self._refuse_ratio(part.file_size, part.compress_size)
            with package.open(part) as content:
                self._read_part(content, depth)

    def _read_part(self, content: IO[bytes], depth: int) -> None:
        """Read one part; a package within it is read as well."""
        chunks = chunks_of(content)
        first = next(chunks, b"")
        nested = first.startswith(_SIGNATURE)
        if nested and depth > self.rules.packages.depth:
            self.refuse(f"压缩包层层嵌套超过{self.rules.packages.depth}层")
        with SpooledTemporaryFile(_IN_MEMORY) as copy:
            for chunk in _led_by(first, chunks):
                self.bytes_left -= len(chunk)
                self._refuse_beyond(0)
                if nested:
                    copy.write(chunk)
            if nested:
                self._read_nested(copy, depth)  # type: ignore[arg-type]  # a file in all but its class

    def _read_nested(self, copy: BinaryIO, depth: int) -> None:
        """Read a package within a package; what only looks like one was counted all the same."""
        try:
            inner = self._opened(copy)
        except _UNREADABLE:
            return
        with inner:
            self._read(inner, depth + 1)

    def _refuse_beyond(self, announced: int) -> None:
        """Refuse more bytes than a document may hold."""
        if announced > self.bytes_left or self.bytes_left < 0:
            self.refuse(f"解压后超过{self.rules.packages.unpacked_megabytes}MB")

    def _refuse_ratio(self, size: int, packed: int) -> None:
        """Refuse what is packed as no document is: what hides it, one part or many, makes no difference."""
        if size > _HARMLESS_BYTES and size > self.rules.packages.ratio * packed:
            self.refuse(f"压缩比超过{self.rules.packages.ratio}倍")

    def refuse(self, reason: str) -> None:
        """Refuse the package.

        Raises:
            RuleViolation: Always.
        """
        raise RuleViolation(f"印证材料“{self.name}”{reason}，不予接收。")


def _is_macro(part: str) -> bool:
    """Tell whether a part holds macros, by its name in small letters."""
    return part.endswith("vbaproject.bin") or part.startswith("xl/macrosheets/")


def _listed(stream: BinaryIO) -> int:
    """Return how many parts a package lists at most, whatever it says of itself."""
    stream.seek(0)
    found, end = 0, b""
    while chunk := stream.read(CHUNK_BYTES):
        # The signature may lie across two chunks; its beginning alone is never counted twice.
        found += (end + chunk).count(_LISTED)
        end = chunk[1 - len(_LISTED) :]
    stream.seek(0)
    return found


def _led_by(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Give a first piece and then the rest."""
    yield first
    yield from rest
