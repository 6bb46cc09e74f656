"""The errors of the domain; each message is one Chinese sentence fit for the person at the keyboard."""

from datetime import date


class Zero137Error(Exception):
    """Root of all errors that are told to people instead of being traced."""


class RuleViolation(Zero137Error):  # noqa: N818 - the name says what happened in the field's own terms
    """A rule of the notice or of the policy does not allow what was asked."""


class NotFound(Zero137Error):  # noqa: N818 - as RuleViolation
    """A matter, unit, step or file that was named does not exist."""


class ConflictError(Zero137Error):
    """The request is stale or a duplicate: somebody else was first."""


class TamperError(Zero137Error):
    """A stored fact no longer agrees with its recorded digest; ``position`` names the first such place."""

    def __init__(self, reason: str, position: str = "") -> None:
        """Keep the first bad position beside the sentence, which names it too."""
        super().__init__(reason)
        self.position = position


class CalendarGapError(Zero137Error):
    """A date lies outside every calendar that can be computed."""

    def __init__(self, day: date) -> None:
        """Name the day that no calendar covers."""
        super().__init__(f"{day.isoformat()} 超出可推算的日历范围（2004年至2099年），请核对日期。")
        self.day = day


class DeliveryError(Zero137Error):
    """A message could not be handed over to its channel."""

    def __init__(self, reason: str, *, retryable: bool) -> None:
        """Keep the channel's reason and whether another attempt may succeed."""
        super().__init__(reason)
        self.retryable = retryable


class NoChannelError(DeliveryError):
    """No address is configured for a unit; nothing was tried, and it may be configured at any time."""

    def __init__(self, tag: str) -> None:
        """Name the tag that is missing."""
        super().__init__(f"渠道配置中没有标签为 {tag} 的地址。", retryable=True)


class InputError(Zero137Error):
    """A file or setting given by a person cannot be read as what it should be."""


class StartError(Zero137Error):
    """The system cannot start or be reached: a port, a folder, a lock, a server."""


class StoreError(StartError):
    """The store of evidence and documents does not answer; it may at any time."""


class AccessError(StartError):
    """The server asks for another login than the one that is set here."""

    def __init__(self) -> None:
        """Name the setting, never its value."""
        super().__init__("Prefect 服务不接受这里的登录，请把 ZERO137_AUTH 设为与服务相同的“用户名:口令”。")
