"""Outlasting the locks of SQLite under the Prefect server.

SQLite refuses a transaction that read first and writes later when somebody else wrote in between. The
server then rolls back and answers 503; Prefect's client would wait two seconds and more, and the UI does
not try again at all. Here the request is repeated at once, where nobody notices.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_UNAVAILABLE = 503
_ATTEMPTS = 40
# Pauses before a repetition, in seconds; drawn at random, so that two contenders part.
_SHORTEST, _LONGEST = 0.01, 0.15


class OutlastLocks:
    """An ASGI application that repeats a request while the one inside answers 503."""

    def __init__(self, app: Application) -> None:
        """Wrap an ASGI application."""
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on until it is answered with something else, or for the last time."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _read_body(receive)
        for attempt in range(1, _ATTEMPTS + 1):
            reply = _Reply(send, final=attempt == _ATTEMPTS)
            try:
                await self._app(dict(scope), _Replay(body, receive), reply)
            except Exception:
                # The server raises what it answered with 503, for the log; a withheld answer has no log.
                if not reply.withheld:
                    raise
            if not reply.withheld:
                return
            await asyncio.sleep(random.uniform(_SHORTEST, _LONGEST))  # noqa: S311 - no secret


async def _read_body(receive: Receive) -> bytes:
    """Read the whole body of a request, to be able to repeat it."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


class _Replay:
    """Gives the body once, then whatever the connection says next."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


class _Reply:
    """Passes an answer on, but withholds a 503 that is to be tried again."""

    def __init__(self, send: Send, *, final: bool) -> None:
        self._send = send
        self._final = final
        self.withheld = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.withheld = message["status"] == _UNAVAILABLE and not self._final
        if not self.withheld:
            await self._send(message)
