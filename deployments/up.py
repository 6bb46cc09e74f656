"""``zero137 up``: one process that brings the whole system up, watches it and takes it down."""

import contextlib
import fcntl
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import IO

from alembic.util import CommandError
from sqlalchemy.exc import DatabaseError

from deployments.access import check_access
from deployments.caretaker import Say
from deployments.schema import migrate
from deployments.settings import Settings, open_workplace
from deployments.supervisor import supervise
from models.directory import UnitFact, packaged_directory_text, read_directory
from models.errors import StartError
from notifications.channels import check_channels
from notifications.wording import check_wording
from tasks.database import alone
from tasks.informants import key_fault
from tasks.stores import store_fault
from tasks.texts import decode_text, read_bytes
from tasks.units import import_units, list_units
from tasks.workplace import Workplace

# Parts that start together on several machines wait so long for the one that migrates, in seconds.
_MIGRATION_SECONDS = 300
# Somebody who only looks holds the lock for a moment, in seconds.
_LOCK_WAITS = (0.1, 0.2, 0.3, 0.4)


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
            check_port(settings.host, settings.port, "ZERO137_PORT")
            prepare(settings, say)
            supervise(settings, say, ready)
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


def prepare(settings: Settings, say: Say) -> None:
    """Create or migrate the database and fill an empty unit directory.

    Raises:
        StartError: The database is locked or damaged, or the system would be open to anybody.
        InputError: The policy or unit file is wrong.
    """
    check_access(settings.host, protected=settings.auth is not None)
    check_wording(settings.home / "templates")
    say("正在检查数据库…")
    place = open_workplace(settings)
    try:
        with alone(place.engine, "升级数据库", _MIGRATION_SECONDS):
            migrate(place.engine)
        _fill_directory(place, settings, say)
        _tell_of_channels(place, say)
        if fault := store_fault(place):
            say(fault)
        if fault := key_fault(place):
            say(f"举报人信息暂不能登记和调阅，其余功能不受影响：{fault}")
    except DatabaseError as error:
        raise StartError("数据库连不上、被其他程序占用或已损坏，请处理后重试。") from error
    except CommandError as error:
        raise StartError("数据库由更新的版本创建，请升级程序后再启动。") from error
    finally:
        place.close()


def _tell_of_channels(place: Workplace, say: Say) -> None:
    """Tell what is wrong with the channel file; messages wait in the outbox until it is mended."""
    if not place.channels_file.exists():
        say("未配置消息渠道，消息将留在发件箱（见 examples/channels.yaml）。")
        return
    units = {unit.code: unit.name for unit in list_units(place) if unit.active}
    for fault in check_channels(place.channels_file, units):
        if fault.line:
            say(f"消息渠道第{fault.line}行：{fault.reason}")


def _fill_directory(place: Workplace, settings: Settings, say: Say) -> None:
    """Import the unit directory where there is none yet; later changes are made by ``units import``."""
    if list_units(place):
        return
    units, origin = unit_source(settings)
    added, _ = import_units(place, units, origin, place.clock())
    say(f"已导入单位目录，共 {added} 个单位。")


def unit_source(settings: Settings) -> tuple[tuple[UnitFact, ...], str]:
    """Return the units that a first start imports, and the name of the file they come from.

    Raises:
        InputError: The file is no unit directory.
        NotFound: There is no such file.
    """
    source = settings.units
    text = decode_text(read_bytes(source), source) if source else packaged_directory_text()
    origin = source.name if source else "units.toml"
    return read_directory(text, origin), origin
