"""Speaking to the Prefect API over HTTP: starting a run, waking it, reading how it stands.

The SDK takes seconds to import; a command that only wakes a run should not.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from models.errors import AccessError, StartError
from models.runs.diagnosis import HELD, RunFact
from tasks.runs.signatures import Heard, is_living, last_claim
from tasks.workplace import ApiAddress

# The flow and the deployment that carry one matter share this name.
CARRY_MATTER = "办理事项"
# What earlier releases called it: their runs are found, replaced and ended. Source: ADR-0024.
FORMER_NAMES = ("办理线索",)
# The server answers 503 while SQLite is locked by another writer; these pauses, in seconds, outlast that.
_PAUSES = (0.1, 0.2, 0.4, 0.8, *(1.0,) * 30)
# A run in one of these states has ended or is about to; the others are live.
_LIVE = ("SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING")
# How many runs are asked for at once.
_PAGE = 200
_UNAVAILABLE = 503
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_WORKER_LABEL = "prefect.worker.name"
_CONTINUES_LABEL = "zero137.continues"

Row = dict[str, Any]


def open_http(address: ApiAddress, timeout: float) -> httpx.Client:
    """Return a connection to the Prefect API that carries the login and waits so many seconds."""
    user, _, password = address.auth.get_secret_value().partition(":") if address.auth else ("", "", "")
    # Only this machine's own settings decide where the server is; a proxy of the shell is not asked.
    return httpx.Client(
        base_url=address.url, timeout=timeout, trust_env=False, auth=(user, password) if user else None
    )


class PrefectApi:
    """A short-lived connection to the Prefect API; use as a context manager."""

    def __init__(self, address: ApiAddress) -> None:
        """Connect lazily."""
        self._http = open_http(address, timeout=60)
        # The server's clock at its last answer; ours may be another, or an accelerated one.
        self._now = datetime.min.replace(tzinfo=UTC)
        self._heard: dict[str, dict[str, Heard]] = {}
        self._deployed: Row | None = None

    def __enter__(self) -> Self:
        """Return this connection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def start_carrying(self, number: str, name: str, continues: str | None = None) -> str:
        """Create the flow run that carries a matter; asking twice on one occasion gives the same run.

        Args:
            number: The matter.
            name: The name of the run.
            continues: The run that is lost; the new one links to it and waits until it is woken.

        Returns:
            The id of the run.

        Raises:
            StartError: The server is not reached or refuses.
        """
        body: Row = {
            "name": name,
            "parameters": {"number": number},
            "idempotency_key": f"{number}-{continues or 'first'}",
        }
        if continues is not None:
            body["labels"] = {_CONTINUES_LABEL: continues}
            body["state"] = {"type": "PAUSED", "name": "Suspended", "message": f"接续运行 {continues}"}
        return str(self._call("POST", f"/deployments/{self._deployment()['id']}/create_flow_run", body)["id"])

    def wake(self, flow_run_id: str) -> bool:
        """Let a suspended run go on; it reads the database and decides anew.

        Returns:
            False where the run is not suspended: it is under way, or it ended.

        Raises:
            StartError: The server is not reached, or knows no such run.
        """
        if self.state_of(flow_run_id) != "PAUSED":
            return False
        return self._resume(flow_run_id)

    def wake_all(self, flow_run_ids: Sequence[str]) -> None:
        """Let those of these runs go on that are suspended; one that the server does not know is left out.

        Raises:
            StartError: The server is not reached.
        """
        suspended = {"id": {"any_": list(flow_run_ids)}, "state": {"type": {"any_": ["PAUSED"]}}}
        # All of them are found before the first one leaves what is asked for.
        for run in list(self._rows({"flow_runs": suspended})):
            self._resume(str(run["id"]))

    def start(self, name: str) -> str:
        """Start a deployment that is called as its flow, as an operator would; returns the run.

        Raises:
            StartError: The server is not reached, or knows no such deployment.
        """
        found = self._call("GET", f"/deployments/name/{quote(name)}/{quote(name)}")
        return str(self._call("POST", f"/deployments/{found['id']}/create_flow_run", {})["id"])

    def reschedule(self, flow_run_id: str) -> bool:
        """Give a run whose worker has gone to the next one.

        Raises:
            StartError: The server is not reached, or knows no such run.
        """
        message = "执行进程已不存在，交回重新执行"
        return self._set_state(flow_run_id, "SCHEDULED", "Scheduled", message, force=True)

    def end(self, flow_run_id: str) -> bool:
        """End a run that carries nothing.

        Raises:
            StartError: The server is not reached, or knows no such run.
        """
        message = "事项由另一个运行承办或已办结"
        return self._set_state(flow_run_id, "CANCELLED", "Cancelled", message, force=True)

    def describe(self, flow_run_id: str, name: str, tags: Sequence[str]) -> None:
        """Name and tag a run for people.

        Raises:
            StartError: The server is not reached, or knows no such run.
        """
        self._call("PATCH", f"/flow_runs/{flow_run_id}", {"name": name, "tags": list(tags)})

    def publish(self, key: str, markdown: str, title: str) -> None:
        """Publish a text as an artifact.

        Raises:
            StartError: The server is not reached.
        """
        artifact = {"key": key, "type": "markdown", "data": markdown, "description": title}
        self._call("POST", "/artifacts/", artifact)

    def published(self, key: str) -> str | None:
        """Return the text that was published last under a key, None where there is none.

        Raises:
            StartError: The server is not reached.
        """
        found = self._call("POST", "/artifacts/latest/filter", {"artifacts": {"key": {"any_": [key]}}})
        return str(found[0]["data"]) if found else None

    def state_of(self, flow_run_id: str) -> str:
        """Return the type of a run's state, as PAUSED.

        Raises:
            StartError: The server is not reached, or knows no such run.
        """
        return str(self._call("GET", f"/flow_runs/{flow_run_id}")["state_type"] or "")

    def live_runs(self) -> Iterator[RunFact]:
        """Give every live run that was started to carry a matter, in no particular order.

        Raises:
            StartError: The server is not reached.
        """
        state = {"type": {"any_": _LIVE}}
        flows = {"name": {"any_": [CARRY_MATTER, *FORMER_NAMES]}}
        wanted = {"flows": flows, "flow_runs": {"state": state}}
        return map(self._fact, self._rows(wanted))

    def held_runs(self) -> Iterator[RunFact]:
        """Give every run of our pool that a worker holds.

        Raises:
            StartError: The server is not reached.
        """
        pool = {"name": {"any_": [self._deployment()["work_pool_name"]]}}
        wanted = {"work_pools": pool, "flow_runs": {"state": {"type": {"any_": sorted(HELD)}}}}
        return map(self._fact, self._rows(wanted))

    def _rows(self, wanted: Row) -> Iterator[Row]:
        """Give the runs that a filter finds, page by page."""
        for offset in range(0, 1 << 30, _PAGE):
            page = {**wanted, "limit": _PAGE, "offset": offset, "sort": "ID_DESC"}
            found = self._call("POST", "/flow_runs/filter", page)
            yield from found
            if len(found) < _PAGE:
                return

    def runs_by_id(self, flow_run_ids: list[str]) -> dict[str, RunFact]:
        """Return runs by id as they stand now; runs the server does not know are left out.

        Raises:
            StartError: The server is not reached.
        """
        facts: dict[str, RunFact] = {}
        for first in range(0, len(flow_run_ids), _PAGE):
            wanted = {"id": {"any_": flow_run_ids[first : first + _PAGE]}}
            found = self._call("POST", "/flow_runs/filter", {"flow_runs": wanted, "limit": _PAGE})
            facts |= {str(run["id"]): self._fact(run) for run in found}
        return facts

    def forget_worker(self, pool: str, worker: str) -> None:
        """Take a worker that has ended out of the list operators see; quietly where it is not listed."""
        with contextlib.suppress(httpx.HTTPError):
            self._http.delete(f"/work_pools/{quote(pool)}/workers/{quote(worker)}", timeout=2)

    def workers_heard(self, pool: str | None) -> Mapping[str, Heard]:
        """Return what is known of the workers of a pool, by name; asked once a connection.

        Raises:
            StartError: The server is not reached, or knows no such pool.
        """
        if pool is None:
            return {}
        if pool not in self._heard:
            workers = self._call("POST", f"/work_pools/{quote(pool)}/workers/filter", {})
            self._heard[pool] = {
                worker["name"]: Heard(
                    worker["status"] == "ONLINE", datetime.fromisoformat(worker["last_heartbeat_time"])
                )
                for worker in workers
                if worker["last_heartbeat_time"]
            }
        return self._heard[pool]

    def workers_online(self, pool: str) -> list[str]:
        """Return the workers of a pool that were heard lately, by name.

        Raises:
            StartError: The server is not reached, or knows no such pool.
        """
        return sorted(name for name, worker in self.workers_heard(pool).items() if worker.online)

    def healthy(self) -> bool:
        """Tell whether the server answers."""
        try:
            return self._http.get("/health", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def _fact(self, run: Row) -> RunFact:
        """Return a run as the rules see it."""
        state = run["state"] or {}
        return RunFact(
            id=str(run["id"]),
            number=_number_of(run),
            state=str(run["state_type"] or ""),
            age=self._now - datetime.fromisoformat(state.get("timestamp") or run["created"]),
            wait=str((state.get("state_details") or {}).get("pause_key") or ""),
            deployed=self._is_deployed(run),
            owned=self._owned(run) if run["state_type"] in HELD else None,
            continues=str((run.get("labels") or {}).get(_CONTINUES_LABEL, "")),
        )

    def _deployment(self) -> Row:
        """Return the deployment that carries the matters."""
        if self._deployed is None:
            path = f"/deployments/name/{quote(CARRY_MATTER)}/{quote(CARRY_MATTER)}"
            self._deployed = dict(self._call("GET", path))
        return self._deployed

    def _is_deployed(self, run: Row) -> bool:
        """Tell whether a run could go on; its deployment may be gone or have moved to another pool."""
        known = self._deployment()
        there = (known["id"], known["work_pool_name"])
        return (run["deployment_id"], run["work_pool_name"]) == there

    def _owned(self, run: Row) -> bool | None:
        """Tell whether the worker that took on a run lives; None where none signed for it."""
        history = self._call("GET", f"/flow_run_states/?flow_run_id={run['id']}")
        # The stock workers sign by a label.
        signed = last_claim((state["timestamp"], state["message"]) for state in history) or (
            run.get("labels") or {}
        ).get(_WORKER_LABEL)
        return is_living(signed, self.workers_heard(run["work_pool_name"])) if signed else None

    def _resume(self, flow_run_id: str) -> bool:
        """Let a suspended run go on; tells whether the server took it."""
        return self._set_state(flow_run_id, "SCHEDULED", "Resuming", "有新的反馈，继续办理")

    def _set_state(
        self, flow_run_id: str, kind: str, name: str, message: str, *, force: bool = False
    ) -> bool:
        """Propose or force a state; tells whether the server took it."""
        body = {"state": {"type": kind, "name": name, "message": message}, "force": force}
        return bool(self._call("POST", f"/flow_runs/{flow_run_id}/set_state", body)["status"] == "ACCEPT")

    def _call(self, method: str, path: str, body: Row | None = None) -> Any:  # noqa: ANN401 - JSON
        """Call the API, waiting out moments in which its database is locked."""
        try:
            for pause in (*_PAUSES, None):
                reply = self._http.request(method, path, json=body)
                if reply.status_code != _UNAVAILABLE or pause is None:
                    break
                time.sleep(pause)
        except httpx.HTTPError as error:
            raise StartError("连不上 Prefect 服务，请先运行 zero137 up。") from error
        if "date" in reply.headers:
            self._now = parsedate_to_datetime(reply.headers["date"])
        if reply.status_code == _UNAUTHORIZED:
            raise AccessError
        if reply.status_code == _NOT_FOUND:
            raise StartError(
                "Prefect 中没有对应的运行或部署，请运行 zero137 up（多机部署时为 zero137 register）重新登记。"
            )
        if not reply.is_success:
            raise StartError(f"Prefect 服务拒绝了请求（HTTP {reply.status_code}），请查看服务日志。")
        return reply.json() if reply.content else None


def _number_of(run: Row) -> str:
    """Return the matter a run was started for, blank where it carries none."""
    return str((run["parameters"] or {}).get("number", ""))
