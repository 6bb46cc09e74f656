"""Making files that nobody should hand in, and documents as office programs write them."""

import io
import random
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from pypdf import PdfWriter

_SECTOR, _ENTRY = 512, 128
_END, _FREE, _IS_TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
TYPES = "[Content_Types].xml"


def package(
    parts: Mapping[str, bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
    main: str = "word/document.xml",
    said: bytes = b"<x><t>1</t></x>",
) -> bytes:
    """Return a document that is a ZIP, with more parts than it must have; ``said`` is its main one."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as file:
        for name, content in {TYPES: b"<Types/>", main: said, **(parts or {})}.items():
            file.writestr(name, content)
    return stream.getvalue()


def picture(kind: str, pixels: int = 64) -> bytes:
    """Return a picture that no packing makes small, as JPEG, PNG, WEBP or HEIF."""
    from PIL import Image
    from pillow_heif import register_heif_opener

    register_heif_opener()
    stream = io.BytesIO()
    noise = random.Random(pixels).randbytes(pixels * pixels * 3)
    Image.frombytes("RGB", (pixels, pixels), noise).save(stream, kind)
    return stream.getvalue()


def locked_pdf(content: bytes) -> bytes:
    """Return a PDF that opens with a password only."""
    writer = PdfWriter(io.BytesIO(content))
    writer.encrypt("密码")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def archive(parts: Mapping[str, bytes]) -> bytes:
    """Return a ZIP that is no document."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return stream.getvalue()


def locked(document: bytes) -> bytes:
    """Return a package whose parts say they are encrypted."""
    return _with_flag(_with_flag(document, b"PK\x03\x04", 6), b"PK\x01\x02", 8)


def lying(document: bytes, real: int, told: int) -> bytes:
    """Return a package that announces another size for a part than it has."""
    return document.replace(struct.pack("<I", real), struct.pack("<I", told))


# What the stream of an older document begins with: its mark, then flags at byte 10 or records.
WORD_LOCKED, WORD_SECOND_TABLE = 0x0100, 0x0200
_MINI, _SMALL = 64, 4096


def word_text(flags: int = WORD_SECOND_TABLE, mark: int = 0xA5EC, size: int = 5000) -> bytes:
    """Return the main stream of an older document of Word."""
    return struct.pack("<H8xH", mark, flags).ljust(size, b"\1")


def workbook(*records: int, size: int = 5000) -> bytes:
    """Return the main stream of an older workbook: its beginning, records, and its end."""
    beginning = struct.pack("<HHHH", 0x0809, 4, 0x0600, 0x0005)
    more = b"".join(struct.pack("<HHH", record, 2, 0) for record in records)
    return (beginning + more + struct.pack("<HH", 0x000A, 0)).ljust(size, b"\0")


_USUAL = {"WordDocument": word_text(), "1Table": b"\1" * 100, "Workbook": workbook(), "Book": workbook()}


def compound(
    root: Sequence[str],
    below: Sequence[str] = (),
    sector: int = 0,
    content: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a compound file with streams at its root and others below one of them.

    Args:
        root: The names at the root; they hang from each other to the right.
        below: More names, which hang below the first one.
        sector: Where the directory begins; what lies before it is free.
        content: What streams hold by their names, in place of what they usually do; the last of them lies
            at the end of the file.
    """
    held = {name: {**_USUAL, **(content or {})}.get(name, b"") for name in (*root, *below)}
    small = {name: data for name, data in held.items() if len(data) < _SMALL}
    minis = b"".join(data.ljust(-(-len(data) // _MINI) * _MINI, b"\0") for data in small.values())
    sectors = -(-(1 + len(held)) * _ENTRY // _SECTOR)
    # The allocation table stands right after the directory and has one entry for every sector.
    table = [_FREE] * sector + [*range(sector + 1, sector + sectors), _END] + [_IS_TABLE]
    table_at, streams = len(table) - 1, b""
    mini_table = _chains(small.values(), _MINI)
    packed = struct.pack(f"<{len(mini_table)}I", *mini_table).ljust(_SECTOR, b"\xff")
    starts: dict[str, int] = {}
    large = {name: data for name, data in held.items() if name not in small}
    for name, data in {"": minis, "mini table": packed, **large}.items():
        starts[name] = len(table) if data else _END
        table += _chains([data], _SECTOR, len(table))
        streams += data.ljust(-(-len(data) // _SECTOR) * _SECTOR, b"\0")
    at = 0
    for name, data in small.items():
        starts[name] = at if data else _END
        at += -(-len(data) // _MINI)
    entries = [_entry("Root Entry", _FREE, 1 if root else _FREE, 5, starts[""], len(minis))]
    first_below = 1 + len(root)
    for place, name in enumerate(held, 1):
        last = place in (len(root), len(held))
        child = first_below if place == 1 and below else _FREE
        entries.append(_entry(name, _FREE if last else place + 1, child, 2, starts[name], len(held[name])))
    header = bytearray(_SECTOR)
    header[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<II", header, 44, 1, sector)
    struct.pack_into("<IIII", header, 56, _SMALL, starts["mini table"], 1, _END)
    struct.pack_into("<109I", header, 76, table_at, *[_FREE] * 108)
    filler, directory = b"\0" * _SECTOR * sector, b"".join(entries).ljust(_SECTOR * sectors, b"\0")
    allocation = struct.pack("<128I", *table, *[_FREE] * (128 - len(table)))
    return bytes(header) + filler + directory + allocation + streams


def _chains(contents: Iterable[bytes], piece: int, at: int = 0) -> list[int]:
    """Return the part of a table that names the next piece of each content, from a place on."""
    table: list[int] = []
    for data in contents:
        pieces = -(-len(data) // piece)
        first = at + len(table)
        table += [*range(first + 1, first + pieces), _END][: max(pieces, 0)]
    return table


def _entry(name: str, right: int, child: int, kind: int, start: int, size: int) -> bytes:
    """Return one entry of a directory."""
    text = name.encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text) + 2, kind, 1, _FREE, right, child)
    return head.ljust(116, b"\0") + struct.pack("<IQ", start, size)


def _with_flag(document: bytes, signature: bytes, offset: int) -> bytes:
    """Return a package with the flag of encryption set wherever a header has it."""
    changed = bytearray(document)
    at = changed.find(signature)
    while at >= 0:
        changed[at + offset] |= 1
        at = changed.find(signature, at + 4)
    return bytes(changed)
