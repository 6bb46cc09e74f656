"""Who is killed when in a system of several processes: always one of several, always by SIGKILL."""

import os
import signal
import time
from queue import Queue
from random import Random

from chaos.cluster import Cluster
from chaos.journal import Journal
from chaos.killer import Doom, draw_targets, wait_for_the_crowd, wait_for_the_doom

# How the kills are shared out; what is left falls to the workers. Each target comes at least once.
_SHARES = {"命令": 0.3, "api": 0.2, "services": 0.1}
_SHORTEST, _LONGEST = 0.5, 5.0
_AIM_SECONDS = 12
_COMMAND_SECONDS = 1.5
_AFTER_COMMIT = 0.4


class ClusterKiller:
    """Kills one process after the other, each time another member."""

    def __init__(self, victim: Cluster, journal: Journal, dooms: Queue[Doom], seed: int) -> None:
        """Draw the targets; nobody is killed yet."""
        self._victim = victim
        self._journal = journal
        self._dooms = dooms
        self._rng = Random(f"{seed}/killer")
        self._targets = draw_targets(self._rng, journal.kills_planned, _SHARES)

    def run(self) -> None:
        """Kill one after the other."""
        for target in self._targets:
            if self._journal.stop.wait(self._rng.uniform(_SHORTEST, _LONGEST)):
                return
            wait_for_the_crowd(self._journal)
            if target == "命令":
                after_commit = self._rng.random() < _AFTER_COMMIT
                doom = Doom(self._rng.uniform(0, _COMMAND_SECONDS), after_commit, signal.SIGKILL)
                wait_for_the_doom(self._dooms, doom, self._journal)
            else:
                self._kill(target)

    def _kill(self, role: str) -> None:
        """Kill a member of a role; a worker, if possible, with a run in its hands."""
        deadline = time.monotonic() + _AIM_SECONDS
        while not self._journal.stop.is_set():
            held = self._victim.holder() if role == "worker" else None
            if role == "worker" and held is None and time.monotonic() < deadline:
                continue
            members = self._victim.members(role)
            if held is None and not members:
                self._journal.stop.wait(0.2)
                continue
            try:
                os.kill(held or self._rng.choice(members), signal.SIGKILL)
            except ProcessLookupError:
                continue
            phase = "服务中" if role != "worker" else "持有运行" if held else "空闲"
            self._journal.kill(role, phase, "SIGKILL")
            return
