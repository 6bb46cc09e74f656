"""Stores: where evidence, documents and exports lie, which all machines of an installation share.

A store is a folder or S3-compatible storage; nobody but the two classes knows which. Both hold the same
names, as ``evidence/ab/abcd…``, so that any copying program moves one into the other. Source: ADR-0022.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from tasks.store.blobs import blob_name, digest_of

logger = logging.getLogger(__name__)

EVIDENCE, DOCUMENTS, EXPORTS = "evidence", "documents", "exports"


class Store(Protocol):
    """A place that holds files by names with slashes; what it raises beside StoreError is an OSError."""

    def staged(self, folder: str, chunks: Iterable[bytes]) -> "AbstractContextManager[Staged]":
        """Write a file durably beside the others; what was not placed by the end is gone again.

        Raises:
            OSError: There is no room, or it must not be written; nothing half is left.
            StoreError: The store does not answer.
        """

    def move(self, incoming: str, name: str, *, replace: bool = True) -> None:
        """Give a staged file its name: it appears there as a whole, and durably, or not at all.

        Raises:
            FileExistsError: The name is taken and is not to be replaced.
        """

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading from any position.

        Raises:
            FileNotFoundError: There is none.
        """

    def size(self, name: str) -> int | None:
        """Return the size in bytes; None where nothing has the name, -1 for what is no ordinary file."""

    def names(self, folder: str) -> Iterator[str]:
        """Give the names below a folder but for those directly in it, whoever put them there."""

    def age_seconds(self, name: str) -> float:
        """Return how long ago a file was written, by the store's own clock.

        The clock of a drill runs ahead of the files, and that of a file server has its own opinion.
        """

    def remove(self, name: str) -> None:
        """Remove a file; that there is none is as good."""

    def remove_unfinished(self, folder: str, after_seconds: float) -> int:
        """Remove what killed processes left so long ago; returns how many it was."""

    def is_bare(self, folder: str) -> bool:
        """Tell whether a folder holds no part of a store, as that of a disk that is not there."""

    def fault(self) -> str:
        """Return why the store cannot be used now, in a sentence; blank where it can."""


@dataclass(frozen=True)
class Staged:
    """A file that was written durably beside its place, and is moved there once it is wanted.

    Attributes:
        store: The store it is for.
        folder: The folder of the store.
        incoming: Its name meanwhile.
        path: The same content on this machine, which nobody else writes to.
        sha256: The digest of what was written.
        size: Its size in bytes.
    """

    store: Store
    folder: str
    incoming: str
    path: Path
    sha256: str
    size: int

    @property
    def name(self) -> str:
        """Where it belongs."""
        return blob_name(self.folder, self.sha256)

    @property
    def is_placed(self) -> bool:
        """Whether a file of its size lies there."""
        return self.store.size(self.name) == self.size

    def place(self) -> None:
        """Move it to its place, over whatever lies there; durable when this returns.

        Raises:
            OSError: The store cannot be written.
            StoreError: It does not answer.
        """
        self.store.move(self.incoming, self.name)


def digest_in(store: Store, name: str) -> str:
    """Return the SHA-256 of what lies under a name.

    Raises:
        OSError: It cannot be read, or is not there.
        StoreError: The store does not answer.
    """
    with store.open(name) as stream:
        return digest_of(stream)
