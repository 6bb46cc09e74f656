"""The system under test, seen by who kills it and by who starts it again."""

import contextlib
import os
import signal
import time
from pathlib import Path
from threading import Event

import httpx
from chaos.journal import Journal
from harness.running_system import System, until

from deployments.installation.settings import Settings, load_settings

_TICKS = os.sysconf("SC_CLK_TCK")


class Victim(System):
    """A running system that is started again whenever it has ended."""

    def __init__(self, home: Path, **settings: str) -> None:
        """Choose a free port; nothing is started yet."""
        # Children may end as often as they are killed.
        super().__init__(home, restarts="1000", **settings)
        self._quick = self.http(timeout=2)
        self._starts = 0

    @property
    def place(self) -> Settings:
        """What to open its workplace with, beside it."""
        return load_settings(self.environment)

    @property
    def alive(self) -> bool:
        """Whether the supervisor lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def has_started(self) -> bool:
        """Whether the supervisor has said that everything runs."""
        return "系统已启动" in self.output

    def ready(self) -> bool:
        """Tell whether the supervisor watches over a server that answers."""
        return self.alive and self.has_started and self.serving()

    def close(self) -> None:
        """End whatever still runs, also what the system itself left behind."""
        try:
            super().close()
        finally:
            self._quick.close()
            for pid in self.everyone():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def keep_up(self, stop: Event, journal: Journal) -> None:
        """Start the system again whenever it ends, as a service manager does, until told to stop."""
        while not stop.wait(0.3):
            if self.alive or self.process is None:
                continue
            last = (self.output.strip().splitlines() or [""])[-1]
            end = f"{self.process.returncode} {last if self.process.returncode > 0 else ''}".strip()
            journal.ends_of_up[end] += 1
            journal.tell("up 退出", end)
            self.keep_log()
            try:
                self.up()
                journal.tell("up 已启动")
            except AssertionError:
                # It was killed or refused while it started; the next look starts it once more.
                stop.wait(1)

    def keep_log(self) -> None:
        """Put the output of a past start aside; the next one begins anew."""
        self._starts += 1
        log = self.home.with_suffix(".up.log")
        log.rename(log.with_suffix(f".{self._starts}.log"))

    @property
    def mark(self) -> str:
        """What stands in the environment of every process of this system, and of no other."""
        return f"ZERO137_HOME={self.home}"

    def everyone(self) -> list[int]:
        """Return every process that belongs to this system, whatever it is."""
        mine = f"{self.mark}\0".encode()
        return [pid for pid in _processes() if mine in _read(f"/proc/{pid}/environ")]

    def child(self, role: str, seconds: float = 90) -> int:
        """Return the process id of a child; waits while it is being started again."""

        def found() -> int | None:
            return next((pid for pid, played in self.children().items() if played == role), None)

        return until(found, f"a {role}", seconds)

    def serving(self) -> bool:
        """Tell whether the server answers within two seconds."""
        try:
            return self._quick.get("/health").is_success
        except httpx.HTTPError:
            return False

    def held(self, *kinds: str) -> int | None:
        """Return how many runs are in these states; None where the server does not answer."""
        try:
            reply = self._quick.post(
                "/flow_runs/count", json={"flow_runs": {"state": {"type": {"any_": kinds}}}}
            )
        except httpx.HTTPError:
            return None
        return int(reply.json()) if reply.is_success else None

    def resume(self, run_id: str, filled: dict[str, str]) -> bool:
        """Hand in the form of a suspended run, as the UI does; returns whether it was accepted."""
        try:
            reply = self._quick.post(f"/flow_runs/{run_id}/resume", json={"run_input": filled}, timeout=20)
            return reply.is_success and reply.json()["status"] == "ACCEPT"
        except httpx.HTTPError:
            return False


def age_seconds(pid: int) -> float:
    """Return how long ago a process was started; 0 where it is gone."""
    fields = _read(f"/proc/{pid}/stat").rpartition(b") ")[2].split()
    if not fields:
        return 0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / _TICKS


def is_dead(pid: int) -> bool:
    """Tell whether a process has ended, though its parent may not have looked at it yet."""
    return _read(f"/proc/{pid}/stat").rpartition(b") ")[2][:1] in (b"", b"Z", b"X")


def _processes() -> list[int]:
    """Return the ids of all processes of this machine."""
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _read(path: str) -> bytes:
    """Return what a file of /proc holds; empty where the process is gone or another user's."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
