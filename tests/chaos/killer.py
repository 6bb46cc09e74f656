"""Who is killed when: drawn from the seed, carried out at whatever the system is doing then."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from queue import Queue
from random import Random
from threading import Event

from chaos.journal import Journal
from chaos.victim import Victim, age_seconds, is_dead
from harness.running_system import until

# How the kills are shared out; what is left falls to the worker. Each target comes at least once.
_SHARES = {"命令": 0.38, "server": 0.1, "up": 0.04}
_SHORTEST, _LONGEST = 0.3, 4.5
# A worker younger than this is still importing Prefect, in seconds.
_WORKER_STARTS = 5
_AIM_SECONDS = 12
# A crowd that makes no progress is waited for so long before the next kill, in seconds.
_COURTESY_SECONDS = 15
_COMMAND_SECONDS = 1.5
# This share of the commands is killed in the moment between the commit and the waking of the run.
_AFTER_COMMIT = 0.4


@dataclass
class Doom:
    """One command of the crowd is to be killed so many seconds after its start, or after its commit."""

    seconds: float
    after_commit: bool
    signal: signal.Signals
    laid_at: float = field(default_factory=time.monotonic)
    done: Event = field(default_factory=Event)


def draw_targets(rng: Random, kills: int, shares: Mapping[str, float] = _SHARES) -> list[str]:
    """Return the targets of a trial in the order of their kills."""
    drawn = [target for target, share in shares.items() for _ in range(max(1, round(kills * share)))]
    targets = [*drawn, *["worker"] * max(1, kills - len(drawn))]
    rng.shuffle(targets)
    return targets[:kills]


def wait_for_the_crowd(journal: Journal) -> None:
    """Give the crowd a moment to keep step, so that kills hit every part of the life cycle."""
    deadline = time.monotonic() + _COURTESY_SECONDS
    while journal.killer_is_ahead and time.monotonic() < deadline:
        if journal.stop.wait(0.1):
            return


def wait_for_the_doom(dooms: Queue[Doom], doom: Doom, journal: Journal) -> None:
    """Let the crowd kill its next command, and wait until it did."""
    dooms.put(doom)
    while not doom.done.wait(1):
        if journal.stop.is_set():
            return


class Killer:
    """Kills processes of the system, and once deletes Prefect's database."""

    def __init__(self, victim: Victim, journal: Journal, dooms: Queue[Doom], seed: int) -> None:
        """Draw the targets; nobody is killed yet."""
        self._victim = victim
        self._journal = journal
        self._dooms = dooms
        self._rng = Random(f"{seed}/killer")
        self._targets = draw_targets(self._rng, journal.kills_planned)

    def run(self) -> None:
        """Kill one after the other."""
        for number, target in enumerate(self._targets):
            if number == len(self._targets) // 2:
                self._lose_database()
            if self._journal.stop.wait(self._rng.uniform(_SHORTEST, _LONGEST)):
                return
            wait_for_the_crowd(self._journal)
            how = self._rng.choice((signal.SIGKILL, signal.SIGTERM))
            match target:
                case "命令":
                    self._doom_a_command(how)
                case "up":
                    self._kill_supervisor(how)
                case "server":
                    self._kill("server", "服务中" if self._victim.serving() else "启动中", how)
                case _:
                    self._aim()
                    self._kill("worker", self._worker_phase(), how)

    def _doom_a_command(self, how: signal.Signals) -> None:
        """Let the crowd kill its next command, and wait until it did."""
        doom = Doom(self._rng.uniform(0, _COMMAND_SECONDS), self._rng.random() < _AFTER_COMMIT, how)
        wait_for_the_doom(self._dooms, doom, self._journal)

    def _kill_supervisor(self, how: signal.Signals) -> None:
        """Kill the supervisor; its children end with it."""
        until(lambda: self._victim.alive or self._journal.stop.is_set(), "a supervisor", 180)
        if self._victim.process is not None:
            phase = "值守中" if self._victim.has_started else "启动中"
            self._victim.process.send_signal(how)
            self._journal.kill("up", phase, how.name)

    def _kill(self, role: str, phase: str, how: signal.Signals) -> None:
        """Kill a child; one that went by itself in this moment leaves its kill to its successor."""
        while not self._journal.stop.is_set():
            pid = self._victim.child(role, 180)
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                continue
            self._journal.kill(role, phase, how.name)
            return

    def _aim(self) -> None:
        """In most cases wait for a worker that works, and then for a run it claims or executes.

        Otherwise workers would mostly be killed while they start, which harms nobody.
        """
        wanted = self._rng.choice((None, "PENDING", "RUNNING"))
        if wanted is not None:
            deadline = time.monotonic() + _AIM_SECONDS
            while time.monotonic() < deadline and not self._journal.stop.is_set():
                if self._worker_phase() not in ("启动中", "服务离线") and self._victim.held(wanted):
                    return
                time.sleep(0.03)

    def _worker_phase(self) -> str:
        """Return what the worker does, as seen from outside just before it is killed."""
        if age_seconds(self._victim.child("worker", 180)) < _WORKER_STARTS:
            return "启动中"
        running, pending = self._victim.held("RUNNING"), self._victim.held("PENDING")
        if running is None or pending is None:
            return "服务离线"
        return "执行中" if running else "领取中" if pending else "空闲"

    def _lose_database(self) -> None:
        """Delete Prefect's database under a killed server, before the supervisor starts the next one."""
        until(lambda: self._victim.ready() or self._journal.stop.is_set(), "a running system", 180)
        supervisor = self._victim.process
        if supervisor is None or self._journal.stop.is_set():
            return
        supervisor.send_signal(signal.SIGSTOP)
        try:
            server = self._victim.child("server")
            os.kill(server, signal.SIGKILL)
            until(lambda: is_dead(server), "the server is dead")
            for path in (self._victim.home / "prefect").glob("prefect.db*"):
                path.unlink()
            self._journal.database_lost = True
            self._journal.tell("Prefect 数据库已删除")
        finally:
            supervisor.send_signal(signal.SIGCONT)
