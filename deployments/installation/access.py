"""Who may reach the server: this machine alone, or whoever knows the login. Source: ADR-0023."""

import base64
import binascii
import hmac
from ipaddress import ip_address

from models.errors import StartError

# Shorter passwords are found by trying; the words are those of our own examples.
_SHORTEST = 12
_EXAMPLES = ("password", "changeme", "change-me", "example", "secret", "口令")
_SCHEME = "basic"


def is_loopback(host: str) -> bool:
    """Tell whether an address is only reached from its own machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def auth_fault(auth: str) -> str:
    """Return what is wrong with a login ``user:password``, blank where nothing is; never the login itself."""
    user, colon, password = auth.partition(":")
    if not (user and colon and password):
        return "应为“用户名:口令”"
    if not auth.isascii() or not auth.isprintable() or " " in auth:
        return "只能用英文字母、数字和符号，不能有空白"
    if len(password) < _SHORTEST:
        return f"口令至少{_SHORTEST}个字符"
    if password == user or any(password.lower().startswith(word) for word in _EXAMPLES):
        return "口令与示例或用户名相同，请另行设置"
    return ""


def check_access(host: str, *, protected: bool) -> None:
    """Refuse to open a system without a login to other machines.

    Args:
        host: The address the server listens on.
        protected: Whether a login is set.

    Raises:
        StartError: Anybody on the network could act for every unit.
    """
    if not protected and not is_loopback(host):
        raise StartError(f"监听地址 {host or '（空）'} 不限于本机，请先设置 ZERO137_AUTH（用户名:口令）。")


def is_admitted(header: bytes, auth: str | None) -> bool:
    """Tell whether a request carries the login, in the same time whatever is wrong with it.

    Args:
        header: The value of its Authorization header, empty where it has none.
        auth: The login ``user:password``; None where none is asked for.
    """
    if auth is None:
        return True
    scheme, _, coded = header.partition(b" ")
    try:
        given = base64.b64decode(coded.strip(), validate=True)
    except binascii.Error:
        return False
    return scheme.lower() == _SCHEME.encode() and hmac.compare_digest(given, auth.encode())
