"""What lies in the store and belongs to nothing: files of killed processes, and files without a row."""

import logging
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from sqlalchemy import delete
from sqlmodel import col, select

from models.errors import TamperError
from models.files.tables import StoredFile
from tasks.files.references import needed_files
from tasks.files.stored_files import note_file
from tasks.store.blobs import blob_name
from tasks.store.protocol import DOCUMENTS, EVIDENCE, EXPORTS
from tasks.workplace import Workplace

logger = logging.getLogger(__name__)

_DAY_SECONDS = 86_400
_AT_ONCE = 500


def remove_unfinished(place: Workplace) -> int:
    """Remove what killed processes left in the store more than a day ago; returns how many files it was.

    Raises:
        StoreError: The store does not answer.
    """
    folders = (EVIDENCE, DOCUMENTS, EXPORTS)
    return sum(place.store.remove_unfinished(folder, _DAY_SECONDS) for folder in folders)


def surplus_files(place: Workplace) -> Iterator[str]:
    """Give the names in the store that nothing knows: what referred to them was never committed.

    Raises:
        StoreError: The store does not answer.
    """
    names = (name for folder in (EVIDENCE, DOCUMENTS) for name in place.store.names(folder))
    while batch := list(islice(names, _AT_ONCE)):
        digests = {name: name.rpartition("/")[2] for name in batch}
        query = select(StoredFile.sha256).where(col(StoredFile.sha256).in_(digests.values()))
        with place.reading() as session:
            known = set(session.exec(query))
            # A row that is missing makes no file superfluous that something refers to.
            known |= needed_files(session, set(digests.values()) - known)
        yield from (name for name, digest in digests.items() if digest not in known)


def remove_surplus(place: Workplace, now: datetime) -> int:
    """Remove surplus files that are older than a day; returns how many it was.

    What does not lie where a file of its name belongs was put there by somebody else, and stays.

    Args:
        place: The workplace.
        now: The moment (aware).
    """
    old = [name for name in surplus_files(place) if _belongs(place, name) and _is_old(place, name)]
    return sum(_removed_unless_stored(place, name, now) for name in old)


def _removed_unless_stored(place: Workplace, name: str, now: datetime) -> bool:
    """Remove a surplus file, unless somebody stores it at this moment: who writes the row first wins."""
    digest = name.rpartition("/")[2]
    with place.writing() as session:
        if not note_file(session, digest, place.store.size(name) or 0, now):
            return False
        if needed_files(session, [digest]):
            return False
        done = _removed(place, name)
        session.connection().execute(delete(StoredFile).where(col(StoredFile.sha256) == digest))
        return done


def _belongs(place: Workplace, name: str) -> bool:
    """Tell whether an ordinary file lies where one of its name belongs."""
    folder, _, rest = name.partition("/")
    try:
        return blob_name(folder, rest.rpartition("/")[2]) == name and place.store.size(name) != -1
    except TamperError:
        return False


def _is_old(place: Workplace, name: str) -> bool:
    """Tell whether a file was last written more than a day ago."""
    try:
        return place.store.age_seconds(name) > _DAY_SECONDS
    except OSError:
        return False


def _removed(place: Workplace, name: str) -> bool:
    """Remove a file; tells whether that could be done."""
    try:
        place.store.remove(name)
    except OSError as error:
        logger.warning("多余文件 %s 无法删除：%s", name, error.strerror)
        return False
    return True
