"""The application the server runs: Prefect's, and around it what is ours."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from deployments.installation.access import is_admitted
from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.mended.locks import Application, Message, OutlastLocks, Receive, Send
from deployments.server.downloads import Downloads
from deployments.server.guard import Guard
from deployments.server.metrics import CONTENT_TYPE, exposition
from deployments.server.readiness import Readiness
from models.lookup.export_format import DOWNLOADS

_Found = TypeVar("_Found")

_HEALTH, _READY, _METRICS = "/health", "/ready", "/metrics"
# A browser that follows a link to a file asks its user once.
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="zero137", charset="UTF-8"', "Cache-Control": "no-store"}
_FRESH = {"Cache-Control": "no-store"}
# Whoever asks more often is told the same again, in seconds.
_READY_SECONDS, _METRICS_SECONDS = 1.0, 5.0


def application(settings: Settings, prefect: Application) -> Application:
    """Return the whole application of the server.

    Args:
        settings: The installation; its database exists.
        prefect: Prefect's own application.
    """
    auth = settings.auth.get_secret_value() if settings.auth else None
    place = open_workplace(settings)
    ours = Observation(
        Downloads(OutlastLocks(prefect), place.store),
        Remembered(Readiness(place, prefect).look, _READY_SECONDS),
        Remembered(lambda: asyncio.to_thread(exposition, place), _METRICS_SECONDS),
        auth,
    )
    return Guard(ours, settings.ui_url, protected=auth is not None)


class Remembered(Generic[_Found]):
    """What was found a moment ago: asked by many at once, it looks once."""

    def __init__(self, look: Callable[[], Awaitable[_Found]], seconds: float) -> None:
        """Take what looks, and for how long that holds, in seconds."""
        self._look = look
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._found: tuple[float, _Found] | None = None

    async def __call__(self) -> _Found:
        """Return what was found."""
        async with self._turn:
            if self._found is None or time.monotonic() - self._found[0] > self._seconds:
                found = await self._look()
                self._found = time.monotonic(), found
            return self._found[1]


class Observation:
    """An ASGI application that tells how the system does, and asks for the login where Prefect does not."""

    def __init__(
        self,
        app: Application,
        ready: Remembered[dict[str, bool]],
        metrics: Remembered[bytes],
        auth: str | None,
    ) -> None:
        """Wrap an application; ``auth`` is the login, None where none is asked for."""
        self._app = app
        self._ready = ready
        self._metrics = metrics
        self._auth = auth

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer what is asked of us, pass everything else on."""
        answer = await self._answer(Request(scope)) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """Return our answer, None where it is not ours to give."""
        path = request.scope["path"]
        if path == _HEALTH:
            return PlainTextResponse("正常", headers=_FRESH)
        if path == _READY:
            parts = await self._ready()
            told = {part: "ok" if answers else "failed" for part, answers in parts.items()}
            return JSONResponse(told, 200 if all(parts.values()) else 503, _FRESH)
        if path != _METRICS and not path.startswith(DOWNLOADS):
            return None
        if not is_admitted(request.headers.get("authorization", "").encode("latin-1"), self._auth):
            return PlainTextResponse("请输入 ZERO137_AUTH 中的用户名和口令。", 401, _CHALLENGE)
        return await self._figures() if path == _METRICS else None

    async def _figures(self) -> Response:
        """Return the figures; while their database does not answer, that alone."""
        try:
            return Response(await self._metrics(), headers={**_FRESH, "Content-Type": CONTENT_TYPE})
        except SQLAlchemyError:
            return PlainTextResponse("数据库没有应答。", 503, _FRESH)
