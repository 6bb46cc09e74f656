"""The folder of an export while it is written: every file is listed as it is added."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from models.archive.manifest import ManifestFile
from models.files.vocabulary import FileFault
from tasks.store.blobs import copied


@dataclass
class ExportFolder:
    """A folder that knows the digest of everything it holds."""

    root: Path
    files: list[ManifestFile] = field(default_factory=list)

    def write(self, path: str, content: bytes) -> None:
        """Add a file.

        Raises:
            OSError: It cannot be written.
        """
        self._place(path).write_bytes(content)
        self.files.append(ManifestFile(path, hashlib.sha256(content).hexdigest(), len(content)))

    def copy(self, source: BinaryIO, path: str, sha256: str, item: int | None = None) -> FileFault | None:
        """Add a copy of a stored file, unless that is another one; returns what is wrong with it.

        Raises:
            OSError: It cannot be read, or the copy cannot be written.
        """
        target = self._place(path)
        if copied(source, target) != sha256:
            target.unlink()
            return FileFault.CHANGED
        self.files.append(ManifestFile(path, sha256, target.stat().st_size, item))
        return None

    def _place(self, path: str) -> Path:
        """Return where a file goes, creating its folder."""
        target = self.root / path
        target.parent.mkdir(exist_ok=True)
        return target
