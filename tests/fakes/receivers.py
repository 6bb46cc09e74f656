"""Real local servers that take messages: over HTTP as JSON, as the chat platforms do, and by mail."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET, socket
from struct import pack
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tasks.workplace import Workplace


@dataclass(frozen=True)
class Received:
    """What a receiver got: the address it was sent to, subject and text."""

    address: str
    subject: str
    text: str


@dataclass
class JsonReceiver:
    """Takes Apprise's JSON messages, or answers every one with another status."""

    port: int = 0
    status: HTTPStatus = HTTPStatus.OK
    received: list[Received] = field(default_factory=list)

    def url(self, path: str) -> str:
        """Return the Apprise address of a path."""
        return f"json://127.0.0.1:{self.port}/{path}"


@contextmanager
def json_receiver() -> Iterator[JsonReceiver]:
    """Run a receiver of JSON messages on a free port."""
    receiver = JsonReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.received.append(Received(self.path.strip("/"), sent["title"], sent["message"]))
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent: tests look at what was received."""

    with _serving(Handler) as receiver.port:
        yield receiver


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve on a free port, which is yielded."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Post:
    """What a platform was sent: the path, the query, and the message as it was read from JSON."""

    path: str
    query: dict[str, list[str]]
    message: dict[str, object]

    @property
    def text(self) -> str:
        """The text, wherever the platform wants it."""
        body = self.message.get("text") or self.message["content"]
        assert isinstance(body, dict)
        return str(body.get("content") or body["text"])


@dataclass
class Platform:
    """Plays the four chat platforms: takes any message and answers as it is told."""

    port: int = 0
    status: int = 200
    answer: object = field(
        default_factory=lambda: {"errcode": 0, "errmsg": "ok", "code": 0, "msg": "success"}
    )
    seconds: float = 0
    resets: bool = False
    posts: list[Post] = field(default_factory=list)

    def url(self, schema: str, token: str) -> str:
        """Return the address of a robot on this platform instead of the public one."""
        return f"{schema}://{token}?api=http://127.0.0.1:{self.port}&rto=0.4"

    @property
    def content(self) -> bytes:
        """The answer as it is sent: text as it is, everything else as JSON."""
        return (self.answer if isinstance(self.answer, str) else json.dumps(self.answer)).encode()


@contextmanager
def chat_platform() -> Iterator[Platform]:
    """Run a platform on a free port."""
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = urlsplit(self.path)
            platform.posts.append(Post(asked.path, parse_qs(asked.query), message))
            if platform.resets:
                # Closed without lingering, the connection is reset instead of ended.
                self.connection.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
                self.close_connection = True
                return
            time.sleep(platform.seconds)
            self.send_response(platform.status)
            self.send_header("Content-Length", str(len(platform.content)))
            self.end_headers()
            self.wfile.write(platform.content)

        def log_message(self, *_: object) -> None:
            """Stay silent: tests look at what was received."""

    with _serving(Handler) as platform.port:
        yield platform


@dataclass
class MailReceiver:
    """Takes mail for any address, but for those it is told to refuse."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    # The reply to a recipient, by its address.
    refused: dict[str, str] = field(default_factory=dict)
    data_reply: str = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse it."""
        del server, session, options
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail, decoded."""
        del server, session
        mail = message_from_bytes(envelope.original_content or b"", EmailMessage, policy=policy.default)
        body = mail.get_body(("plain", "html"))
        text = body.get_content() if body else ""
        self.received += [Received(to, str(mail["Subject"]), text) for to in envelope.rcpt_tos]
        self.mails.append(mail)
        return self.data_reply

    def url(self, address: str, login: str = "") -> str:
        """Return the Apprise address of a mailbox: plain SMTP without encryption, with ``user:password@``."""
        where = f"{login}127.0.0.1:{self.port}?smtp=127.0.0.1&mode=insecure"
        return f"mailto://{where}&from=fgj@example.org&to={address}"


def free_port() -> int:
    """Return a port on this machine at which nobody answers."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def silent_receiver() -> Iterator[int]:
    """Take connections on a free port, which is yielded, and never say a word."""
    with socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    """Run a receiver of mail on a free port, which refuses every login."""
    receiver = MailReceiver(free_port())
    controller = Controller(
        receiver,
        hostname="127.0.0.1",
        port=receiver.port,
        authenticator=lambda *_: AuthResult(success=False, handled=False),
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()


def write_channels(place: Workplace, addresses: Mapping[str, str]) -> None:
    """Write the channel file: the address of each unit by its code."""
    lines = [f"  - {url!r}:\n      - tag: {unit}\n" for unit, url in addresses.items()]
    place.channels_file.write_text("urls:\n" + "".join(lines), encoding="utf-8")
