"""Platforms: plugins of Apprise that read what a platform answers, and tell whether trying again may help.

Apprise's own plugins take HTTP 200 for success, while the Chinese platforms answer 200 with an error code
in the body. The classes here are registered beside Apprise's own, each for a schema of its own that starts
with ``zero137``: a built-in schema may only be replaced for the whole process, and Prefect uses it as well.
"""

# Apprise is typed in parts only, and each of its plugins overrides send() in its own way.
# mypy: disallow-untyped-calls=False, disable-error-code="misc,override"

import json
import logging
import smtplib
import ssl
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

import requests
from apprise import NotificationManager, NotifyBase, NotifyFormat
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.email import NotifyEmail
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from models.errors import DeliveryError
from notifications.channels.attachments import attach
from notifications.texts.shortening import shorten

logger = logging.getLogger(__name__)

OWN = "zero137"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
REST = "……（全文见邮件或向发展改革部门索取）"
_LONGEST_REASON = 200
_PERMANENT_REPLY = 500
# A header or field this short is a number or a flag; to strike it out would make every reason illegible.
_HARMLESS = 3


@dataclass(frozen=True)
class Letter:
    """What is handed over: a subject of one line, its text, the same as HTML, and files beside it."""

    subject: str
    text: str
    html: str = ""
    attachments: tuple[Path, ...] = ()


def is_passing(status: int) -> bool:
    """Tell whether an HTTP status speaks of the moment and not of the request."""
    return status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS} or status >= _PERMANENT_REPLY


def secrets_of(server: NotifyBase) -> set[str]:
    """Return everything about an address that nobody may read: tokens, passwords, the address itself."""
    private = [
        given.get("map_to", name) for name, given in server.template_tokens.items() if given.get("private")
    ]
    values = [getattr(server, name, None) for name in (*private, "password")]
    for extra in ("headers", "params", "payload_extras"):
        given = dict(getattr(server, extra, None) or {}).values()
        values.extend(value for value in given if len(str(value)) > _HARMLESS)
    plain = {value for value in (*values, server.url()) if isinstance(value, str) and value}
    return plain | {quote(value, safe="") for value in plain}


def masked(text: str, server: NotifyBase) -> str:
    """Return a text on one line and without the secrets of an address."""
    for secret in sorted(secrets_of(server), key=len, reverse=True):
        text = text.replace(secret, "****")
    # What a platform says becomes a part of one sentence of ours.
    return " ".join(text.replace("。", "；").split())[:_LONGEST_REASON].strip("；. ")


class Taker(NotifyBase):
    """An address that says why it did not take a letter."""

    kind: ClassVar[str]

    @abstractmethod
    def take(self, letter: Letter) -> None:
        """Hand a letter over.

        Raises:
            DeliveryError: It was not taken; the reason holds no secrets.
        """

    def send(self, body: str, title: str = "", attach: Any = None, **_: Any) -> bool:  # noqa: ANN401 - Apprise's
        """Hand over what Apprise itself was given, in Apprise's terms."""
        files = tuple(Path(file.path) for file in attach or () if file)
        try:
            self.take(Letter(title, body, attachments=files))
        except DeliveryError as error:
            self.logger.warning("%s", error)
            return False
        return True

    def failure(self, reason: str, *, retryable: bool) -> DeliveryError:
        """Return the error to raise, free of secrets."""
        return DeliveryError(f"{masked(reason, self)}。", retryable=retryable)


