"""Channels: handing a text to whatever Apprise knows, by the tag of a unit."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import DeliveryError, InputError, NoChannelError

if TYPE_CHECKING:
    from apprise import Apprise

_RELAY = re.compile(r"^[^#]*\bwecom://", re.MULTILINE)


def open_channels(path: Path) -> "Apprise | None":
    """Read the Apprise configuration; the tags of its addresses are unit codes.

    Returns:
        The channels, or None where no file was written yet.

    Raises:
        InputError: The file cannot be read or names no usable address.
    """
    if not path.exists():
        return None
    if _RELAY.search(path.read_text(encoding="utf-8", errors="replace")):
        raise InputError(
            f"渠道配置 {path.name} 使用了 wecom://，它经第三方转发，不得使用；请改用 wecombot://。"
        )
    from apprise import Apprise, AppriseConfig

    config = AppriseConfig()
    if not config.add(str(path)) or not config.servers():
        raise InputError(
            f"渠道配置 {path.name} 无法读取或没有可用的地址，请对照 examples/channels.yaml 修改。"
        )
    channels = Apprise()
    channels.add(config)
    return channels


def hand_over(channels: "Apprise", tags: Sequence[str], subject: str, body: str) -> None:
    """Hand a text to every address of a tag. Handed over is not delivered: only a receipt proves that.

    Args:
        channels: What is configured.
        tags: The first of them that any address carries is used.
        subject: One line.
        body: Plain text.

    Raises:
        DeliveryError: No address carries any of the tags, or a channel did not take the text.
    """
    from apprise import LogCapture, NotifyFormat

    tag = next((tag for tag in tags if any(True for _ in channels.find(tag))), None)
    if tag is None:
        raise NoChannelError(tags[-1])
    with LogCapture(level=logging.WARNING) as log:  # type: ignore[no-untyped-call]
        try:
            taken = channels.notify(body=body, title=subject, tag=tag, body_format=NotifyFormat.TEXT)
        except (TypeError, ValueError, OSError) as error:
            raise DeliveryError(f"渠道出错：{error}", retryable=True) from error
        reason = log.getvalue().strip()
    if not taken:
        raise DeliveryError(reason or "渠道未接收，未说明原因。", retryable=True)
