"""Speaking to the Prefect API over HTTP: starting a run, waking it, reading its state.

The SDK takes seconds to import; a command that only wakes a run should not.
"""

import time
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from models.errors import StartError

# The flow and the deployment that carry one lead share this name.
HANDLE_LEAD = "办理线索"
# The server answers 503 while SQLite is locked by another writer; these pauses, in seconds, outlast that.
_PAUSES = (0.1, 0.2, 0.4, 0.8, *(1.0,) * 30)
# States after which a run does nothing more, and how many runs are asked for at once.
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED", "CANCELLING")
_PAGE = 200
_UNAVAILABLE = 503
_NOT_FOUND = 404
_CLAIM = "由以下工作进程领取："


def claim_message(worker: str) -> str:
    """Return the message by which a worker signs the state in which it takes on a run."""
    return f"{_CLAIM}{worker}"


class PrefectApi:
    """A short-lived connection to the Prefect API; use as a context manager."""

    def __init__(self, url: str, auth: str | None = None) -> None:
        """Connect lazily to an API address, as http://127.0.0.1:4200/api."""
        credentials = tuple(auth.split(":", 1)) if auth else None
        # Only this machine's own settings decide where the server is; a proxy of the shell is not asked.
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False, auth=credentials)  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        """Return this connection."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def start_handling(self, number: str, name: str, occasion: str) -> str:
        """Create the flow run that carries a lead; asking twice on one occasion gives the same run.

        Returns:
            The id of the run.

        Raises:
            StartError: The server is not reached or refuses.
        """
        found = self._call("GET", f"/deployments/name/{quote(HANDLE_LEAD)}/{quote(HANDLE_LEAD)}")
        body = {"name": name, "parameters": {"number": number}, "idempotency_key": f"{number}-{occasion}"}
        return str(self._call("POST", f"/deployments/{found['id']}/create_flow_run", body)["id"])

    def wake(self, flow_run_id: str) -> bool:
        """Let a suspended run go on; it reads the database and decides anew.

        Returns:
            False where the run is not suspended: it is under way, or it ended.

        Raises:
            StartError: The server is not reached, or knows no such run.
        """
        if self.state_of(flow_run_id) != "PAUSED":
            return False
        body = {"state": {"type": "SCHEDULED", "name": "Resuming", "message": "有新的反馈，继续办理"}}
        return bool(self._call("POST", f"/flow_runs/{flow_run_id}/set_state", body)["status"] == "ACCEPT")

    def declare_crashed(self, flow_run_id: str) -> str:
        """Say of a run that its worker is gone; returns the type of its state then.

        Raises:
            StartError: The server is not reached, or knows no such run.
        """
        state = {"type": "CRASHED", "name": "Crashed", "message": "执行进程已不存在，由新的运行接续"}
        self._call("POST", f"/flow_runs/{flow_run_id}/set_state", {"state": state, "force": True})
        return self.state_of(flow_run_id)

    def state_of(self, flow_run_id: str) -> str:
        """Return the type of a run's state, as PAUSED.

        Raises:
            StartError: The server is not reached, or knows no such run.
        """
        return str(self._call("GET", f"/flow_runs/{flow_run_id}")["state_type"] or "")

    def states_of(self, flow_run_ids: list[str]) -> dict[str, str]:
        """Return the types of the states of many runs by run id; runs the server does not know are left out.

        Raises:
            StartError: The server is not reached.
        """
        states: dict[str, str] = {}
        for first in range(0, len(flow_run_ids), _PAGE):
            wanted = {"id": {"any_": flow_run_ids[first : first + _PAGE]}}
            found = self._call("POST", "/flow_runs/filter", {"flow_runs": wanted, "limit": _PAGE})
            states |= {str(run["id"]): str(run["state_type"] or "") for run in found}
        return states

    def healthy(self) -> bool:
        """Tell whether the server answers."""
        try:
            return self._http.get("/health", timeout=2).is_success
        except httpx.HTTPError:
            return False

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Call the API, waiting out moments in which its database is locked."""
        try:
            for pause in (*_PAUSES, None):
                reply = self._http.request(method, path, json=body)
                if reply.status_code != _UNAVAILABLE or pause is None:
                    break
                time.sleep(pause)
        except httpx.HTTPError as error:
            raise StartError("连不上 Prefect 服务，请先运行 zero137 up。") from error
        if reply.status_code == _NOT_FOUND:
            raise StartError("Prefect 中没有对应的运行或部署，请运行 zero137 up 重新登记。")
        if not reply.is_success:
            raise StartError(f"Prefect 服务拒绝了请求（HTTP {reply.status_code}），请查看服务日志。")
        return reply.json()
