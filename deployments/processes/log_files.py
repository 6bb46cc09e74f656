"""The log files of ``up``: kept small while the processes go on writing to the handles they inherited."""

import contextlib
import shutil
from pathlib import Path

# A file that has grown to this size is put aside, in bytes.
LARGEST = 20 << 20
# How many earlier ones are kept of each.
_KEPT = 5


def rotate_logs(folder: Path, largest: int = LARGEST) -> None:
    """Put aside what the logs of a folder hold, as ``worker.log.1``, where one has grown large.

    Its writers hold the file open in append mode, in several processes, and cannot be told; so its content
    is copied and then cut off, as ``logrotate`` does with ``copytruncate``. A line written in the instant
    between the two is lost. What cannot be put aside, as on a full disk, stays.
    """
    for log in folder.glob("*.log"):
        with contextlib.suppress(OSError):
            if log.stat().st_size > largest:
                _put_aside(log)


def _put_aside(log: Path) -> None:
    """Copy a log and cut it off.

    Raises:
        OSError: The copy could not be made; the log is as it was.
    """
    copy = log.with_name(f"{log.name}.new")
    try:
        with log.open("rb") as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target)
            for number in range(_KEPT - 1, 0, -1):
                earlier = log.with_name(f"{log.name}.{number}")
                if earlier.exists():
                    earlier.replace(log.with_name(f"{log.name}.{number + 1}"))
            # What was written while the earlier ones moved.
            shutil.copyfileobj(source, target)
            with log.open("r+b") as cut:
                cut.truncate(0)
        copy.replace(log.with_name(f"{log.name}.1"))
    finally:
        copy.unlink(missing_ok=True)
