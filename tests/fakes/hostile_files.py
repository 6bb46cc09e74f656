"""Making files that nobody should hand in, and documents as office programs write them."""

import io
import random
import struct
import zipfile
from collections.abc import Mapping, Sequence

from pypdf import PdfWriter

_SECTOR = 512
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


def compound(root: Sequence[str], below: Sequence[str] = (), sector: int = 0) -> bytes:
    """Return a compound file with streams at its root and others below one of them.

    Args:
        root: The names at the root; they hang from each other to the right.
        below: More names, which hang below the first one.
        sector: Where the directory begins; what lies before it is free.
    """
    entries = [("Root Entry", _FREE, 1 if root else _FREE)]
    first_below = 1 + len(root)
    for place, name in enumerate(root, 1):
        right = place + 1 if place < len(root) else _FREE
        entries.append((name, right, first_below if place == 1 and below else _FREE))
    for place, name in enumerate(below, first_below):
        entries.append((name, place + 1 if place < len(root) + len(below) else _FREE, _FREE))
    directory = b"".join(_entry(*entry) for entry in entries)
    sectors = -(-len(directory) // _SECTOR)
    # The allocation table stands right after the directory and has one entry for every sector.
    table_at = sector + sectors
    table = [_FREE] * sector + [*range(sector + 1, table_at), _END] + [_IS_TABLE]
    header = bytearray(_SECTOR)
    header[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<II", header, 44, 1, sector)
    struct.pack_into("<109I", header, 76, table_at, *[_FREE] * 108)
    filler, rest = b"\0" * _SECTOR * sector, b"\0" * (_SECTOR * sectors - len(directory))
    allocation = struct.pack("<128I", *table, *[_FREE] * (128 - len(table)))
    return bytes(header) + filler + directory + rest + allocation


def _entry(name: str, right: int, child: int) -> bytes:
    """Return one entry of a directory."""
    text = name.encode("utf-16-le")
    head = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text) + 2, 2, 1, _FREE, right, child)
    return head.ljust(128, b"\0")


def _with_flag(document: bytes, signature: bytes, offset: int) -> bytes:
    """Return a package with the flag of encryption set wherever a header has it."""
    changed = bytearray(document)
    at = changed.find(signature)
    while at >= 0:
        changed[at + offset] |= 1
        at = changed.find(signature, at + 4)
    return bytes(changed)
