"""A balancer of TCP connections as it stands before several servers: in turn, past those that are down."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

_CHUNK_BYTES = 1 << 16
_CLOSE_SECONDS = 0.1


class Balancer:
    """Listens on a port of this machine and passes every connection on to the next server that takes it."""

    def __init__(self, port: int, servers: Sequence[int]) -> None:
        """Remember the ports; ``answered`` counts the connections that each server answered on."""
        self._port = port
        self._servers = list(servers)
        self.answered: Counter[int] = Counter()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Open the port."""
        self._thread.start()
        opening = asyncio.start_server(self._pass_on, "127.0.0.1", self._port)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(timeout=10)

    def stop(self) -> None:
        """Drop every connection and close the port."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._drop_all(), self._loop).result(timeout=10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)
        self._loop.close()

    async def _drop_all(self) -> None:
        """Take no more connections, and end every task but this one."""
        if self._server is not None:
            self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # The sockets are closed by the loop, once it comes round.
        await asyncio.sleep(_CLOSE_SECONDS)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side ends it."""
        for _ in self._servers:
            # Whoever had its turn goes to the end of the line.
            self._servers.append(port := self._servers.pop(0))
            with suppress(OSError):
                there, back = await asyncio.open_connection("127.0.0.1", port)
                break
        else:
            writer.close()
            return
        both = {
            asyncio.create_task(self._copy(reader, back, None)),
            asyncio.create_task(self._copy(there, writer, port)),
        }
        with suppress(asyncio.CancelledError):
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        for end in (writer, back):
            end.close()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answering: int | None
    ) -> None:
        """Copy one direction to its end; the first bytes of a server are an answer of its."""
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK_BYTES):
                if answering is not None:
                    self.answered[answering] += 1
                    answering = None
                writer.write(chunk)
                await writer.drain()
