"""Several of each on one machine: two servers behind a balancer, services, three workers."""

import os
import signal
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event
from typing import IO, Any

import httpx
import redis
from chaos.balancer import Balancer
from chaos.invariants import Invariant
from chaos.journal import Journal
from chaos.victim import Victim
from harness.databases import both_databases
from harness.running_system import COMMAND, free_port, until
from sqlalchemy import create_engine, make_url, text

from tasks.runs.signatures import claimed_by

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/13")
# In a database of Redis that belongs to these tests alone.
_OURS = "zero137:test"
_WORKERS = ("worker-1", "worker-2", "worker-3")
_READY = "已就绪"
_START_SECONDS, _STOP_SECONDS = 300, 40


def redis_fault() -> str:
    """Return why the configured Redis cannot be used, blank where it can."""
    try:
        with redis.Redis.from_url(REDIS, socket_connect_timeout=2) as client:
            if client.dbsize() and not client.exists(_OURS):
                return "the configured database of Redis (TEST_REDIS_URL) holds something else"
    except redis.RedisError:
        return "no Redis answers at the configured address (TEST_REDIS_URL)"
    return ""


class Cluster(Victim):
    """A system of several processes, each of which is started again by itself when it has ended."""

    def __init__(self, home: Path) -> None:
        """Choose ports and folders and create the databases; nothing is started yet."""
        self._databases = ExitStack()
        port = free_port()
        # Evidence, documents and exports lie in a folder that all share, as a mounted one.
        self._store = home.with_name(f"{home.name}-store")
        super().__init__(
            home, port=port, server_url=f"http://127.0.0.1:{port}", auth="operator:not-a-secret",
            redis_url=REDIS, concurrency="2", store_url=str(self._store),
            **self._databases.enter_context(both_databases()),
        )  # fmt: skip
        self._api_ports = {"api-1": free_port(), "api-2": free_port()}
        self._words = {
            "api-1": ("serve", "--no-services"), "api-2": ("serve", "--no-services"),
            "services": ("services",), **dict.fromkeys(_WORKERS, ("work",)),
        }  # fmt: skip
        self._members: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: dict[str, IO[bytes]] = {}
        # Every process a member ever was: a claim names its process.
        self._processes: dict[int, str] = {}
        self.balancer = Balancer(port, list(self._api_ports.values()))

    @property
    def mark(self) -> str:
        """The address of the balancer stands in the environment of every process."""
        return f"ZERO137_SERVER_URL={self.settings['ZERO137_SERVER_URL']}"

    @property
    def alive(self) -> bool:
        """Whether every member lives."""
        return bool(self._members) and all(process.poll() is None for process in self._members.values())

    def up(self) -> None:
        """Start everything at once, and wait until all of it runs."""
        self._store.mkdir()
        with redis.Redis.from_url(REDIS) as client:
            client.flushdb()
            client.set(_OURS, "1")
        self.run("init")
        self.balancer.start()
        for name in self._words:
            self._start(name)
        self._await_start(self._api_ports)
        self.run("register")
        self._await_start(self._words)

    def stop(self) -> int:
        """Ask every member to stop; returns 0 where all did so in order."""
        for process in self._members.values():
            process.send_signal(signal.SIGTERM)
        for process in self._members.values():
            process.wait(_STOP_SECONDS)
        return max((abs(process.returncode) for process in self._members.values()), default=0)

    def close(self) -> None:
        """End whatever still runs, and remove the databases."""
        try:
            super().close()
        finally:
            for process in self._members.values():
                process.kill()
                process.wait()
            for log in self._logs.values():
                log.close()
            self.balancer.stop()
            self._databases.close()
            with redis.Redis.from_url(REDIS) as client:
                client.flushdb()

    def keep_up(self, stop: Event, journal: Journal) -> None:
        """Start each member again whenever it ends, as a service manager does, until told to stop."""
        while not stop.wait(0.3):
            for name, process in self._members.items():
                if process.poll() is not None:
                    journal.ends_of_up[f"{process.returncode} {name}"] += 1
                    journal.tell(name, "退出", process.returncode)
                    self._start(name)

    def members(self, role: str) -> list[int]:
        """Return the processes of the members whose name begins so, that live."""
        return [
            process.pid
            for name, process in self._members.items()
            if name.startswith(role) and process.poll() is None
        ]

    def api(self, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Ask the Prefect API; a connection that was kept open may be one to a server that was killed."""
        try:
            return super().api(path, body)
        except httpx.TransportError:
            return super().api(path, body)

    def serving(self) -> bool:
        """Tell whether any server answers; see ``api``."""
        return super().serving() or super().serving()

    def holder(self) -> int | None:
        """Return the process of the worker that holds some run at this moment; None where none does."""
        with suppress(httpx.HTTPError):
            return self._holder()
        return None

    def _holder(self) -> int | None:
        """Look through the runs under way.

        Raises:
            HTTPError: No server answers.
        """
        wanted = {"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}
        for run in self.api("/flow_runs/filter", wanted) or ():
            for state in reversed(self.api(f"/flow_run_states/?flow_run_id={run['id']}") or []):
                if signed := claimed_by(state["message"]):
                    process = _process_of(signed)
                    if process in self.members("worker"):
                        return process
                    break
        return None

    def shares(self) -> list[Invariant]:
        """Return what makes the trial one of several of each: who answered, and who executed steps."""
        answered = {name: self.balancer.answered[port] for name, port in self._api_ports.items()}
        executed = self._claims()
        idle = [f"{name} 没有答复过" for name, count in answered.items() if not count]
        lazy = [f"{name} 没有执行过步骤" for name in _WORKERS if not executed[name]]
        return [
            Invariant("各服务都答复过", _told(answered), tuple(idle)),
            Invariant(
                "各执行进程都执行过步骤", _told({name: executed[name] for name in _WORKERS}), tuple(lazy)
            ),
        ]

    def _claims(self) -> Counter[str]:
        """Count, by worker, the runs that were executed after that worker had claimed them."""
        query = text("SELECT flow_run_id, type, message FROM flow_run_state ORDER BY timestamp")
        engine = create_engine(make_url(self.place.conduct_url).set(drivername="postgresql+psycopg"))
        claimed: dict[object, str] = defaultdict(str)
        executed: Counter[str] = Counter()
        with engine.connect() as connection:
            for run, kind, message in connection.execute(query):
                if signed := claimed_by(message):
                    claimed[run] = self._processes.get(_process_of(signed), "")
                elif kind == "RUNNING":
                    executed[claimed[run]] += 1
        engine.dispose()
        return executed

    def _start(self, name: str) -> None:
        """Start a member."""
        if name not in self._logs:
            self._logs[name] = self.home.with_name(f"{self.home.name}-{name}.log").open("ab")
        own = {"ZERO137_HOME": str(self.home.with_name(f"{self.home.name}-{name}"))}
        if name in self._api_ports:
            own["ZERO137_PORT"] = str(self._api_ports[name])
        process = subprocess.Popen(
            [COMMAND, *self._words[name]],
            env={**self.environment, **own},
            stdin=subprocess.DEVNULL, stdout=self._logs[name], stderr=self._logs[name],
        )  # fmt: skip
        self._members[name] = process
        self._processes[process.pid] = name

    def _await_start(self, names: Iterable[str]) -> None:
        """Wait until members run; a busy machine takes its time."""
        for name in names:
            until(lambda name=name: _READY in self._log_of(name), f"{name} runs", _START_SECONDS)

    def _log_of(self, name: str) -> str:
        """Return what a member has said."""
        return Path(self._logs[name].name).read_text(encoding="utf-8", errors="replace")


def _process_of(signed: str) -> int:
    """Return the process that a signature names."""
    return int(signed.partition("/")[0].rsplit("-", 2)[1])


def _told(counts: dict[str, int]) -> str:
    """Return counts by name in one line."""
    return "，".join(f"{name} {count}" for name, count in counts.items())
