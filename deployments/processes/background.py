"""Prefect's background services and our caretaker in one process, beside servers that only answer.

Several of them share the work: Prefect's services take turns by Redis, the caretakers by the database.
"""

import asyncio
import signal
import time
from datetime import timedelta

from docket import Docket
from prefect.server.api.background_workers import background_worker
from prefect.server.services.base import Service
from prefect.settings import get_current_settings

from deployments.installation.settings import Settings
from deployments.mended.timetables import read_timetables
from deployments.processes.caretaker import Caretaker, Say
from deployments.server.probes import answering_probes

# The services of Prefect have a queue of their own: a server that runs none knows none of what lies in it.
_QUEUE = "prefect"
_BEAT_SECONDS, _HANGS_SECONDS = 1.0, 60.0


class _Pulse:
    """Whether the event loop goes round."""

    def __init__(self) -> None:
        self._beat_at = time.monotonic()

    async def beat(self) -> None:
        """Beat until cancelled."""
        while True:
            self._beat_at = time.monotonic()
            await asyncio.sleep(_BEAT_SECONDS)

    @property
    def is_felt(self) -> bool:
        """Whether it beat lately."""
        return time.monotonic() - self._beat_at < _HANGS_SECONDS


async def run_background(settings: Settings, say: Say) -> None:
    """Run services and caretaker until SIGTERM or SIGINT.

    Args:
        settings: The installation; both databases exist.
        say: Told that everything runs, and what the caretaker did.
    """
    read_timetables()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    caretaker, pulse = Caretaker(settings, say), _Pulse()
    beating = asyncio.create_task(pulse.beat())
    probes = {
        "/health": lambda: pulse.is_felt and caretaker.is_alive,
        "/ready": lambda: pulse.is_felt and caretaker.in_order,
    }
    docket = Docket(name=_QUEUE, url=get_current_settings().server.docket.url, execution_ttl=timedelta(0))
    with answering_probes(settings.host, settings.health_port, probes):
        async with docket, background_worker(docket), Service.running():
            caretaker.ask(register=False)
            say("后台服务已就绪：Prefect 后台服务和承办运行的核对。")
            await stopped.wait()
    beating.cancel()
