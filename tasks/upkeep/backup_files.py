"""The stored files of a backup: under the same names as in the store, each compared with its digest."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, select, union
from sqlmodel import Session, col

from models.documents.tables import Document
from models.errors import TamperError
from models.matters.tables import Evidence
from tasks.database import streaming
from tasks.files.references import needed_files
from tasks.store.blobs import blob_name, chunks_of
from tasks.store.protocol import DOCUMENTS, EVIDENCE, Store, digest_in

_AT_ONCE = 500
_REFERRING = (Evidence.sha256, Document.pdf_sha256, Document.word_sha256)


@dataclass(frozen=True)
class Stock:
    """The stored files some facts need: how many are sound, their bytes, and the digests of the others."""

    files: int
    bytes: int
    absent: tuple[str, ...]


def take_stock(session: Session, size_of: Callable[[str], int | None]) -> Stock:
    """Go through every stored file the facts need, in the order of the digests.

    Args:
        session: Sees the facts.
        size_of: Given each digest, returns the size of its file, None where that is missing or damaged.
    """
    files, size, absent = 0, 0, []
    for digest in _needed(session):
        found = size_of(digest)
        if found is None:
            absent.append(digest)
        else:
            files, size = files + 1, size + found
    return Stock(files, size, tuple(sorted(absent)))


def copy_stored(sha256: str, source: Store, target: Store) -> int | None:
    """Copy a stored file from one store into another, wherever it lies there.

    Returns:
        Its size in bytes; None where the source holds no sound copy, and then nothing is written.

    Raises:
        OSError: The target cannot be written.
        StoreError: One of the stores does not answer.
    """
    size = None
    for folder, name in _places(source, sha256):
        try:
            with target.staged(folder, _pieces(source, name)) as file:
                if file.sha256 == sha256:
                    file.place()
                    size = file.size
        except TamperError:
            continue
    return size


def stored_size(sha256: str, store: Store) -> int | None:
    """Return the size of a stored file in bytes; None where the store holds no sound copy of it.

    Raises:
        StoreError: The store does not answer.
    """
    for _, name in _places(store, sha256):
        try:
            if digest_in(store, name) == sha256:
                return store.size(name)
        except OSError:
            continue
    return None


def _needed(session: Session) -> Iterator[str]:
    """Yield the digests that facts refer to and no disposal destroyed."""
    referred: CompoundSelect[tuple[str]] = union(
        *(select(col(column).label("sha256")).where(col(column).is_not(None)) for column in _REFERRING)
    )
    with streaming(session, referred.order_by("sha256")) as found:
        for batch in found.scalars().partitions(_AT_ONCE):
            yield from sorted(needed_files(session, batch))


def _places(store: Store, sha256: str) -> list[tuple[str, str]]:
    """Return in which folders a file bears a digest: a letter can be handed in again as evidence."""
    try:
        names = [(folder, blob_name(folder, sha256)) for folder in (EVIDENCE, DOCUMENTS)]
        return [(folder, name) for folder, name in names if store.size(name) not in (None, -1)]
    except (TamperError, OSError):
        return []


def _pieces(store: Store, name: str) -> Iterator[bytes]:
    """Give a stored file piece by piece; one that cannot be read is damaged, and no fault of the target."""
    try:
        with store.open(name) as stream:
            yield from chunks_of(stream)
    except OSError as error:
        raise TamperError(f"存档文件 {name} 无法读取。", name) from error
