"""Files that people hand in: copied beside the store while they are checked, so that nobody changes them."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.errors import InputError, NotFound, RuleViolation
from models.files.file_names import kept_name
from tasks.evidence.file_kinds import kind_of
from tasks.evidence.openable import refuse_closed
from tasks.evidence.photographs import JPEG, PHOTOGRAPHS, copy_name, viewing_copy
from tasks.store.blobs import chunks_of
from tasks.store.protocol import EVIDENCE, Staged
from tasks.workplace import Workplace

_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Piece:
    """A file that was found fit to be evidence, and waits beside the store."""

    name: str
    media_type: str
    file: Staged


@contextmanager
def taken_in(place: Workplace, paths: Sequence[Path]) -> Iterator[list[Piece]]:
    """Check files that are to become evidence; what is not kept by the end is gone again.

    Each file gives one piece, in order; that of a photograph is followed by a JPEG for looking.

    Args:
        place: The workplace.
        paths: The files, in the order in which they are handed in.

    Raises:
        NotFound: There is no such file, or it cannot be read.
        RuleViolation: It is empty, too large, of a kind that is not taken, or nobody can open it.
            Source: 通知§12(五).
        InputError: There is no room for it.
        StoreError: The store does not answer.
    """
    with ExitStack() as kept:
        yield [piece for path in paths for piece in _take(place, path, kept)]


def no_room(name: str) -> InputError:
    """Return the error of a file that could not be written."""
    return InputError(f"印证材料“{name}”无法保存（磁盘已满或没有权限），本次没有写入任何内容，请处理后重试。")


def _take(place: Workplace, path: Path, kept: ExitStack) -> Iterator[Piece]:
    """Copy and check one file; a photograph that few programs open is followed by a copy to look at."""
    name = kept_name(str(path))
    try:
        file = kept.enter_context(place.store.staged(EVIDENCE, _content(path, name, place.evidence_limit)))
        # The copy is looked at, since nobody else writes to it.
        with file.path.open("rb") as stream:
            kind = kind_of(stream, name, place.policy.evidence)
            refuse_closed(stream, name, kind)
            yield Piece(name, kind, file)
            if kind in PHOTOGRAPHS:
                copy = kept.enter_context(place.store.staged(EVIDENCE, iter([viewing_copy(stream)])))
                yield Piece(copy_name(name), JPEG, copy)
    except OSError as error:
        raise no_room(name) from error


def _content(path: Path, name: str, limit: int) -> Iterator[bytes]:
    """Give the content of a file, once its size is known to be allowed; no byte more than that is read."""
    try:
        # Opening is enough to wake some devices, and a pipe without a writer would never open.
        _refuse_special(path.stat(), name)
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
            before = os.fstat(stream.fileno())
            _refuse_special(before, name)
            _refuse_size(before.st_size, name, limit)
            left = before.st_size
            for chunk in chunks_of(stream):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
            after = os.fstat(stream.fileno())
    except (OSError, ValueError) as error:
        raise NotFound(f"印证材料“{name}”不存在或无法读取，请核对路径。") from error
    if left or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise RuleViolation(f"印证材料“{name}”在读取时被修改，请重试。")


def _refuse_special(found: os.stat_result, name: str) -> None:
    """Refuse folders, pipes and devices."""
    if not stat.S_ISREG(found.st_mode):
        raise NotFound(f"印证材料“{name}”不是文件，请逐个指定文件。")


def _refuse_size(size: int, name: str, limit: int) -> None:
    """Refuse what is empty or larger than is taken."""
    if size == 0:
        raise RuleViolation(f"印证材料“{name}”是空文件，请核对。")
    if size > limit:
        raise RuleViolation(
            f"印证材料“{name}”超过{limit // _MEGABYTE}MB（设置 ZERO137_EVIDENCE_MB），请压缩或拆分。"
        )
