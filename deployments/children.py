"""The two processes that ``zero137 up`` starts: ``python -m deployments.children server|worker``.

A child ends when its parent has gone, however it went, so that no orphan holds the port.
"""

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import MutableMapping
from typing import Any

_LOOK_SECONDS = 1.0
_DRAIN_SECONDS = 10


def serve() -> None:
    """Run the Prefect server with its UI and services until a signal ends it."""
    import uvicorn
    from prefect.server.api.server import create_app

    from deployments.settings import load_settings

    settings = load_settings()
    uvicorn.run(
        RetrySoon(create_app(final=True)),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


class RetrySoon:
    """Tells clients to come back quickly when SQLite was locked by another writer.

    The server answers 503 then, without a hint, and Prefect's client would double its pause from two
    seconds on. A fifth of a second outlasts nearly every lock.
    """

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - any ASGI application
        """Wrap an ASGI application."""
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
        """Pass everything on, with a Retry-After on 503."""

        async def send_with_hint(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and message["status"] == 503:  # noqa: PLR2004 - HTTP
                message["headers"] = [*message.get("headers", []), (b"retry-after", b"0.2")]
            await send(message)

        await self.app(scope, receive, send_with_hint)


def work() -> None:
    """Run the in-process worker until a signal ends it; running steps may finish first."""
    import logging

    from deployments.catalogue import POOL
    from deployments.settings import load_settings
    from deployments.worker import InProcessWorker

    # A locked database is told by the server's own log; here it would only repeat itself.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    limit = load_settings().concurrency

    async def until_stopped() -> None:
        worker = InProcessWorker(work_pool_name=POOL, name="zero137", limit=limit, prefetch_seconds=0)
        running = asyncio.ensure_future(worker.start(printer=lambda *_: None))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(until_stopped())


def end_with_parent() -> None:
    """Watch for the parent's end in the background and end this process then."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_DRAIN_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    {"server": serve, "worker": work}[sys.argv[1]]()
