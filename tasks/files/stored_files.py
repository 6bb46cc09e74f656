"""Stored files: the row that goes with every file, written in the transaction that refers to it."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col

from models.errors import TamperError
from models.files.tables import StoredFile
from tasks.database import insert_into
from tasks.files.references import digests_needed
from tasks.store.blobs import blob_name
from tasks.store.protocol import DOCUMENTS, EVIDENCE, Staged
from tasks.workplace import Workplace

# How many rows are written in one transaction: other writers wait for it.
_AT_ONCE = 500


def keep_files(session: Session, files: Iterable[Staged], now: datetime) -> None:
    """Note files and move them to their places, within the transaction that refers to them.

    What is stored already and not known to be wrong is left alone; a file that is missing, has another size
    or was found changed is replaced by the one handed in, and looked at by the next check.

    Args:
        session: The transaction; who stores or removes the same file waits until it ends.
        files: The files, which lie durably beside their places.
        now: The moment (aware).

    Raises:
        OSError: The store cannot be written.
        StoreError: It does not answer.
    """
    # Whoever takes them in one order never blocks; the row comes first, since it is what others wait for.
    for file in sorted(files, key=lambda each: each.sha256):
        if note_file(session, file.sha256, file.size, now):
            file.place()
            continue
        known = session.get_one(StoredFile, file.sha256)
        if known.fault is not None or not file.is_placed:
            file.place()
            known.checked_at = None
            session.add(known)


def note_file(session: Session, sha256: str, size: int, now: datetime) -> bool:
    """Write the row of a file; tells whether it is new."""
    row = insert_into(session, StoredFile).values(sha256=sha256, size=size, stored_at=now)
    # Drivers count differently what was left alone; a row that was written comes back from all of them.
    written = row.on_conflict_do_nothing().returning(StoredFile.sha256)
    return session.connection().execute(written).first() is not None


def note_unlisted(place: Workplace, now: datetime) -> None:
    """Write the rows of files that something refers to and no row knows, as of earlier releases.

    A file without a row would never be looked at. What belongs to an archive that was disposed of has none
    for another reason, and gets none.

    Args:
        place: The workplace.
        now: The moment (aware).
    """
    while digests := _unlisted(place):
        with place.writing() as session:
            for digest in digests:
                note_file(session, digest, _size_of(place, digest), now)


def _unlisted(place: Workplace) -> list[str]:
    """Return some digests of evidence and documents that no row knows, in the order everybody takes them."""
    unlisted: set[str] = set()
    with place.reading() as session:
        for column, needed in digests_needed():
            query = needed.outerjoin(StoredFile, col(StoredFile.sha256) == column).where(
                col(column).is_not(None), col(StoredFile.sha256).is_(None)
            )
            unlisted.update(filter(None, session.exec(query.limit(_AT_ONCE))))
    return sorted(unlisted)


def _size_of(place: Workplace, sha256: str) -> int:
    """Return the size of a file that was stored without noting it; 0 where that cannot be told any more."""
    try:
        name = locate(place, sha256)
        return max(place.store.size(name) or 0, 0) if name else 0
    except (OSError, TamperError):
        return 0


def copies(place: Workplace, sha256: str) -> list[str]:
    """Return under which names something has a file's digest: a letter can be handed in again as evidence.

    Raises:
        OSError: The store cannot be read.
        StoreError: It does not answer.
        TamperError: What is recorded as its digest is none.
    """
    names = [blob_name(folder, sha256) for folder in (EVIDENCE, DOCUMENTS)]
    return [name for name in names if place.store.size(name) is not None]


def locate(place: Workplace, sha256: str) -> str | None:
    """Return the name of a stored file; None where it is missing. Nothing is read of it.

    Raises:
        OSError: The store cannot be read.
        StoreError: It does not answer.
        TamperError: What is recorded as its digest is none.
    """
    return next(iter(copies(place, sha256)), None)