class GroupRobot(Taker):
    """A robot in a chat group: takes text up to a limit and answers in JSON."""

    platform: ClassVar[str]
    limit_bytes: ClassVar[int] = 20_000
    # The fields of the answer that hold its code, in the order they are looked for.
    code_fields: ClassVar[tuple[str, ...]] = ("errcode",)
    text_fields: ClassVar[tuple[str, ...]] = ("errmsg",)
    # The codes that speak of the moment: too many messages, platform busy.
    busy: ClassVar[frozenset[int]]
    # WeCom and DingTalk take twenty messages a minute from a robot.
    request_rate_per_sec: Any = 3.0
    socket_read_timeout: Any = 8.0
    notify_url: Any

    def __init__(self, *, api: str = "", **given: Any) -> None:  # noqa: ANN401 - Apprise's
        """Read what Apprise parsed; ``api`` is the host of a platform deployed in the own network."""
        super().__init__(**given)
        self.api = _own_host(api)

    @classmethod
    def parse_url(cls, url: str) -> dict[str, Any] | None:
        """Read an address, with ``?api=`` beside what Apprise knows."""
        parsed: dict[str, Any] | None = super().parse_url(url)
        if parsed and parsed["qsd"].get("api"):
            parsed["api"] = unquote(parsed["qsd"]["api"])
        return parsed

    def url(self, privacy: bool = False, *args: Any, **given: Any) -> str:  # noqa: ANN401 - Apprise's
        """Return the address, with the private deployment where it names one."""
        known = str(super().url(privacy, *args, **given))
        separator = "&" if "?" in known else "?"
        return f"{known}{separator}api={self.api}" if self.api else known

    def payload(self, text: str) -> dict[str, object]:
        """Return a text as the platform wants it; WeCom and DingTalk agree in this."""
        return {"msgtype": "text", "text": {"content": text}}

    def signature(self) -> Mapping[str, str]:
        """Return what is added to the address to sign a message."""
        return {}

    def take(self, letter: Letter) -> None:
        """Post the text, shortened to what the platform takes, and read the answer."""
        whole = f"{letter.subject}\n{letter.text}" if letter.subject else letter.text
        text = shorten(whole, self.limit_bytes, REST)
        self.throttle()
        try:
            answer = requests.post(
                self._address(),
                params=self.signature(),
                data=json.dumps(self.payload(text), ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=self.request_timeout,
                verify=self.verify_certificate,
                allow_redirects=False,
            )
        except requests.Timeout:
            raise self.failure(f"{self.platform}未在规定时间内应答", retryable=True) from None
        except requests.RequestException as error:
            # The error's text quotes the address; its class says enough: a wrong address is a ValueError.
            wrong = isinstance(error, ValueError)
            raise self.failure(f"与{self.platform}的连接失败或中断", retryable=not wrong) from None
        self._judge(answer.status_code, answer.content)

    def _address(self) -> str:
        """Return where to post: the public platform, or its deployment in the own network."""
        token = getattr(self, "key", None) or getattr(self, "token", None)
        public = str(self.notify_url).format(key=token, token=token).rstrip("/")
        host = f"https://{urlsplit(public).netloc}"
        return f"{self.api or host}{public.removeprefix(host)}"

    def _judge(self, status: int, content: bytes) -> None:
        """Raise unless the platform said in so many words that it took the message."""
        said = _object_in(content)
        code = next((said[field] for field in self.code_fields if isinstance(said.get(field), int)), None)
        if code:
            text = next((str(said[field]) for field in self.text_fields if said.get(field)), "未说明原因")
            passing = code in self.busy or is_passing(status)
            raise self.failure(f"{self.platform}返回 {code}：{text}", retryable=passing)
        if status != HTTPStatus.OK:
            raise self.failure(f"{self.platform}返回 HTTP {status}", retryable=is_passing(status))
        if code is None:
            # Something between here and the platform answered, such as a login page of the network.
            raise self.failure(f"{self.platform}的应答无法识别，不能确认已接收", retryable=True)


class WeComRobot(GroupRobot, NotifyWeComBot):
    """企业微信: a group robot."""

    kind, platform = "企业微信群机器人", "企业微信"
    secure_protocol = f"{OWN}wecombot"
    limit_bytes = 2_048
    busy = frozenset({-1, 45009, 45033})


class DingTalkRobot(GroupRobot, NotifyDingTalk):
    """钉钉: a group robot, signed where the address carries a secret."""

    kind, platform = "钉钉群机器人", "钉钉"
    secure_protocol = f"{OWN}dingtalk"
    busy = frozenset({-1, 130101, 410100, 660026})

    def payload(self, text: str) -> dict[str, object]:
        """Return a text message that calls those whose numbers the address names."""
        return super().payload(text) | {"at": {"atMobiles": self.targets, "isAtAll": False}}

    def signature(self) -> Mapping[str, str]:
        """Return the signature once encoded: Apprise quotes it, and requests would quote it again."""
        if not self.secret:
            return {}
        timestamp, signed = self.get_signature()
        return {"timestamp": timestamp, "sign": unquote(signed)}


class _FeishuRobot(GroupRobot):
    """What 飞书 and Lark have in common; the older answer says ``StatusCode``."""

    code_fields = ("code", "StatusCode")
    text_fields = ("msg", "StatusMessage")
    busy = frozenset({9499, 11232, 1000004, 1000005, 99991400})

    def payload(self, text: str) -> dict[str, object]:
        """Return a text message."""
        return {"msg_type": "text", "content": {"text": text}}


class FeishuRobot(_FeishuRobot, NotifyFeishu):
    """飞书: a group robot."""

    kind, platform = "飞书群机器人", "飞书"
    secure_protocol = f"{OWN}feishu"


class LarkRobot(_FeishuRobot, NotifyLark):
    """Lark: as 飞书, on hosts of its own."""

    kind, platform = "Lark 群机器人", "Lark"
    secure_protocol = f"{OWN}lark"
    notify_url = NotifyLark.notify_url + "{token}"


class Mailboxes(Taker, NotifyEmail):
    """One mail to every mailbox of an address, with text, HTML and files; Apprise finds the server."""

    kind = "电子邮件"
    protocol, secure_protocol = f"{OWN}mailto", f"{OWN}mailtos"
    notify_format = NotifyFormat.TEXT
    # A server may look for viruses before it answers; an attempt that is broken off would be sent twice.
    socket_connect_timeout: Any = 10.0
    socket_read_timeout: Any = 20.0
    from_addr: Any
    targets: Any
    names: Any
    port: Any

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - Apprise's
        """Refuse an address without a mailbox, and one that asks for PGP, which is not done here."""
        super().__init__(**given)
        if not self.targets or self.pgp_mode != "no":
            raise TypeError

    def take(self, letter: Letter) -> None:
        """Send one mail; it is taken where the server accepts it for at least one mailbox."""
        mailboxes = [address for _, address in self.targets] + sorted(self.cc | self.bcc)
        try:
            mail = self._mail(letter)
            with closing(self._connected()) as server:
                refused = server.send_message(mail, self.from_addr[1], mailboxes)
                with suppress(OSError):
                    server.quit()
        except (OSError, ValueError, MessageError) as error:
            # All errors of smtplib are OSErrors; the others are headers and logins that cannot be written.
            raise self._failure_of(error) from None
        if refused:
            logger.warning("邮件服务器拒收 %d 个收件人，其余已接收。", len(refused))

    def _connected(self) -> smtplib.SMTP:
        """Return a connection, encrypted and logged in as the address says."""
        context, wait = ssl.create_default_context(), self.socket_connect_timeout
        if not self.verify_certificate:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self.secure_mode == "ssl":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.smtp_host, self.port, timeout=wait, context=context)
        else:
            server = smtplib.SMTP(self.smtp_host, self.port, timeout=wait)
        try:
            if server.sock:
                server.sock.settimeout(self.socket_read_timeout)
            if self.secure_mode == "starttls":
                server.starttls(context=context)
            if self.user and self.password:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, letter: Letter) -> EmailMessage:
        """Return the mail: names of files as mail programs read them, which Apprise does not write."""
        mail = EmailMessage()
        name, address = self.from_addr
        mail["From"] = Address(name or "", addr_spec=address)
        mail["To"] = [Address(name or "", addr_spec=address) for name, address in self.targets]
        for header, listed in (("Cc", self.cc), ("Reply-To", self.reply_to)):
            if listed:
                mail[header] = [Address(self.names.get(one) or "", addr_spec=one) for one in sorted(listed)]
        mail["Subject"] = " ".join(letter.subject.splitlines())
        mail["Date"], mail["Message-ID"] = formatdate(localtime=True), make_msgid(domain=self.smtp_host)
        for header, value in self.headers.items():
            mail[header] = value
        mail.set_content(letter.text)
        if letter.html:
            mail.add_alternative(letter.html, subtype="html")
        for path in letter.attachments:
            self._attach(mail, path)
        return mail

    def _attach(self, mail: EmailMessage, path: Path) -> None:
        """Put a file beside the text."""
        try:
            attach(mail, path.name, path.read_bytes())
        except OSError as error:
            raise self.failure(f"附件 {path.name} 无法读取", retryable=True) from error

    def _failure_of(self, error: Exception) -> DeliveryError:
        """Tell by the reply of the server: 4xx may pass, 5xx stays, as RFC 5321 section 4.2.1 has it."""
        replies: list[tuple[int, bytes | str]] = list(getattr(error, "recipients", {}).values())
        if isinstance(error, smtplib.SMTPResponseException):
            replies = [(error.smtp_code, error.smtp_error)]
        if replies:
            code, text = min(replies)
            said = text.decode(errors="replace") if isinstance(text, bytes) else text
            return self.failure(f"邮件服务器返回 {code}：{said}", retryable=code < _PERMANENT_REPLY)
        if isinstance(error, TimeoutError) or "timed out" in str(error):
            return self.failure("邮件服务器未在规定时间内应答", retryable=True)
        gone = isinstance(error, smtplib.SMTPServerDisconnected)
        broken = gone or (isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException))
        # What is left: the server knows no such login, encryption or address, or none can be written so.
        reason = (
            "与邮件服务器的连接失败或中断" if broken else "邮件服务器不支持所配置的登录、加密、收件地址或标头"
        )
        return self.failure(reason, retryable=broken)


def _own_host(api: str) -> str:
    """Return the host of a private deployment; without encryption only on this machine.

    Raises:
        TypeError: As Apprise's plugins raise for an address that is no good.
    """
    parts = urlsplit(api)
    encrypted = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if api and not (encrypted and parts.hostname and parts.path in {"", "/"} and not parts.query):
        raise TypeError
    return api.rstrip("/")


def _object_in(content: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer, empty where it is none."""
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def registered() -> dict[str, str]:
    """Register the plugins with Apprise.

    Returns:
        The schema of a plugin by the one that people write.
    """
    plugins = NotificationManager()
    own: dict[str, str] = {}
    for plugin in (WeComRobot, DingTalkRobot, FeishuRobot, LarkRobot, Mailboxes):
        for schema in filter(None, (plugin.protocol, plugin.secure_protocol)):
            if schema not in plugins:
                plugins.add(plugin)
            own[schema.removeprefix(OWN)] = schema
    return own


# Registered as this module is loaded: the lock on imports keeps two threads from doing so at once.
OWN_SCHEMAS = registered()
