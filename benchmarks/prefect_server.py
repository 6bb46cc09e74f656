"""What the harness asks a Prefect server: as little as possible, so that asking is no load."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

_CREATED = 201
_UNDER_WAY = ["SCHEDULED", "PENDING", "RUNNING"]
_PAGE = 200
_RESUME_SECONDS = 900


@dataclass(frozen=True)
class Wait:
    """A suspended run: for whom it waits is told by the key, for which lead by the parameters."""

    run_id: str
    key: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """An answer that was sent: to which wait, when (seconds since 1970), how often it was refused before."""

    wait: Wait
    at: float
    refused: int


class PrefectServer:
    """A connection to the API; may be used by several threads."""

    def __init__(self, url: str) -> None:
        """Connect lazily to an API address."""
        limits = httpx.Limits(max_connections=10)
        self._http = httpx.Client(base_url=url, timeout=120, trust_env=False, limits=limits)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Ask the API: a GET without a body, else a POST; a locked database is asked again."""
        method = "GET" if body is None else "POST"
        while True:
            reply = self._send(method, path, body)
            if reply is not None and reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return reply.raise_for_status().json()
            time.sleep(0.2)

    def _send(self, method: str, path: str, body: object) -> httpx.Response | None:
        """Send one request; None where the server closed the connection under it."""
        try:
            return self._http.request(method, path, json=body)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return None

    def answers(self, path: str) -> bool:
        """Tell whether something is there."""
        try:
            return self._http.get(path, timeout=5).is_success
        except httpx.HTTPError:
            return False

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """Return all runs of a flow."""
        found: list[dict[str, Any]] = []
        wanted = {"flows": {"name": {"any_": [flow]}}, "sort": "ID_DESC", "limit": _PAGE}
        while page := self.ask("/flow_runs/filter", {**wanted, "offset": len(found)}):
            found += page
            if len(page) < _PAGE:
                break
        return found

    def waits(self, flow: str) -> list[Wait]:
        """Return the suspended runs of a flow."""
        return [wait_of(run) for run in self.runs(flow) if run["state_name"] == "Suspended"]

    def under_way(self, flow: str) -> int:
        """Return how many runs of a flow are neither suspended nor ended."""
        wanted = {
            "flows": {"name": {"any_": [flow]}},
            "flow_runs": {"state": {"type": {"any_": _UNDER_WAY}}},
        }
        return int(self.ask("/flow_runs/count", wanted))

    def resume(self, wait: Wait, form: Mapping[str, str]) -> Sent:
        """Hand in an answer, as the form of the UI does; what is refused is sent again.

        A refusal (503, or a form that is not stored yet) is counted, and the clock runs from the first try.
        Where the connection broke under an answer, "no longer paused" tells that it had arrived.

        Raises:
            TimeoutError: It is refused again and again.
        """
        at, refused, broken, reply = time.time(), 0, False, None
        while time.time() < at + _RESUME_SECONDS:
            reply = self._send("POST", f"/flow_runs/{wait.run_id}/resume", {"run_input": form})
            if reply is not None and (reply.status_code == _CREATED or (broken and reply.is_success)):
                return Sent(wait, at, refused)
            broken = broken or reply is None
            refused += 1
            time.sleep(0.1)
        raise TimeoutError(
            f"the answer to {wait.key} is refused: {reply.text[:300] if reply else 'no reply'}"
        )

    def suspended_at(self, sent: Sent) -> float | None:
        """Return when the next wait began (seconds since 1970), by the history of states; None if never."""
        states = self.ask(f"/flow_run_states/?flow_run_id={sent.wait.run_id}")
        moments = [
            moment_of(state["timestamp"])
            for state in states
            if state["name"] == "Suspended" and state["state_details"]["pause_key"] != sent.wait.key
        ]
        return min((moment for moment in moments if moment > sent.at), default=None)


def wait_of(run: Mapping[str, Any]) -> Wait:
    """Return the wait of a suspended run."""
    return Wait(run["id"], run["state"]["state_details"]["pause_key"], run["parameters"])


def moment_of(text: str) -> float:
    """Return a moment of the API as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()
