"""A real system for end-to-end tests: ``zero137 up`` in a folder of its own, ended by process id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
from harness.command_server import run_command
from tasks.lookup.stories import tell_story
from tasks.runs.reconcile import RECONCILIATION
from tasks.workplace import Workplace

COMMAND = Path(sys.executable).with_name("zero137")
_Found = TypeVar("_Found")
# Bounds, not expectations: a busy machine may take several times what a quiet one does.
_LOOK_SECONDS, _START_SECONDS, _STOP_SECONDS, _COMMAND_SECONDS = 150, 300, 120, 300


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(look: Callable[[], _Found | None], what: str, seconds: float = _LOOK_SECONDS) -> _Found:
    """Look again and again until something is found."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


class System:
    """The system under test, with its folder, its port and its command line."""

    def __init__(self, home: Path, port: int | None = None, **settings: str) -> None:
        """Choose a folder, a port and further settings by name; nothing is started yet."""
        self.home = home
        self.settings = {f"ZERO137_{key.upper()}": value for key, value in settings.items()}
        self.port = port or free_port()
        self.process: subprocess.Popen[str] | None = None
        self._api = self.http(timeout=60)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        ours = {"ZERO137_HOME": str(self.home), "ZERO137_PORT": str(self.port), **self.settings}
        # Flows that only tests know; the worker imports them by module path like any other.
        odd = str(Path(__file__).parents[1] / "e2e" / "odd")
        ours["PYTHONPATH"] = os.pathsep.join(filter(None, [odd, os.environ.get("PYTHONPATH")]))
        return {**{k: v for k, v in os.environ.items() if not k.startswith("ZERO137_")}, **ours}

    def http(self, timeout: float) -> httpx.Client:
        """Return a client of the Prefect API that gives what the server asks for."""
        auth = self.settings.get("ZERO137_AUTH")
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/api", timeout=timeout, trust_env=False,
            auth=httpx.BasicAuth(*auth.split(":", 1)) if auth else None,
        )  # fmt: skip

    @property
    def output(self) -> str:
        """What ``up`` has printed so far."""
        path = self.home.with_suffix(".up.log")
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def up(self) -> None:
        """Start the system and wait until it says that it runs."""
        with self.home.with_suffix(".up.log").open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [COMMAND, "up"],
                env=self.environment,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        until(lambda: "系统已启动" in self.output or self.process.poll() is not None, "up", _START_SECONDS)
        assert "系统已启动" in self.output, self.output

    def stop(self) -> int:
        """Ask the system to stop; returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def close(self) -> None:
        """End whatever still runs."""
        if self.process is not None:
            self.stop()
        self._api.close()

    @contextmanager
    def unattended(self) -> Iterator[None]:
        """Let the supervisor stand still, holding no lock, so that nobody but the test mends anything."""
        assert self.process is not None
        with self.workplace() as place, place.alone(RECONCILIATION):
            self.process.send_signal(signal.SIGSTOP)
            until(self._stands_still, "the supervisor stands still")
            # What it asked of the database just before is answered while the lock is still held.
            time.sleep(1)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _stands_still(self) -> bool:
        """Tell whether every thread of the supervisor was stopped."""
        assert self.process is not None
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in threads)

    @contextmanager
    def server_alone(self) -> Iterator[None]:
        """Run the server without worker and supervisor: what people fill in is kept, and nobody reads it."""
        with self.home.with_suffix(".serve.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen([COMMAND, "serve"], env=self.environment, stdout=log, stderr=log)
        try:
            until(self.is_served, "the server answers", _START_SECONDS)
            yield
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)

    def is_served(self) -> bool:
        """Tell whether the server answers."""
        try:
            return self.api("/health") is True
        except httpx.HTTPError:
            return False

    def child(self, role: str) -> int:
        """Return the process id of the server or the worker."""
        return until(lambda: next((p for p, r in self.children().items() if r == role), None), role)

    def children(self) -> dict[int, str]:
        """Return the processes of this system by id, with the role each plays."""
        found = {}
        for folder in Path("/proc").iterdir():
            try:
                words = (folder / "cmdline").read_bytes().decode().split("\0")
                home = f"ZERO137_HOME={self.home}\0".encode() in (folder / "environ").read_bytes()
            except (OSError, UnicodeDecodeError):
                continue
            if home and "deployments.processes.children" in words:
                found[int(folder.name)] = words[words.index("deployments.processes.children") + 1]
        return found

    def run(self, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        done = self._carry_out([*map(str, arguments)])
        assert not check or done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def _carry_out(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command of this release."""
        return run_command(arguments, self.environment, _COMMAND_SECONDS)

    def json(self, *arguments: str | Path) -> Any:  # noqa: ANN401 - whatever the command prints
        """Run a command and return what it prints as JSON."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def api(self, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Ask the Prefect API: a GET without a body, else a POST."""
        reply = self._api.get(path) if body is None else self._api.post(path, json=body)
        return reply.json() if reply.is_success else None

    def runs_of(self, name_part: str) -> list[dict[str, Any]]:
        """Return the flow runs whose name contains a text."""
        found = self.api("/flow_runs/filter", {"flow_runs": {"name": {"like_": name_part}}})
        return list(found or [])

    def delete_run(self, run_id: str) -> None:
        """Delete a run, as a careless hand would in the UI."""
        assert self._api.delete(f"/flow_runs/{run_id}").is_success

    def deploy(self, flow: str, pool: str = "zero137", module: str = "odd_flows") -> str:
        """Deploy a flow of the odd ones by its name; returns the id of the deployment."""
        flow_id = self.api("/flows/", {"name": flow.replace("_", "-")})["id"]
        asked = {
            "name": flow,
            "flow_id": flow_id,
            "entrypoint": f"{module}.{flow}",
            "work_pool_name": pool,
        }
        return str(self.api("/deployments/", asked)["id"])

    def launch(self, deployment_id: str, **parameters: object) -> str:
        """Start a run of a deployment; returns its id."""
        asked = {"parameters": parameters}
        return str(self.api(f"/deployments/{deployment_id}/create_flow_run", asked)["id"])

    def state(self, run_id: str) -> str:
        """Return the name of a run's state, blank where Prefect does not answer or knows no such run."""
        try:
            return str((self.api(f"/flow_runs/{run_id}") or {}).get("state_name", ""))
        except httpx.HTTPError:
            return ""

    def ends_as(self, run_id: str, *names: str) -> str:
        """Wait until a run is in one of these states; returns which."""
        return until(
            lambda: next((name for name in [self.state(run_id)] if name in names), None),
            f"{run_id} is {' or '.join(names)} instead of {self.state(run_id)}",
        )

    def force(self, run_id: str, kind: str, message: str = "") -> None:
        """Force a state upon a run, as SCHEDULED."""
        state = {"type": kind, "name": kind.title(), "message": message}
        assert self.api(f"/flow_runs/{run_id}/set_state", {"state": state, "force": True})

    def start(self, deployment: str) -> None:
        """Start a deployment by hand and wait until its run has ended well."""
        found = self.api(f"/deployments/name/{deployment}/{deployment}")
        run = self.api(f"/deployments/{found['id']}/create_flow_run", {"parameters": {}})
        ended = until(
            lambda: next((r for r in [self.api(f"/flow_runs/{run['id']}")] if r["end_time"]), None),
            deployment,
        )
        assert ended["state_type"] == "COMPLETED", ended["state"]

    def lead(self, number: str) -> dict[str, Any]:
        """Return what ``lead show`` tells, without starting a process for it."""
        with self.workplace() as place:
            return dict(tell_story(place, number))

    def workplace(self) -> closing[Workplace]:
        """Open the workplace of this system in the process of the test."""
        return closing(open_workplace(load_settings(self.environment)))

    def suspended(self) -> int:
        """Return how many runs are suspended."""
        return int(self.api("/flow_runs/count", {"flow_runs": {"state": {"name": {"any_": ["Suspended"]}}}}))

    def await_step(self, number: str, step: str) -> dict[str, Any]:
        """Wait until a lead waits for a step (or has ended so) and its run is suspended (or completed)."""

        def arrived() -> dict[str, Any] | None:
            lead = self.lead(number)
            if lead["status"] != step:
                return None
            settled = "PAUSED" if step.startswith("待") else "COMPLETED"
            run = self.api(f"/flow_runs/{lead['run']}") or {}
            return lead if run.get("state_type") == settled else None

        return until(arrived, f"{number} reaches {step}")

    def answer(self, number: str, step: str, by: str, *more: str | Path) -> None:
        """Answer a step by the command line."""
        self.run("answer", number, step, "--by", f"{by}/经办人甲", *more)
