"""Asking the server for an export, as a browser does."""

import asyncio

from deployments.mended.locks import Message, Receive, Send
from deployments.server.downloads import Downloads
from tasks.store.protocol import Store


async def rest(scope: Message, receive: Receive, send: Send) -> None:
    """Answer what is no download, as the server of Prefect would."""
    del scope, receive
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"rest"})


def ask(
    store: Store, path: str, method: str = "GET", kind: str = "http"
) -> tuple[int, dict[str, str], bytes]:
    """Ask for a decoded path, as the HTTP server hands it over; returns status, headers and body."""
    sent: list[Message] = []

    requests = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not requests:
            # The browser stays: it says nothing more.
            await asyncio.Event().wait()
        return requests.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": kind, "path": path, "method": method, "headers": []}
    asyncio.run(Downloads(rest, store)(scope, receive, send))
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:])
