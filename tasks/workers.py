"""The workers: by which name they sign for a run, and which of them live."""

import os
import socket
from collections.abc import Collection, Iterable
from datetime import datetime
from operator import itemgetter
from pathlib import Path

# The type of the work pool whose worker ``zero137 up`` starts itself.
POOL_TYPE = "in-process"
_CLAIM = "由以下工作进程领取："
# The field of /proc/…/stat that tells when a process began, counted behind its name.
_BEGAN = 19


def worker_name(process: int) -> str:
    """Return the name of the worker that is a process of this machine."""
    return f"{socket.gethostname()}-{process}"


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


def is_living(signed: str, online: Collection[str]) -> bool | None:
    """Tell whether a worker lives: on this machine by its process, elsewhere by its heartbeat.

    Args:
        signed: Its signature. A process number alone would do for nothing, because it is given again.
        online: The names of the workers whose heartbeat Prefect has heard lately.

    Returns:
        None where that cannot be known: a worker elsewhere is not heard, which may be the server's fault.
    """
    name, _, began = signed.partition("/")
    host, _, process = name.rpartition("-")
    if host != socket.gethostname() or not process.isdecimal():
        return True if name in online else None
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # The process is another user's; so it lives.
        return True
    return began == _began(int(process))


def _began(process: int) -> str:
    """Return when a process began, blank where the system does not tell."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[_BEGAN]
