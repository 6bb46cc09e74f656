"""The processes of the system: ``python -m deployments.processes.children ROLE``.

``zero137 up`` starts server and worker as its children: a child ends when its parent has gone, however it
went, so that no orphan holds the port. ``zero137 serve``, ``services`` and ``work`` become such a process
themselves and add the word ``alone``: then only a signal ends it. What a process is told by its environment
has to stand there before Prefect is imported; see ``deployments.processes.environment``.
"""

import asyncio
import contextlib
import importlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

# What may follow the role: it is nobody's child; what it says is for a program.
ALONE, JSON = "alone", "json"
_LOOK_SECONDS = 1.0
# A worker lets its steps finish and hands the rest back; a little longer than that, in seconds.
_END_SECONDS = 16
# A worker that has not looked for thirty times as long hangs; one look may take a while, in seconds.
_POLLING_SECONDS = 10

if TYPE_CHECKING:
    import uvicorn

    from deployments.worker.in_process import InProcessWorker


def serve(*, services: bool = True) -> None:
    """Run the Prefect server with its UI until a signal ends it.

    Args:
        services: Run Prefect's background services in this process too.
    """
    if services:
        # Servers share a queue by Redis, and one without services would drop the tasks of those it lacks.
        os.environ["PREFECT_SERVER_DOCKET_NAME"] = "prefect-server-and-services"
    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.server.database.dependencies import temporary_database_config
    from prefect.server.orchestration.dependencies import temporary_flow_policy
    from prefect.settings import get_current_settings

    from deployments.installation.access import check_access
    from deployments.installation.settings import load_settings
    from deployments.keeping.conduct_database import migrate_conduct
    from deployments.mended.kept_forms import KeepingForms
    from deployments.mended.locks import PatientSqlite
    from deployments.mended.timetables import read_timetables
    from deployments.server.application import application

    settings = load_settings()
    check_access(settings.host, protected=settings.auth is not None)
    url = get_current_settings().server.database.connection_url
    address = url.get_secret_value() if url else ""
    database = PatientSqlite(connection_url=address) if address.startswith("sqlite") else None
    migrate_conduct(settings)
    read_timetables()
    with temporary_database_config(database), temporary_flow_policy(KeepingForms):
        _announced(
            uvicorn.Config(
                application(settings, create_app(final=True, webserver_only=not services)),
                host=settings.host,
                port=settings.port,
                log_level="warning",
                # The lines of uvicorn go through ours.
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=3,
            ),
            f"Prefect 服务已就绪：{settings.host}:{settings.port}",
        )


def _announced(config: "uvicorn.Config", sentence: str) -> None:
    """Serve until a signal ends it, and tell when the port is open."""
    import uvicorn

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                _say(sentence)

    server = Announced(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        # The server raises its signal once more when it has ended in order; that is no failure.
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    server.run()
    if not server.started:
        sys.exit(1)


def work() -> None:
    """Run the in-process worker until a signal ends it; steps under way may finish first."""
    from deployments.installation.settings import load_settings
    from deployments.server.probes import answering_probes
    from deployments.worker.in_process import InProcessWorker
    from tasks.runs.prefect_api import PrefectApi
    from tasks.runs.signatures import worker_name

    # A locked database is told by the server's own log; here it would only repeat itself.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Imported now, so that no matter has to wait for it: what the worker will be asked to run.
    importlib.import_module("deployments.worker.catalogue")
    settings = load_settings()
    name, limit = worker_name(os.getpid()), settings.concurrency

    async def until_stopped() -> None:
        worker = InProcessWorker(settings.pool, name=name, limit=limit, prefetch_seconds=0)
        running = asyncio.create_task(worker.start(printer=lambda *_: None))
        # Asked once more, it goes on handing back: only the first signal cancels.
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(
                number, lambda: running.cancelling() or running.cancel()
            )
        telling = asyncio.create_task(_tell_when_connected(worker))
        probes = {
            "/health": lambda: worker.is_worker_still_polling(_POLLING_SECONDS),
            "/ready": lambda: worker.is_ready,
        }
        with (
            answering_probes(settings.host, settings.health_port, probes),
            contextlib.suppress(asyncio.CancelledError),
        ):
            await running
        telling.cancel()

    asyncio.run(until_stopped())
    with PrefectApi(settings.api) as api:
        api.forget_worker(settings.pool, name)
    # A withdrawn step that does not listen must not keep the process: its run has been handed back.
    logging.shutdown()
    os._exit(0)


async def _tell_when_connected(worker: "InProcessWorker") -> None:
    """Tell that a worker waits for work, once the server has answered it."""
    await worker.connected.wait()
    _say(f"执行进程已就绪：{worker.name}")


def run_services() -> None:
    """Run Prefect's background services and our caretaker until a signal ends it."""
    from deployments.installation.settings import load_settings
    from deployments.keeping.conduct_database import migrate_conduct
    from deployments.processes.background import run_background

    settings = load_settings()
    migrate_conduct(settings)
    asyncio.run(run_background(settings, _say))


def register() -> None:
    """Register work pool and deployments; prints the type of the pool."""
    from deployments.installation.settings import load_settings
    from deployments.worker.catalogue import register_deployments

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


def _say(sentence: str) -> None:
    """Tell a stage of this process: in the log of a child, on the standard output of who stands alone."""
    if ALONE not in sys.argv[2:]:
        logging.getLogger("deployments.processes.children").info(sentence)
        return
    told = json.dumps({"message": sentence}, ensure_ascii=False) if JSON in sys.argv[2:] else sentence
    print(told, flush=True)  # noqa: T201 - the standard output is what is read


def _configure_logging() -> None:
    """Let this process log as the role it was started for."""
    from deployments.installation.logs import configure_logging
    from deployments.installation.settings import load_settings

    configure_logging(load_settings(), sys.argv[1])


_ROLES: Mapping[str, Callable[[], None]] = {
    "server": serve,
    "api": partial(serve, services=False),
    "services": run_services,
    "worker": work,
    "register": register,
}

if __name__ == "__main__":
    if ALONE not in sys.argv[2:]:
        end_with_parent()
    _configure_logging()
    _ROLES[sys.argv[1]]()
