"""The workers: by which name they sign for a run, and which of them live."""

import os
import socket
from collections.abc import Collection

# The type of the work pool whose worker ``zero137 up`` starts itself.
POOL_TYPE = "in-process"
_CLAIM = "由以下工作进程领取："


def worker_name(process: int) -> str:
    """Return the name of the worker that is a process of this machine."""
    return f"{socket.gethostname()}-{process}"


def claim_message(worker: str) -> str:
    """Return the message by which a worker signs the state in which it takes on a run."""
    return f"{_CLAIM}{worker}"


def claimed_by(message: str | None) -> str:
    """Return the worker that signed a state, blank where none did."""
    signed, _, worker = (message or "").partition(_CLAIM)
    return worker if not signed else ""


def is_living(worker: str, online: Collection[str]) -> bool:
    """Tell whether a worker lives: on this machine by its process, elsewhere by its heartbeat.

    Args:
        worker: Its name.
        online: The names of the workers whose heartbeat Prefect has heard lately.
    """
    host, _, process = worker.rpartition("-")
    if host != socket.gethostname() or not process.isdecimal():
        return worker in online
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # The process is another user's; so it lives.
        return True
    return True
