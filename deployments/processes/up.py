"""``zero137 up``: one process that brings the whole system up, watches it and takes it down."""

import signal
from collections.abc import Callable
from types import FrameType

from deployments.installation.home import check_port, instance_lock
from deployments.installation.settings import Settings
from deployments.processes.caretaker import Say
from deployments.processes.preparing import prepare
from deployments.processes.supervisor import supervise


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
