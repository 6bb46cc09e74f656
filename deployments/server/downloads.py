"""Downloading exports from the server of the Prefect UI: a browser follows no link to a file on a disk.

Only exports are given, by their bare names, to be saved and not to be shown, whichever machine stored them.
Who may have them is told in ``deployments.server.application``.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from deployments.mended.locks import Application, Message, Receive, Send
from models.errors import StoreError
from models.lookup.export_format import DOWNLOADS, ExportFormat
from tasks.store.blobs import chunks_of
from tasks.store.protocol import EXPORTS, Store

_TYPES: Mapping[str, str] = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSONL: "application/jsonl",
}
# No separator and no dot in front: a name cannot lead out of the folder or to a file in the making.
_NAME = re.compile(r"[^\W_][\w-]{0,150}\.(xlsx|csv|jsonl)")
_SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}


class Downloads:
    """An ASGI application that gives the exports of a store and passes every other request on."""

    def __init__(self, app: Application, store: Store) -> None:
        """Wrap an application; there need be no exports yet."""
        self._app = app
        self._store = store

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request for an export."""
        if scope["type"] != "http" or not str(scope["path"]).startswith(DOWNLOADS):
            await self._app(scope, receive, send)
            return
        # The store may take its time, during which the server answers others.
        answer = await asyncio.to_thread(self._answer, scope)
        await answer(scope, receive, send)

    def _answer(self, scope: Message) -> Response:
        """Return the file that was asked for, or why it is not given."""
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("只能下载。", 405, {"Allow": "GET, HEAD"})
        name = str(scope["path"]).removeprefix(DOWNLOADS)
        found = _NAME.fullmatch(name)
        try:
            size = self._store.size(f"{EXPORTS}/{name}") if found else None
            if found is None or size is None or size < 0:
                return PlainTextResponse("没有这个导出文件，可能已被删除，请重新导出。", 404)
            headers = {
                **_SAFE,
                "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}",
                "Content-Length": str(size),
            }
            if scope["method"] == "HEAD":
                return Response(headers=headers, media_type=_TYPES[found[1]])
            stream = self._store.open(f"{EXPORTS}/{name}")
        except (StoreError, OSError):
            return PlainTextResponse("存储连接不上，暂不能下载，请稍后重试。", 503)
        return StreamingResponse(_content(stream), headers=headers, media_type=_TYPES[found[1]])


def _content(stream: BinaryIO) -> Iterator[bytes]:
    """Give the content of a stream and close it."""
    with stream:
        yield from chunks_of(stream)
