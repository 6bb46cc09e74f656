"""``zero137 up``: one process that brings the whole system up, watches it and takes it down."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Self

from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError

from deployments.schema import migrate
from deployments.settings import Settings, child_environment, open_workplace
from models.directory import packaged_directory_text, read_directory
from models.errors import StartError
from tasks.prefect_api import PrefectApi
from tasks.running import rouse
from tasks.texts import decode_text, read_bytes
from tasks.units import import_units, list_units
from tasks.workplace import Workplace

# Somebody who only looks holds the lock for a moment, in seconds.
_LOCK_WAITS = (0.1, 0.2, 0.3, 0.4)
_START_SECONDS = 180
_STOP_SECONDS = 20
# A child that ends this often within the span is not started again, in times and seconds.
_RESTARTS, _SPAN = 5, 120
Say = Callable[[str], None]


class Interrupted(BaseException):
    """Somebody asked the system to stop."""


def run_until_stopped(settings: Settings, say: Say, ready: Callable[[], None]) -> None:
    """Bring the system up and keep it up until Ctrl-C or SIGTERM.

    Args:
        settings: The installation.
        say: Told each stage of the start, one Chinese sentence at a time.
        ready: Called once when everything runs.

    Raises:
        StartError: Something stands in the way; what was started has been stopped again.
        InputError: The policy or unit file is wrong.
    """
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _interrupt)
        with instance_lock(settings):
            check_port(settings)
            prepare(settings, say)
            _supervise(settings, say, ready)
    except Interrupted:
        say("已停止全部进程，数据保存完好。")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Turn a signal into an exception, once: stopping must not be interrupted."""
    del number, frame
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise Interrupted


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
        for name in ("logs", "prefect", "evidence"):
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


def check_port(settings: Settings) -> None:
    """Refuse to start where somebody else serves already.

    Raises:
        StartError: The port is taken or may not be opened.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            address = f"{settings.host}:{settings.port}"
            raise StartError(f"端口 {address} 已被占用或不可用，请用 ZERO137_PORT 另行指定。") from error


def prepare(settings: Settings, say: Say) -> None:
    """Create or migrate the database and fill an empty unit directory.

    Raises:
        StartError: The database is locked or damaged.
        InputError: The policy or unit file is wrong.
    """
    say("正在检查数据库…")
    place = open_workplace(settings)
    try:
        migrate(place.engine)
        _fill_directory(place, settings, say)
    except DatabaseError as error:
        raise StartError("数据库连不上、被其他程序占用或已损坏，请处理后重试。") from error
    except CommandError as error:
        raise StartError("数据库由更新的版本创建，请升级程序后再启动。") from error
    finally:
        place.close()


def _fill_directory(place: Workplace, settings: Settings, say: Say) -> None:
    """Import the unit directory where there is none yet; later changes are made by ``units import``."""
    if list_units(place):
        return
    source = settings.units
    text = decode_text(read_bytes(source), source) if source else packaged_directory_text()
    origin = source.name if source else "units.toml"
    added, _ = import_units(place, read_directory(text, origin), origin, place.clock())
    say(f"已导入单位目录，共 {added} 个单位。")


def _supervise(settings: Settings, say: Say, ready: Callable[[], None]) -> None:
    """Start the children, register the deployments, then watch the children."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_Child("server", settings))
        say("正在启动 Prefect 服务（首次约半分钟）…")
        # Prefect reads its settings when it is imported; that takes seconds, which the server needs anyway.
        os.environ.update(child_environment(settings))
        from deployments.catalogue import register_deployments

        _wait_for_server(settings, server, say)
        say("正在登记部署…")
        asyncio.run(register_deployments(settings))
        _make_up(settings, say)
        worker = stack.enter_context(_Child("worker", settings))
        ready()
        while True:
            server.keep_running(say)
            if worker.ended:
                # Its runs ended with it, wherever they were; nobody else will say so.
                _make_up(settings, say)
            worker.keep_running(say)
            time.sleep(0.5)


def _make_up(settings: Settings, say: Say) -> None:
    """While no worker lives: start, wake or replace what the system left behind when it went down."""
    place = open_workplace(settings)
    try:
        roused = rouse(place, place.clock(), no_worker=True)
        if roused.started or roused.replaced:
            say(f"已启动{len(roused.started)}条、接续{len(roused.replaced)}条线索的承办流程。")
    except StartError as error:
        # The patrol tries again; a system that runs is better than one that does not.
        say(str(error))
    finally:
        place.close()


def _wait_for_server(settings: Settings, server: "_Child", say: Say) -> None:
    """Wait until the server answers, telling the time that passes."""
    started = time.monotonic()
    told = 5
    with PrefectApi(settings.api_url) as api:
        while not api.healthy():
            waited = time.monotonic() - started
            if server.ended or waited > _START_SECONDS:
                raise StartError(f"Prefect 服务未能启动，请查看 {server.log_path}。")
            if waited >= told:
                say(f"　已等待 {told} 秒…")
                told += 5
            time.sleep(0.2)


class _Child:
    """A process of ours, its log, and its orderly end."""

    def __init__(self, role: str, settings: Settings) -> None:
        self._role = role
        self._settings = settings
        self._ends: list[float] = []
        self.log_path: Path = settings.home / "logs" / f"{role}.log"
        self._log: IO[bytes] = self.log_path.open("ab")
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop the process: asked first, killed if it does not listen."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def keep_running(self, say: Say) -> None:
        """Start the process again where it ended by itself.

        Raises:
            StartError: It keeps ending.
        """
        if not self.ended:
            return
        now = time.monotonic()
        self._ends = [*(end for end in self._ends if now - end < _SPAN), now]
        if len(self._ends) >= _RESTARTS:
            raise StartError(f"进程 {self._role} 反复退出，系统已停止，请查看 {self.log_path}。")
        say(f"进程 {self._role} 意外退出，正在重新启动…")
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process in a group of its own, so that Ctrl-C reaches it only through us."""
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "deployments.children", self._role],
            env=child_environment(self._settings),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
