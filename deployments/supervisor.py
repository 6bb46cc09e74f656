"""The supervisor: starts the server and the worker, watches both, and mends what their end leaves behind."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

from deployments.settings import Settings, child_environment, open_workplace
from models.errors import StartError
from tasks.prefect_api import PrefectApi
from tasks.reconcile import reconcile, standing_leads, summary_of
from tasks.workers import POOL_TYPE, worker_name

Say = Callable[[str], None]

_START_SECONDS = 180
# A worker lets its steps finish and hands the rest back before it ends, in seconds.
_STOP_SECONDS = 20
# Children that end too often within this span are not started again, in seconds.
_SPAN = 120
_LOOK_SECONDS = 0.5
# A command that was killed between its answer and waking the run is made up for after this, in seconds.
_STANDING_SECONDS = 10
# While the server does not answer, mending is tried again after this time, in seconds.
_AGAIN_SECONDS = 2


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
        pool_type = _register(settings)
        worker = None
        if pool_type == POOL_TYPE:
            worker = stack.enter_context(_Child("worker", settings))
        else:
            say(f"工作池 {settings.pool} 的类型为 {pool_type}，请另行启动该类型的工作进程。")
        caretaker = _Caretaker(settings, say)
        caretaker.ask(register=False)
        ready()
        while True:
            if server.restarted(say):
                # Its database may have been lost with it.
                caretaker.ask(register=True)
            if worker is not None and worker.restarted(say):
                # Its runs ended with it, wherever they were; nobody else will say so.
                caretaker.ask(register=False)
            time.sleep(_LOOK_SECONDS)


def _register(settings: Settings) -> str:
    """Register work pool and deployments; returns the type of the pool.

    A process of its own does it: importing Prefect would cost this one a hundred megabytes for good.

    Raises:
        StartError: It was not done; the log says why.
    """
    log_path = settings.home / "logs" / "register.log"
    with log_path.open("ab") as log:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "deployments.children", "register"],
                env=child_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                timeout=_START_SECONDS,
                check=True,
                start_new_session=True,
            )
        except subprocess.SubprocessError as error:
            raise StartError(f"部署登记未完成，请查看 {log_path}。") from error
    return done.stdout.decode().strip()


def _mend(settings: Settings, say: Say) -> None:
    """Reconcile Prefect with our database, and say what was done.

    Raises:
        StartError: The server does not answer, or a lead could not be helped.
    """
    with contextlib.closing(open_workplace(settings)) as place:
        mended = reconcile(place, place.clock())
    if mended:
        say(f"{summary_of(mended)}。")
    reasons = [each.reason for each in mended if each.repair is None]
    if reasons:
        raise StartError(reasons[0])


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


class _Caretaker:
    """Puts things in order beside the watching: whoever waits for a server cannot start it again."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self._settings = settings
        self._say = say
        self._asked = threading.Event()
        self._register = threading.Event()
        # What it is doing when the system stops is cut short like by any other end; nothing is lost by that.
        threading.Thread(target=self._attend, daemon=True).start()

    def ask(self, *, register: bool) -> None:
        """Ask for order; asked twice before it was done, it is done once."""
        if register:
            self._register.set()
        self._asked.set()

    def _attend(self) -> None:
        """Do what is asked until it succeeds; in between, look out for leads left standing."""
        standing: set[str] = set()
        told = ""
        while True:
            asked = self._asked.wait(_STANDING_SECONDS)
            self._asked.clear()
            try:
                still, standing = standing, self._standing()
                # A lead passes through here at every step; one that is still here was not woken.
                if asked or still & standing:
                    self._put_in_order()
                told = ""
            except Exception as error:  # noqa: BLE001 - whatever went wrong, order is still wanted
                reason = str(error) if isinstance(error, StartError) else type(error).__name__
                if reason != told:
                    told = reason
                    self._say(f"核对承办运行未完成，稍后重试：{reason}")
                time.sleep(_AGAIN_SECONDS)
                self._asked.set()

    def _put_in_order(self) -> None:
        """Do what was asked, once.

        Raises:
            StartError: The server does not answer, or a lead could not be helped.
        """
        with PrefectApi(self._settings.api_url) as api:
            if not api.healthy():
                raise StartError("Prefect 服务没有应答。")
        if self._register.is_set():
            self._register.clear()
            try:
                _register(self._settings)
            except BaseException:
                self._register.set()
                raise
        _mend(self._settings, self._say)

    def _standing(self) -> set[str]:
        """Return the leads that nobody carries on just now."""
        with contextlib.closing(open_workplace(self._settings)) as place:
            return standing_leads(place)


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
            with PrefectApi(self._settings.api_url) as api:
                api.forget_worker(self._settings.pool, worker_name(self._process.pid))

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
