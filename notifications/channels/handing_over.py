"""Channels: handing a letter to whatever Apprise knows, by the tag of a unit."""

# Apprise is typed in parts only.
# mypy: disallow-untyped-calls=False

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any

from models.errors import DeliveryError, InputError, NoChannelError

if TYPE_CHECKING:
    from apprise import Apprise, NotifyBase
    from yaml import Node

logger = logging.getLogger(__name__)

_SCHEMA = re.compile(r"\s*([a-z0-9]{1,32})://", re.IGNORECASE)
_PLACEHOLDER = "REPLACE"
# An address with this tag of Apprise gets whatever is handed over.
_EVERYBODY = "ALWAYS"
_LIKE_THE_EXAMPLE = "请对照 examples/channels.yaml 修改"
# Apprise writes the HTTP status or the platform's code at the end of the line it logs.
_CODE = re.compile(r"error=(-?\d+)")
_HTTP_CODES = range(300, 600)
# Values of headers, parameters and fields are shown in clear by Apprise even where it masks the rest.
_EXTRAS = re.compile(r"(?<=[?&])((?:[+:-]|%2B|%3A|%2D)[^=&]*)=[^&]*", re.IGNORECASE)
# What Apprise adds to every address and nobody wrote.
_DEFAULTS = re.compile(
    r"(?<=[?&])(?:(?:format|overflow|retry|wait|optional|rto|cto)=[^&]*|verify=yes|method=POST)(?:&|$)"
)
# How many bytes others than the plugins of ours take.
_LIMITS = {"wechat": 2_048}
_KINDS = {
    "json": "HTTP", "jsons": "HTTP", "xml": "HTTP", "xmls": "HTTP", "form": "HTTP", "forms": "HTTP",
    "wechat": "企业微信应用", "smpp": "短信", "smpps": "短信",
}  # fmt: skip


@dataclass(frozen=True)
class ChannelFault:
    """What is wrong with the channel file: where, whether messages stay behind for it, and why."""

    line: int | None
    fatal: bool
    reason: str

    @property
    def where(self) -> str:
        """The line, as it is named in a sentence."""
        return f"第 {self.line} 行" if self.line else "有误"


@dataclass(frozen=True)
class ChannelRow:
    """An address as it may be shown: its tags in order, the kind of channel, and the address masked."""

    tags: tuple[str, ...]
    kind: str
    address: str


def open_channels(path: Path) -> "Apprise | None":
    """Read the Apprise configuration; the tags of its addresses are unit codes.

    Returns:
        The channels, or None where no file was written yet.

    Raises:
        InputError: The file cannot be read, or an address in it cannot be used.
    """
    if not path.exists():
        return None
    from apprise import Apprise

    file = _read(path)
    addresses, faults = ([], [file]) if isinstance(file, ChannelFault) else _addresses_in(file)
    if faults:
        raise InputError(f"渠道配置 {path.name} {faults[0].where}：{faults[0].reason}")
    channels = Apprise()
    for _, server in addresses:
        channels.add(server)
    return channels


def check_channels(path: Path, unit_codes: Mapping[str, str]) -> list[ChannelFault]:
    """Find everything that is wrong with the channel file.

    Args:
        path: The file.
        unit_codes: The name of each unit by its code.

    Returns:
        The faults in the order of their lines, those of the whole file last; empty where all is well.
    """
    file = _read(path)
    if isinstance(file, ChannelFault):
        return [file]
    addresses, faults = _addresses_in(file)
    faults += _placeholders_in(file) + _strange_tags(addresses, unit_codes)
    reached = {tag.upper() for _, server in addresses for tag in _tags_of(server)}
    faults += [
        _fatal(None, f"{name}（{code}）没有地址，发给它的消息会留在发件箱。")
        for code, name in unit_codes.items()
        if not {code.upper(), _EVERYBODY} & reached
    ]
    return sorted(faults, key=lambda fault: (fault.line is None, fault.line or 0))


def describe_channels(channels: "Apprise") -> list[ChannelRow]:
    """Return every address in the order of the file, fit to be shown."""
    return [ChannelRow(_tags_of(server), kind_of(server), _shown(server)) for server in channels.find()]


