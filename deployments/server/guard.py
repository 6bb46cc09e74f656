"""What stands before the server: where a request may come from, what a browser may do with the answer.

Whoever may ask at all is told by the login; but a browser asks for any page it shows. So a page of another
site is refused by its origin, and where no login protects the system also a name that was made to point at
this machine. Source: ADR-0023.
"""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from deployments.installation.access import is_loopback
from deployments.mended.locks import Application, Message, Receive, Send

# Prefect's UI puts styles into its pages and draws runs by WebGL, whose programs are compiled in a worker
# made from a blob; pictures of artifacts are data. It loads nothing from elsewhere, and neither may a text.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": CONTENT_POLICY,
}
# Answered whoever asks: they tell nothing, and a balancer calls a server by its bare address.
OPEN = frozenset({"/health", "/ready", "/api/health", "/api/ready"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class _Place(NamedTuple):
    """What makes an origin."""

    scheme: str
    name: str
    port: int | None


class Guard:
    """An ASGI application that refuses what another site sends and marks every answer."""

    def __init__(self, app: Application, ui_url: str, *, protected: bool) -> None:
        """Wrap an application.

        Args:
            app: The application.
            ui_url: Where browsers find it.
            protected: Whether it asks for a login.
        """
        self._app = app
        self._ours = _place(ui_url)
        self._protected = protected

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = "" if scope["path"] in OPEN else self._refused(headers)
        if not refused:
            await self._app(scope, receive, _marking(send, scope))
        elif scope["type"] == "websocket":
            # Closed before it was accepted: the HTTP server answers 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(refused, 403)(scope, receive, _marking(send, scope))

    def _refused(self, headers: Headers) -> str:
        """Return why a request is not passed on, blank where it is."""
        host = headers.get("host", "")
        place = _place(f"http://{host}")
        if not self._protected and (place is None or not self._knows(place.name)):
            return "不认识这个地址，请用系统显示的地址访问，或用 ZERO137_SERVER_URL 说明对外的地址。"
        origin = headers.get("origin")
        # By its name where it is reached directly, by the address that is set behind a proxy.
        if origin is None or origin.partition("://")[2] == host or _place(origin) == self._ours:
            return ""
        return "不接受其他网站的页面发来的请求。"

    def _knows(self, name: str) -> bool:
        """Tell whether a name is ours: somebody else's may point here too."""
        return is_loopback(name) or (self._ours is not None and name == self._ours.name)


def _place(url: str) -> _Place | None:
    """Return where an address leads, None where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return _Place(parts.scheme, parts.hostname or "", port)


def _marking(send: Send, scope: Message) -> Send:
    """Return what sends an answer with the headers of every answer; files of the UI may be kept."""
    volatile = str(scope["path"]).startswith("/api/")

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": list(message["headers"])}
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if volatile:
                headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return marked
