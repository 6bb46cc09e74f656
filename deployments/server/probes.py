"""Answering the probes of a container platform beside a process that serves nothing else."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

Probe = Callable[[], bool]


@contextmanager
def answering_probes(host: str, port: int | None, probes: Mapping[str, Probe]) -> Iterator[None]:
    """Answer GET requests at a port in a thread of its own: 200 where all is well, else 503.

    The thread answers also while the process itself hangs, which is when it matters.

    Args:
        host: The address to listen on.
        port: The port; None where nobody asks.
        probes: What is asked for by path, as /health.
    """
    if port is None:
        yield
        return
    routes = [Route(path, _answer(probe)) for path, probe in probes.items()]
    config = uvicorn.Config(
        Starlette(routes=routes), host=host, port=port, log_level="error", lifespan="off", loop="asyncio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=2)


def _answer(probe: Probe) -> Callable[[Request], Any]:
    """Return what answers with the outcome of a probe."""

    def answer(_: Request) -> PlainTextResponse:
        return PlainTextResponse("正常") if probe() else PlainTextResponse("异常", 503)

    return answer
