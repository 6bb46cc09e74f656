"""The processes that ``zero137 up`` starts: ``python -m deployments.children server|worker|register``.

A child ends when its parent has gone, however it went, so that no orphan holds the port.
"""

import asyncio
import contextlib
import importlib
import os
import signal
import sys
import threading
import time

_LOOK_SECONDS = 1.0
# A worker lets its steps finish and hands the rest back; a little longer than that, in seconds.
_END_SECONDS = 16


def serve() -> None:
    """Run the Prefect server with its UI and services until a signal ends it."""
    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.server.database.dependencies import temporary_database_config
    from prefect.settings import get_current_settings

    from deployments.locks import OutlastLocks, PatientSqlite
    from deployments.settings import load_settings

    settings = load_settings()
    url = get_current_settings().server.database.connection_url
    address = url.get_secret_value() if url else ""
    database = PatientSqlite(connection_url=address) if address.startswith("sqlite") else None
    with temporary_database_config(database):
        uvicorn.run(
            OutlastLocks(create_app(final=True)),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            timeout_graceful_shutdown=3,
        )


def work() -> None:
    """Run the in-process worker until a signal ends it; steps under way may finish first."""
    import logging

    from deployments.settings import load_settings
    from deployments.worker import InProcessWorker
    from tasks.workers import worker_name

    # A locked database is told by the server's own log; here it would only repeat itself.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Imported now, so that no lead has to wait for it: what the worker will be asked to run.
    importlib.import_module("deployments.catalogue")
    settings = load_settings()
    name, limit = worker_name(os.getpid()), settings.runs_at_once

    async def until_stopped() -> None:
        worker = InProcessWorker(settings.pool, name=name, limit=limit, prefetch_seconds=0)
        running = asyncio.create_task(worker.start(printer=lambda *_: None))
        # Asked once more, it goes on handing back: only the first signal cancels.
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(
                number, lambda: running.cancelling() or running.cancel()
            )
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(until_stopped())
    # A withdrawn step that does not listen must not keep the process: its run has been handed back.
    logging.shutdown()
    os._exit(0)


def register() -> None:
    """Register work pool and deployments; prints the type of the pool."""
    from deployments.catalogue import register_deployments
    from deployments.settings import load_settings

    sys.stdout.write(asyncio.run(register_deployments(load_settings())))


def end_with_parent() -> None:
    """Watch for the parent's end in the background and end this process then."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_END_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    {"server": serve, "worker": work, "register": register}[sys.argv[1]]()
