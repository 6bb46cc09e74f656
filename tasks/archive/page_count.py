"""Looking at the files of an archive: whether each is what it was, and how many pages it has."""

import logging
from dataclasses import dataclass
from typing import Any, BinaryIO

from models.errors import StoreError
from models.files.vocabulary import FileFault
from tasks.store.blobs import digest_of
from tasks.store.protocol import Store

# A page tree may claim anything; no file of this office is thicker.
_MOST_PAGES = 100_000


@dataclass(frozen=True)
class Examined:
    """What was found of a stored file: its pages where they can be counted, and what is wrong with it."""

    pages: int | None = None
    fault: FileFault | None = None


def examine(store: Store, name: str, sha256: str, media_type: str) -> Examined:
    """Return what is found of a stored file; nothing a file may hold makes this fail.

    Raises:
        StoreError: The store does not answer.

    Source: DA/T 70-2018: 归档时检测真实性、完整性、可用性.
    """
    try:
        with store.open(name) as stream:
            if digest_of(stream) != sha256:
                return Examined(fault=FileFault.CHANGED)
            return Examined(count_pages(stream, media_type))
    except OSError:
        return Examined(fault=FileFault.MISSING)


def count_pages(stream: BinaryIO, media_type: str) -> int | None:
    """Return the pages of a PDF, 1 for an image, None where there are none to count."""
    if media_type.startswith("image/"):
        return 1
    return _pages_of_pdf(stream) if media_type == "application/pdf" else None


def _pages_of_pdf(stream: BinaryIO) -> int | None:
    """Return how many pages a PDF says it has; None where it is damaged, locked or says nothing sensible."""
    from pypdf import PdfReader

    # What it thinks of a damaged file concerns nobody here.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        # The count is read instead of walking the tree of pages, which a hostile file can make endless.
        tree: Any = PdfReader(stream).root_object["/Pages"]
        pages = tree.get_object()["/Count"].get_object()
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 - a damaged file fails in many ways, none of them documented
        return None
    return int(pages) if isinstance(pages, int) and 0 < pages <= _MOST_PAGES else None
