"""The home folder: made once, held by one instance at a time, with a port that is free."""

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from typing import IO

from deployments.installation.settings import Settings
from models.errors import StartError

# Somebody who only looks holds the lock for a moment, in seconds.
_LOCK_WAITS = (0.1, 0.2, 0.3, 0.4)


@contextlib.contextmanager
def instance_lock(settings: Settings) -> Iterator[None]:
    """Hold the folder for this instance; the lock goes with the process, however it ends.

    Raises:
        StartError: The folder cannot be written, or another instance holds it.
    """
    make_folders(settings)
    lock = (settings.home / "up.lock").open("a+", encoding="utf-8")
    with lock:
        for pause in (*_LOCK_WAITS, None):
            if _locked(lock, fcntl.LOCK_EX):
                break
            if pause is None:
                raise StartError(f"文件夹 {settings.home} 正被另一个实例使用，请先用 zero137 down 停止它。")
            time.sleep(pause)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _locked(lock: IO[str], kind: int) -> bool:
    """Take a lock without waiting; False where somebody else's stands in the way."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def make_folders(settings: Settings) -> None:
    """Create the folder of all state.

    Raises:
        StartError: It cannot be written.
    """
    try:
        # What lies there is nobody else's business; a folder that is there keeps the rights it was given.
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("logs", "prefect"):
            (settings.home / name).mkdir(parents=True, exist_ok=True)
        (settings.home / "up.lock").touch()
    except OSError as error:
        raise StartError(f"文件夹 {settings.home} 不可写，请检查权限或用 ZERO137_HOME 另行指定。") from error


def running_instance(settings: Settings) -> int | None:
    """Return the process id of the instance that holds the folder, None where none does."""
    path = settings.home / "up.lock"
    if not path.exists():
        return None
    with path.open("r+", encoding="utf-8") as lock:
        # A shared lock stands in nobody's way but an instance's: two who look do not see each other.
        if _locked(lock, fcntl.LOCK_SH):
            return None
        text = lock.read().strip()
        return int(text) if text.isdecimal() else None


def check_port(host: str, port: int, variable: str) -> None:
    """Refuse to start where somebody else serves already.

    Args:
        host: The address to listen on.
        port: The port.
        variable: The setting that chooses another one.

    Raises:
        StartError: The port is taken or may not be opened.
    """
    try:
        try_port(host, port)
    except OSError as error:
        raise StartError(f"端口 {host}:{port} 已被占用或不可用，请用 {variable} 另行指定。") from error


def try_port(host: str, port: int) -> None:
    """Open a port and close it again.

    Raises:
        OSError: It is taken or may not be opened.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