def hand_over(
    channels: "Apprise",
    tags: Sequence[str],
    subject: str,
    body: str,
    *,
    html: str = "",
    attachments: Sequence[Path] = (),
) -> None:
    """Hand a letter to every address of a tag. Handed over is not delivered: only a receipt proves that.

    Where some addresses of the tag took it and others did not, it counts as handed over and a warning is
    logged: another attempt would send it a second time to those who have it.

    Args:
        channels: What is configured.
        tags: The first of them that any address carries is used.
        subject: One line.
        body: Plain text; a chat group gets it shortened to what the platform takes.
        html: The same as HTML, for mail.
        attachments: Files, for mail.

    Raises:
        NoChannelError: No address carries any of the tags.
        DeliveryError: No address took it; it is worth another attempt unless every one refused for good.
    """
    from notifications.channels.platforms import Letter

    servers = next((found for tag in tags if (found := list(channels.find(tag)))), None)
    if servers is None:
        raise NoChannelError(tags[-1])
    letter = Letter(subject, body, html, tuple(attachments))
    failures: list[tuple[str, DeliveryError]] = []
    for server in servers:
        try:
            _hand_to(server, letter)
        except DeliveryError as failure:
            failures.append((kind_of(server), failure))
    if len(failures) == len(servers):
        reasons = "；".join(dict.fromkeys(str(error).rstrip("。") for _, error in failures))
        raise DeliveryError(f"{reasons}。", retryable=any(error.retryable for _, error in failures))
    for kind, error in failures:
        logger.warning("一个%s地址未接收消息，同一标签的其他地址已接收，不再重发：%s", kind, error)


def kind_of(server: "NotifyBase") -> str:
    """Return what people call the kind of a channel."""
    schema = server.url().partition("://")[0]
    return str(getattr(server, "kind", "") or _KINDS.get(schema) or server.service_name)


def _hand_to(server: "NotifyBase", letter: Any) -> None:  # noqa: ANN401 - platforms.py is loaded when needed
    """Hand a letter to one address: to ours directly, to any other as Apprise does it."""
    from apprise import Apprise, NotifyFormat

    from notifications.channels.platforms import REST, Taker
    from notifications.texts.shortening import shorten

    if isinstance(server, Taker):
        server.take(letter)
        return
    limit = _LIMITS.get(server.url().partition("://")[0])
    room = limit and limit - len(f"{letter.subject}\r\n".encode())
    text = shorten(letter.text, room, REST) if room else letter.text
    alone = Apprise(servers=[server], asset=server.asset)
    with _overheard() as lines:
        try:
            taken = alone.notify(body=text, title=letter.subject, body_format=NotifyFormat.TEXT)
        except (TypeError, ValueError, OSError) as error:
            taken = False
            lines.append(str(error))
    if not taken:
        raise _failure_from(lines, server)


def _failure_from(lines: Sequence[str], server: "NotifyBase") -> DeliveryError:
    """Tell from what Apprise logged why an address did not take a letter."""
    from notifications.channels.platforms import is_passing, masked

    text = " ".join(lines)
    code = _CODE.search(text)
    if code is None:
        reason = (
            "连接失败或未在规定时间内应答" if "onnection error" in text else f"未接收：{masked(text, server)}"
        )
        return DeliveryError(f"{kind_of(server)}渠道{reason}。", retryable=True)
    number = int(code[1])
    if number in _HTTP_CODES:
        return DeliveryError(f"{kind_of(server)}渠道返回 HTTP {number}。", retryable=is_passing(number))
    return DeliveryError(f"{kind_of(server)}渠道返回 {number}。", retryable=False)


def _shown(server: "NotifyBase") -> str:
    """Return an address with its secrets masked, as it was written but for them."""
    from notifications.channels.platforms import OWN

    shown = _EXTRAS.sub(r"\1=****", server.url(privacy=True)).removeprefix(OWN)
    return _DEFAULTS.sub("", shown).rstrip("?&/")


class _Overheard(logging.Filter):
    """Keeps to itself what Apprise logs in this thread: its lines may quote tokens."""

    def __init__(self) -> None:
        """Listen to the thread that creates it."""
        super().__init__()
        self.lines: list[str] = []
        self._thread = get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        """Let pass what other threads log."""
        if record.thread != self._thread:
            return True
        if record.levelno >= logging.WARNING:
            self.lines.append(record.getMessage())
        return False


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """Yield the warnings of Apprise within this block and this thread, which go nowhere else."""
    overheard, source = _Overheard(), logging.getLogger("apprise")
    source.addFilter(overheard)
    try:
        yield overheard.lines
    finally:
        source.removeFilter(overheard)


def _tags_of(server: "NotifyBase") -> tuple[str, ...]:
    """Return the tags of an address in order, as codes are written: Apprise tells no case apart."""
    return tuple(sorted(re.sub("-LEADER$", "-leader", str(tag).upper()) for tag in server.tags))


def _strange_tags(
    addresses: "Sequence[tuple[int, NotifyBase]]", unit_codes: Mapping[str, str]
) -> list[ChannelFault]:
    """Return a warning for every tag by which nobody is looked for."""
    known = {code.upper() for code in unit_codes} | {_EVERYBODY}
    return [
        ChannelFault(line, fatal=False, reason=f"标签 {tag} 不是单位代码，不会收到消息。")
        for line, server in addresses
        for tag in _tags_of(server)
        if tag.removesuffix("-leader") not in known
    ]


def _fatal(line: int | None, reason: str) -> ChannelFault:
    """Return a fault for which messages stay behind."""
    return ChannelFault(line, fatal=True, reason=reason)


