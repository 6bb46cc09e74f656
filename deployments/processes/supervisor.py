"""The supervisor: starts the server and the worker, watches both, and mends what their end leaves behind."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

from deployments.installation.settings import Settings
from deployments.processes.caretaker import START_SECONDS, Caretaker, Say, register
from deployments.processes.environment import child_environment
from deployments.processes.log_files import rotate_logs
from models.errors import StartError
from tasks.runs.prefect_api import PrefectApi
from tasks.runs.signatures import POOL_TYPE, worker_name

# A worker lets its steps finish and hands the rest back before it ends, in seconds.
_STOP_SECONDS = 20
# Children that end too often within this span are not started again, in seconds.
_SPAN = 120
_LOOK_SECONDS = 0.5


def supervise(settings: Settings, say: Say, ready: Callable[[], None]) -> None:
    """Bring server and worker up and keep them up until an exception ends it.

    Args:
        settings: The installation; its database exists.
        say: Told each stage of the start, one Chinese sentence at a time.
        ready: Called once when everything runs.

    Raises:
        StartError: The server does not start, or a process keeps ending.
    """
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_Child("server", settings))
        say("正在启动 Prefect 服务（首次约半分钟）…")
        _wait_for_server(settings, server, say)
        say("正在登记部署…")
        pool_type = register(settings)
        worker = None
        if pool_type == POOL_TYPE:
            worker = stack.enter_context(_Child("worker", settings))
        else:
            say(f"工作池 {settings.pool} 的类型为 {pool_type}，请另行启动该类型的工作进程。")
        caretaker = Caretaker(settings, say)
        caretaker.ask(register=False)
        ready()
        while True:
            if server.restarted(say):
                # Its database may have been lost with it.
                caretaker.ask(register=True)
            if worker is not None and worker.restarted(say):
                # Its runs ended with it, wherever they were; nobody else will say so.
                caretaker.ask(register=False)
            rotate_logs(settings.home / "logs")
            time.sleep(_LOOK_SECONDS)


def _wait_for_server(settings: Settings, server: "_Child", say: Say) -> None:
    """Wait until the server answers, telling the time that passes."""
    started = time.monotonic()
    told = 5
    with PrefectApi(settings.api) as api:
        while not api.healthy():
            waited = time.monotonic() - started
            if server.ended or waited > START_SECONDS:
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
        self._strike_off()
        self._log.close()

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def restarted(self, say: Say) -> bool:
        """Start the process again where it ended by itself; tells whether it did.

        Raises:
            StartError: It keeps ending.
        """
        if not self.ended:
            return False
        now = time.monotonic()
        self._ends = [*(end for end in self._ends if now - end < _SPAN), now]
        if len(self._ends) >= self._settings.restarts:
            raise StartError(f"进程 {self._role} 反复退出，系统已停止，请查看 {self.log_path}。")
        say(f"进程 {self._role} 意外退出，正在重新启动…")
        self._strike_off()
        self._process = self._start()
        return True

    def _strike_off(self) -> None:
        """Take a worker that has ended out of the list operators see in the Prefect UI."""
        if self._role == "worker":
            with PrefectApi(self._settings.api) as api:
                api.forget_worker(self._settings.pool, worker_name(self._process.pid))

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process in a group of its own, so that Ctrl-C reaches it only through us."""
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "deployments.processes.children", self._role],
            env=child_environment(self._settings, with_keys=self._role == "worker"),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
