"""Files addressed by their digest: written whole and durable, or not at all."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from models.errors import TamperError

CHUNK_BYTES = 1 << 20
# What a process that was killed leaves in a store begins so.
INCOMING = "incoming-"
_DIGEST = re.compile(r"[0-9a-f]{64}")
# Whoever shares the group may read; nobody writes, since a changed file is another file.
_READ_ONLY = 0o440


def blob_name(folder: str, sha256: str) -> str:
    """Return the name of a file in a store, by its digest, as evidence/ab/abcd….

    Raises:
        TamperError: What is recorded as its digest is none: nothing else decides on a name.
    """
    if not _DIGEST.fullmatch(sha256):
        raise TamperError("存档文件的摘要不是64位十六进制数，记录可能已被改动，请停止使用并核查数据库。")
    return f"{folder}/{sha256[:2]}/{sha256}"


def chunks_of(stream: IO[bytes]) -> Iterator[bytes]:
    """Give the content of a stream piece by piece."""
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def chunks_in(path: Path) -> Iterator[bytes]:
    """Give the content of a file piece by piece.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        yield from chunks_of(stream)


def digest_of(stream: IO[bytes]) -> str:
    """Return the SHA-256 of the content of a stream."""
    digest = hashlib.sha256()
    for chunk in chunks_of(stream):
        digest.update(chunk)
    return digest.hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's content.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as stream:
        return digest_of(stream)


def copied(source: IO[bytes], target: Path) -> str:
    """Copy a stream into a file, durably; returns the SHA-256 of what was copied.

    Raises:
        OSError: The stream cannot be read, or the file cannot be written.
    """
    digest = hashlib.sha256()
    with target.open("wb") as copy:
        for chunk in chunks_of(source):
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


@dataclass(frozen=True)
class Written:
    """A file that was written durably: where, its SHA-256 and its size in bytes."""

    path: Path
    sha256: str
    size: int


@contextmanager
def written(folder: Path, chunks: Iterable[bytes]) -> Iterator[Written]:
    """Write a read-only file into a folder; what was not moved away by the end is gone again.

    Raises:
        OSError: The disk is full or the folder cannot be written; nothing half is left.
    """
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(prefix=INCOMING, dir=folder, delete=False) as copy:
        path = Path(copy.name)
        try:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                copy.write(chunk)
            copy.flush()
            os.fchmod(copy.fileno(), _READ_ONLY)
            os.fsync(copy.fileno())
            copy.close()
            yield Written(path, digest.hexdigest(), size)
        finally:
            path.unlink(missing_ok=True)


def give_name(part: Path, path: Path, *, replace: bool) -> None:
    """Give a finished file of the same disk its name.

    Raises:
        FileExistsError: The name is taken and is not to be replaced.
        OSError: The folder cannot be written.
    """
    if replace:
        part.replace(path)
    else:
        # A link never replaces anything, whereas a new name does.
        try:
            path.hardlink_to(part)
        except FileExistsError:
            raise
        except OSError:
            # Some file systems have no links.
            part.replace(path)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a file without its name is lost all the same."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
