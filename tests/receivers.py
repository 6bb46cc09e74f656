"""Real local servers that take messages: over HTTP as JSON, and by mail."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


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

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@dataclass
class MailReceiver:
    """Takes mail for any address."""

    port: int = 0
    received: list[Received] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail, decoded."""
        del server, session
        mail = message_from_bytes(envelope.original_content or b"", EmailMessage, policy=policy.default)
        body = mail.get_body(("plain", "html"))
        text = body.get_content() if body else ""
        self.received += [Received(to, str(mail["Subject"]), text) for to in envelope.rcpt_tos]
        return "250 OK"

    def url(self, address: str) -> str:
        """Return the Apprise address of a mailbox: plain SMTP without encryption or login."""
        return (
            f"mailto://127.0.0.1:{self.port}?smtp=127.0.0.1&mode=insecure&from=fgj@example.org&to={address}"
        )


def free_port() -> int:
    """Return a port on this machine at which nobody answers."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mail_receiver() -> Iterator[MailReceiver]:
    """Run a receiver of mail on a free port."""
    receiver = MailReceiver(free_port())
    controller = Controller(receiver, hostname="127.0.0.1", port=receiver.port)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()
