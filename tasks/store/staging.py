"""Folders for what is in the making: beside its target, hidden, and gone whatever happens."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# They begin so, then tell whose they are: the machine and the process.
_MARK = ".zero137-export"


@contextmanager
def staging_beside(folder: Path) -> Iterator[Path]:
    """Give a folder within the one of the target, gone afterwards: what lies there is on the same disk.

    What a process of this machine left there that was killed is removed first: it may hold a whole case.

    Raises:
        OSError: The folder cannot be written.
    """
    mine = f"{_MARK}-{socket.gethostname()}-"
    for left in folder.glob(f"{mine}*-*"):
        _clear(left, left.name.removeprefix(mine).partition("-")[0])
    with tempfile.TemporaryDirectory(prefix=f"{mine}{os.getpid()}-", dir=folder) as beside:
        yield Path(beside)


def _clear(folder: Path, process: str) -> None:
    """Remove what a process of this machine left behind that was killed."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        shutil.rmtree(folder, ignore_errors=True)
    except (ValueError, PermissionError):
        return
