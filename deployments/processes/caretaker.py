"""The caretaker: registers what an operator may start, and mends the runs that nobody carries on.

There may be several of them, on several machines: whoever is faster does it, and the others find it done.
"""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.processes.environment import child_environment
from models.errors import StartError
from tasks.runs.prefect_api import PrefectApi
from tasks.runs.reconcile import orphaned_runs, reconcile, standing_matters, summary_of

Say = Callable[[str], None]

START_SECONDS = 180
# A command that was killed between its answer and waking the run is made up for after this, in seconds.
_STANDING_SECONDS = 10
# While the server does not answer, mending is tried again after this time, in seconds.
_AGAIN_SECONDS = 2
# A caretaker that has not looked for so long hangs; reconciling many matters takes less, in seconds.
_HANGS_SECONDS = 600


def register(settings: Settings) -> str:
    """Register work pool and deployments; returns the type of the pool.

    A process of its own does it: importing Prefect would cost this one a hundred megabytes for good.

    Raises:
        StartError: It was not done; the log says why.
    """
    log_path = settings.home / "logs" / "register.log"
    with log_path.open("ab") as log:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "deployments.processes.children", "register"],
                env=child_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                timeout=START_SECONDS,
                check=True,
                start_new_session=True,
            )
        except subprocess.SubprocessError as error:
            raise StartError(f"部署登记未完成，请查看 {log_path}。") from error
    return done.stdout.decode().strip()


class Caretaker:
    """Puts things in order beside the watching: whoever waits for a server cannot start it again."""

    def __init__(self, settings: Settings, say: Say) -> None:
        """Begin to look, in a thread of its own; ``say`` is told what was mended and what could not be."""
        self._settings = settings
        self._say = say
        self._asked = threading.Event()
        self._register = threading.Event()
        self._looked_at = time.monotonic()
        self.in_order = False
        # What it is doing when the system stops is cut short like by any other end; nothing is lost by that.
        threading.Thread(target=self._attend, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether it goes on looking."""
        return time.monotonic() - self._looked_at < _HANGS_SECONDS

    def ask(self, *, register: bool) -> None:
        """Ask for order; asked twice before it was done, it is done once."""
        if register:
            self._register.set()
        self._asked.set()

    def _attend(self) -> None:
        """Do what is asked until it succeeds; in between, look out for matters and runs left standing."""
        standing: set[str] = set()
        orphaned: set[str] = set()
        told = ""
        while True:
            asked = self._asked.wait(_STANDING_SECONDS)
            self._asked.clear()
            self._looked_at = time.monotonic()
            try:
                still, standing = standing, self._standing()
                known, orphaned = orphaned, self._orphaned()
                # A matter passes through here at every step; one that is still here was not woken.
                if asked or still & standing or orphaned - known:
                    self._put_in_order()
                told, self.in_order = "", True
            except Exception as error:  # noqa: BLE001 - whatever went wrong, order is still wanted
                self.in_order = False
                reason = str(error) if isinstance(error, StartError) else type(error).__name__
                if reason != told:
                    told = reason
                    self._say(f"核对承办运行未完成，稍后重试：{reason}")
                time.sleep(_AGAIN_SECONDS)
                self._asked.set()

    def _put_in_order(self) -> None:
        """Do what was asked, once.

        Raises:
            StartError: The server does not answer, or a matter could not be helped.
        """
        with PrefectApi(self._settings.api) as api:
            if not api.healthy():
                raise StartError("Prefect 服务没有应答。")
        if self._register.is_set():
            self._register.clear()
            try:
                register(self._settings)
            except BaseException:
                self._register.set()
                raise
        self._mend()

    def _mend(self) -> None:
        """Reconcile Prefect with our database, and say what was done.

        Raises:
            StartError: The server does not answer, or a matter could not be helped.
        """
        with contextlib.closing(open_workplace(self._settings)) as place:
            mended = reconcile(place, place.clock())
        if mended:
            self._say(f"{summary_of(mended)}。")
        reasons = [each.reason for each in mended if each.repair is None]
        if reasons:
            raise StartError(reasons[0])

    def _standing(self) -> set[str]:
        """Return the matters that nobody carries on just now."""
        with contextlib.closing(open_workplace(self._settings)) as place:
            return standing_matters(place)

    def _orphaned(self) -> set[str]:
        """Return the runs whose worker has ended with them in its hands, wherever it was."""
        try:
            return orphaned_runs(self._settings.api)
        except StartError:
            # A server that is away or has nothing registered yet is told of where order is asked for.
            return set()
