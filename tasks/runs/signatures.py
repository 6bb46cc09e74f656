"""The workers: by which name they sign for a run, and which of them live."""

import hashlib
import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from pathlib import Path

# The type of the work pool whose worker ``zero137 up`` starts itself.
POOL_TYPE = "in-process"
_CLAIM = "由以下工作进程领取："
# A worker elsewhere that was not heard for so long, while another one was, has ended.
SILENCE = timedelta(seconds=60)
# The field of /proc/…/stat that tells when a process began, counted behind its name.
_BEGAN = 19


@dataclass(frozen=True)
class Heard:
    """What Prefect knows of a worker: whether it counts as online, and when it was heard last (aware)."""

    online: bool
    at: datetime


def worker_name(process: int) -> str:
    """Return the name of the worker that is a process of this machine, or of this container.

    In every container the first process has the number 1, and containers may share a host name: the mark at
    the end tells them apart.
    """
    return f"{socket.gethostname()}-{process}-{_place()}"


def signature(worker: str) -> str:
    """Return what the worker in this process signs with: its name, and when the process began."""
    return f"{worker}/{_began(os.getpid())}"


def claim_message(worker: str) -> str:
    """Return the message by which the worker in this process signs the state in which it takes on a run."""
    return f"{_CLAIM}{signature(worker)}"


def claimed_by(message: str | None) -> str:
    """Return who signed a state, blank where nobody did."""
    signed, _, worker = (message or "").partition(_CLAIM)
    return worker if not signed else ""


def last_claim(states: Iterable[tuple[str | datetime, str | None]]) -> str:
    """Return who signed last, blank where nobody did: a run passes through many hands.

    Args:
        states: Moment and message of each state of a run, in any order.
    """
    signed = [claimed_by(message) for _, message in sorted(states, key=itemgetter(0))]
    return next(filter(None, reversed(signed)), "")


def is_living(signed: str, heard: Mapping[str, Heard]) -> bool | None:
    """Tell whether a worker lives: where its process is seen by its process, elsewhere by its heartbeat.

    A server that was away hears nobody. So a silent worker counts as ended only where another one of its pool
    has been heard since; were it taken for ended all the same, its run would be carried on twice, which
    changes no fact.

    Args:
        signed: Its signature. A process number alone would do for nothing, because it is given again.
        heard: What is known of the workers of its pool, by name.

    Returns:
        None where that cannot be known.
    """
    name, _, began = signed.partition("/")
    before, _, place = name.rpartition("-")
    process = before.rpartition("-")[2]
    if place != _place() or not process.isdecimal():
        return _is_heard(name, heard)
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # The process is another user's; so it lives.
        return True
    return began == _began(int(process))


def _is_heard(name: str, heard: Mapping[str, Heard]) -> bool | None:
    """Tell whether a worker lives of which only the heartbeat is known."""
    worker = heard.get(name)
    if worker is None:
        return None
    if max(each.at for each in heard.values()) - worker.at > SILENCE:
        return False
    return True if worker.online else None


@cache
def _place() -> str:
    """Return a mark of where process numbers mean what they mean here: this boot, and this container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        where = boot + str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        where = socket.gethostname()
    return hashlib.sha256(where.encode()).hexdigest()[:8]


def _began(process: int) -> str:
    """Return when a process began, blank where the system does not tell."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[_BEGAN]
