"""Outlasting the locks of SQLite under the Prefect server.

SQLite refuses a transaction that read first and writes later when somebody else wrote in between. The
server then rolls back and answers 503; Prefect's client would wait two seconds and more, and the UI does
not try again at all. Worse, the traceback keeps a cursor alive: freed later on the event loop's thread, it
waits for the mutex of a connection that itself waits for a lock whose holder needs the event loop, and the
whole server stands still for the 60 seconds of its busy timeout (seen with 63 leads at once).

So writers take the lock when they begin, which leaves nothing to refuse; the timeout is short; and a
request that is refused all the same is repeated at once, where nobody notices. ADR-0008.
"""

import asyncio
import random
from asyncio import AbstractEventLoop, Lock, get_running_loop
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from prefect.server.database.configurations import SQLITE_BEGIN_MODE, AioSqliteConfiguration
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

_UNAVAILABLE = 503
_ATTEMPTS = 40
# Pauses before a repetition, in seconds; drawn at random, so that two contenders part.
_SHORTEST, _LONGEST = 0.01, 0.15

_BUSY_MILLISECONDS = 5000


class PatientSqlite(AioSqliteConfiguration):
    """Prefect's SQLite, whose writers queue for the lock instead of being refused it."""

    def __init__(self, connection_url: str) -> None:
        """Take the address of the database."""
        super().__init__(connection_url=connection_url)
        # A lock belongs to one event loop; the server has one, its tests may have several.
        self._queues: WeakKeyDictionary[AbstractEventLoop, Lock] = WeakKeyDictionary()

    def setup_sqlite(self, conn: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        """Wait for a lock for a short time only: a standstill must end soon."""
        super().setup_sqlite(conn, record)
        cursor = conn.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        cursor.close()

    @asynccontextmanager
    async def begin_transaction(
        self, session: AsyncSession, with_for_update: bool = False
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        """Begin with the write lock in hand; what is read in other sessions meanwhile takes none.

        Writers of this process queue here, in their order, where waiting costs nothing: SQLite itself would
        let them sleep and try again, longer each time.
        """
        del with_for_update
        queue = self._queues.setdefault(get_running_loop(), Lock())
        async with queue, session.begin() as transaction:
            token = SQLITE_BEGIN_MODE.set("IMMEDIATE")
            try:
                await session.connection()
            finally:
                SQLITE_BEGIN_MODE.reset(token)
            yield transaction


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
