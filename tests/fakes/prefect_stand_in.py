"""A stand-in for a Prefect server, for what it would take too long to break in a real one."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import Any

from deployments.mechanisms import TRIGGERS
from tasks.upkeep.server_examination import GENERAL


@dataclass
class StandIn:
    """What the server says; by default all is well."""

    port: int = 0
    version: str = field(default_factory=lambda: version("prefect"))
    auth: str = ""
    skew: timedelta = timedelta()
    workers: tuple[str, ...] = ("ONLINE",)
    deployments: tuple[str, ...] = (*GENERAL, *TRIGGERS)
    pool: str = "zero137"
    patrol_is_active: bool = True
    patrolled: datetime = field(default_factory=lambda: datetime.now(UTC))

    def answer(self, path: str, asked_by: str) -> tuple[int, Any]:
        """Return status and body of an answer; ``asked_by`` is the header that tells who asks."""
        expected = "Basic " + base64.b64encode(self.auth.encode()).decode()
        if self.auth and asked_by != expected and path != "/api/health":
            return 401, {"detail": "Unauthorized"}
        patrol = {"id": "p", "schedules": [{"active": self.patrol_is_active}], "paused": False}
        answers: dict[str, Any] = {
            "/api/health": True,
            "/api/admin/version": self.version,
            f"/api/work_pools/{self.pool}/workers/filter": [
                {"name": f"w-{n}", "status": status, "last_heartbeat_time": self.patrolled.isoformat()}
                for n, status in enumerate(self.workers, 1)
            ],
            "/api/deployments/filter": [
                {"name": name, "work_pool_name": self.pool} for name in self.deployments
            ],
            "/api/flow_runs/filter": [{"end_time": self.patrolled.isoformat()}],
        }
        if path.startswith("/api/deployments/name/"):
            return 200, {**patrol, "created": self.patrolled.isoformat()}
        return (200, answers[path]) if path in answers else (404, {"detail": "Not Found"})


@contextmanager
def serving(said: StandIn) -> Iterator[StandIn]:
    """Let the stand-in answer on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = said.answer(self.path, self.headers.get("Authorization", ""))
            written = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_POST = do_GET  # noqa: N815 - the name the library asks for

        def date_time_string(self, timestamp: float | None = None) -> str:
            del timestamp
            return format_datetime(datetime.now(UTC) + said.skew, usegmt=True)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        said.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield said
        finally:
            server.shutdown()
            thread.join()
