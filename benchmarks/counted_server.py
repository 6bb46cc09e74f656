"""Started by a site: our server, with a line written for every request it gets.

Requests are noted twice: as they arrive (``asked``), and as they reach Prefect (``tried``), which is more
often where the locks of SQLite were outlasted. The product is not changed: what stands around the server
when it is handed to uvicorn gets one more layer outside and one inside.
"""

import json
import os
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

from deployments.mended.locks import Application, OutlastLocks, Receive, Send
from deployments.processes.children import end_with_parent, serve
from deployments.server import locks


class Noting:
    """An ASGI application that notes each request and the status of its answer."""

    def __init__(self, app: Application, layer: str) -> None:
        """Wrap an application; the layer stands in every line."""
        self._app = app
        self._layer = layer
        self._lines = Path(os.environ["BENCH_CALLS"]).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - as long as the process

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass a request on and note its answer."""
        at = time.time()

        async def noted(message: MutableMapping[str, Any]) -> None:
            if message["type"] in {"http.response.start", "websocket.accept"}:
                told = {
                    "layer": self._layer, "at": at, "method": scope.get("method", "WS"),
                    "path": scope["path"], "status": message.get("status", 101),
                }  # fmt: skip
                self._lines.write(json.dumps(told) + "\n")
            await send(message)

        await self._app(scope, receive, noted)


class NotingInside(OutlastLocks):
    """The product's own layer around an application that notes what reaches it."""

    def __init__(self, app: Application) -> None:
        """Wrap an application."""
        super().__init__(Noting(app, "tried"))


if __name__ == "__main__":
    end_with_parent()
    run = uvicorn.run
    uvicorn.run = lambda app, **options: run(Noting(app, "asked"), **options)
    locks.OutlastLocks = NotingInside  # type: ignore[misc]
    serve()
