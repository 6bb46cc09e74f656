"""Looking at the store of files, and doing to it what disks and people do."""

from pathlib import Path

from conftest import Clock
from sqlmodel import select

from models.files.tables import StoredFile
from models.matters.tables import Evidence
from tasks.evidence.pieces import add_evidence
from tasks.store.blobs import blob_name
from tasks.workplace import Workplace
from walks.walking import PERSON, ledger_of, messages_of


def blob_path(folder: Path, sha256: str) -> Path:
    """Return where a file of a store in a folder lies."""
    return folder.parent / blob_name(folder.name, sha256)


def stored(place: Workplace) -> dict[str, StoredFile]:
    """Return the rows of all stored files by their digests."""
    with place.reading() as session:
        return {row.sha256: row for row in session.exec(select(StoredFile))}


def hand_in(place: Workplace, number: str, path: Path, clock: Clock) -> Evidence:
    """Store one file for a lead."""
    return add_evidence(place, number, [path], PERSON, clock())[0]


def file_of(place: Workplace, row: Evidence) -> Path:
    """Return where the file of a piece of evidence lies."""
    return blob_path(place.home / "evidence", row.sha256)


def change(path: Path) -> None:
    """Write over a stored file, as somebody with the rights of the system can, keeping its size."""
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(content[:-1] + b"X")


def kinds_of(place: Workplace, stream: str) -> list[str]:
    """Return which entries about files a ledger has."""
    return [entry.kind for entry in ledger_of(place, stream) if entry.kind.startswith("file_")]


def notices(place: Workplace) -> list[str]:
    """Return the bodies of the messages about faults of files."""
    return [message.body for message in messages_of(place) if message.kind == "file_fault"]
