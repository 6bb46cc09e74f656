"""A store in a folder, of one machine or shared by several."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from tasks.store.blobs import INCOMING, give_name, sync_folder, written
from tasks.store.protocol import Staged, logger

# The second is how earlier releases called them.
_UNFINISHED = (INCOMING, "tmp")


@dataclass(frozen=True)
class FolderStore:
    """A store in a folder, of this machine or shared by several; a new name is atomic there, on NFS too."""

    root: Path

    @contextmanager
    def staged(self, folder: str, chunks: Iterable[bytes]) -> Iterator[Staged]:
        """Write a file durably beside the others."""
        beside = self.root / folder
        # The root is never made: what is written where a disk is not mounted would vanish below it.
        beside.mkdir(exist_ok=True)
        with written(beside, chunks) as copy:
            yield Staged(self, folder, f"{folder}/{copy.path.name}", copy.path, copy.sha256, copy.size)

    def move(self, incoming: str, name: str, *, replace: bool = True) -> None:
        """Give a staged file its name."""
        source, target = self.root / incoming, self.root / name
        target.parent.mkdir(exist_ok=True)
        give_name(source, target, replace=replace)
        for changed in {target.parent, source.parent}:
            sync_folder(changed)

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading."""
        if self.size(name) == -1:
            # Opening is enough to wake some devices, and a pipe without a writer would never open.
            raise OSError(errno.EINVAL, "no ordinary file", name)
        return (self.root / name).open("rb")

    def size(self, name: str) -> int | None:
        """Return the size in bytes."""
        try:
            found = (self.root / name).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else -1

    def names(self, folder: str) -> Iterator[str]:
        """Give the names below a folder but for those directly in it."""
        return (path.relative_to(self.root).as_posix() for path in (self.root / folder).glob("*/*"))

    def age_seconds(self, name: str) -> float:
        """Return how long ago a file was written, by the clock of the disk it lies on."""
        path = self.root / name
        with TemporaryFile(dir=path.parent) as probe:
            return os.fstat(probe.fileno()).st_mtime - path.lstat().st_mtime

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self.root / name).unlink(missing_ok=True)

    def remove_unfinished(self, folder: str, after_seconds: float) -> int:
        """Remove what killed processes left so long ago."""
        return sum(
            self._removed(f"{folder}/{path.name}", after_seconds)
            for path in (self.root / folder).glob("*")
            if path.name.startswith(_UNFINISHED)
        )

    def _removed(self, name: str, after_seconds: float) -> bool:
        """Remove an ordinary file that is so old; tells whether that was done."""
        try:
            if (self.size(name) or 0) < 0 or self.age_seconds(name) <= after_seconds:
                return False
            self.remove(name)
        except OSError as error:
            logger.warning("临时文件 %s 无法删除：%s", name, error.strerror)
            return False
        return True

    def is_bare(self, folder: str) -> bool:
        """Tell whether a folder holds no part of a store."""
        return not any((self.root / folder).glob("[0-9a-f][0-9a-f]"))

    def fault(self) -> str:
        """Return why the folder cannot be used now."""
        if not self.root.is_dir():
            return f"存储文件夹 {self.root} 不存在，请检查共享磁盘是否已挂载；首次使用请先建立该文件夹。"
        if not os.access(self.root, os.W_OK | os.X_OK):
            return f"存储文件夹 {self.root} 不可写，请检查权限。"
        return ""
