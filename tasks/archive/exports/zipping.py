"""Writing an exported folder as one ZIP that leaves no byte to choose. Source: ADR-0015."""

import zlib
from pathlib import Path

from models.archive.stored_zip import ZipMember, directory
from tasks.store.blobs import chunks_in


def write_zip(folder: Path, target: Path) -> Path:
    """Write a folder as a ZIP in which every name begins with that of the folder; returns the target.

    Raises:
        InputError: It is too large for a ZIP.
        OSError: The disk is full, or the target cannot be written.
    """
    paths = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.as_posix())
    files = [_stored(folder, path) for path in paths]
    tail = directory(files)
    with target.open("xb") as written:
        for path, file in zip(paths, files, strict=True):
            written.write(file.header)
            for chunk in chunks_in(path):
                written.write(chunk)
        written.write(tail)
    return target


def _stored(folder: Path, path: Path) -> ZipMember:
    """Return what a ZIP says of a file."""
    size = crc = 0
    for chunk in chunks_in(path):
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
    return ZipMember(f"{folder.name}/{path.relative_to(folder).as_posix()}", size, crc)