@dataclass(frozen=True)
class _ChannelFile:
    """A channel file as it was read: its entries with their lines, what holds for all, and its nodes."""

    entries: list[tuple[int, object]]
    shared: dict[str, Any]
    root: "Node"


def _read(path: Path) -> _ChannelFile | ChannelFault:
    """Read a channel file, or say why there are no addresses to be had from it."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        root, content = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except (OSError, UnicodeDecodeError):
        return _fatal(None, f"文件无法读取，{_LIKE_THE_EXAMPLE}。")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return _fatal(mark.line + 1 if mark else None, f"不是有效的 YAML，{_LIKE_THE_EXAMPLE}。")
    entries = content.pop("urls", None) if isinstance(content, dict) else None
    if root is None or not entries or not isinstance(entries, list):
        return _fatal(None, f"没有可用的地址，{_LIKE_THE_EXAMPLE}。")
    if content.get("include"):
        return _fatal(None, "使用了 include，请把所有地址写在这一份文件里。")
    nodes = next(value.value for key, value in root.value if key.value == "urls")
    lines = [node.start_mark.line + 1 for node in nodes]
    return _ChannelFile(list(zip(lines, entries, strict=True)), content, root)


def _addresses_in(file: _ChannelFile) -> "tuple[list[tuple[int, NotifyBase]], list[ChannelFault]]":
    """Return the addresses of a channel file with their lines, and a fault for every entry that is none.

    Apprise passes over what it cannot read; each entry is therefore given to it alone.
    """
    addresses: list[tuple[int, NotifyBase]] = []
    faults: list[ChannelFault] = []
    for line, entry in file.entries:
        try:
            addresses += [(line, server) for server in _servers_of(entry, file.shared)]
        except InputError as error:
            faults.append(_fatal(line, str(error)))
    return addresses, faults


def _servers_of(entry: object, shared: Mapping[str, Any]) -> list[Any]:
    """Return the addresses of one entry of the list.

    Raises:
        InputError: It names no address, a schema that is not allowed, or lacks something.
    """
    from notifications.channels.platforms import OWN, OWN_SCHEMAS

    given: dict[Any, Any] = entry if isinstance(entry, dict) else {str(entry): None}
    address = next((key for key in given if isinstance(key, str) and _SCHEMA.match(key)), "")
    match = _SCHEMA.match(address)
    if match is None:
        raise InputError(f"不是渠道地址，地址应形如“类型://……”，{_LIKE_THE_EXAMPLE}。")
    schema = match[1].lower()
    if schema == "wecom":
        raise InputError("使用了 wecom://，它经第三方转发，不得使用；请改用 wecombot://。")
    if schema.startswith(OWN) or not _is_known(schema):
        raise InputError(f"不认识渠道类型 {schema}://，{_LIKE_THE_EXAMPLE}。")
    ours = OWN_SCHEMAS.get(schema, schema) + address[match.end(1) :]
    options = given[address]
    servers = _loaded({ours if key == address else key: value for key, value in given.items()}, shared)
    wanted = len(options) if isinstance(options, list) else 1
    if len(servers) != wanted or not servers:
        raise InputError(f"{schema}:// 的地址不完整或写法不对，{_LIKE_THE_EXAMPLE}。")
    return servers


def _is_known(schema: str) -> bool:
    """Tell whether Apprise has a plugin for a schema."""
    from apprise import NotificationManager

    return schema in NotificationManager()


def _loaded(entry: Mapping[str, Any], shared: Mapping[str, Any]) -> list[Any]:
    """Return what Apprise makes of one entry; nothing where it drops a part of it, as a wrong mailbox."""
    import yaml
    from apprise import AppriseAsset
    from apprise.config.base import ConfigBase

    # One address after the other, in this thread, so that what is logged is known to belong to it.
    asset = AppriseAsset(async_mode=False)
    text = yaml.safe_dump({**shared, "urls": [dict(entry)]}, allow_unicode=True)
    with _overheard() as lines:
        servers, _ = ConfigBase.config_parse_yaml(text, asset=asset)
    return [] if any(line.startswith("Dropped") for line in lines) else servers


def _placeholders_in(file: _ChannelFile) -> list[ChannelFault]:
    """Return a fault for every line whose value still is the one of the example."""
    lines = sorted({node.start_mark.line + 1 for node in _scalars(file.root) if _PLACEHOLDER in node.value})
    reason = f"仍是示例中的占位符（{_PLACEHOLDER}…），请换成真实的值。"
    return [_fatal(line, reason) for line in lines]


def _scalars(node: "Node") -> "Iterator[Node]":
    """Yield every single value below a node, keys included."""
    if isinstance(node.value, str):
        yield node
        return
    for child in node.value:
        for one in child if isinstance(child, tuple) else (child,):
            yield from _scalars(one)
