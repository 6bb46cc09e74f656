"""Files addressed by their digest: written whole and durable, or not at all."""

import hashlib
import os
import tempfile
from pathlib import Path


def blob_path(folder: Path, sha256: str) -> Path:
    """Return where a file lies, by its digest."""
    return folder / sha256[:2] / sha256


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a file without its name is lost all the same."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def store_bytes(folder: Path, data: bytes) -> str:
    """Store data durably and return its SHA-256; what is there already is left alone.

    Raises:
        OSError: The disk is full or the folder cannot be written; nothing half is left.
    """
    digest = hashlib.sha256(data).hexdigest()
    target = blob_path(folder, digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as copy:
        try:
            copy.write(data)
            copy.flush()
            os.fsync(copy.fileno())
            Path(copy.name).replace(target)
            for changed in (target.parent, folder):
                sync_folder(changed)
        except BaseException:
            Path(copy.name).unlink(missing_ok=True)
            raise
    return digest
