"""Who gets at what: the address that is listened on, the port, files of secrets, a proxy in the way."""

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from deployments.doctor.site import Site
from deployments.installation.access import is_loopback
from deployments.installation.home import running_instance, try_port
from deployments.installation.settings import secret_files
from models.upkeep.remarks import Finding, doubtful, fine, unreached, wrong
from tasks.upkeep.server_examination import is_prefect

_OTHERS = 0o077


def examine_address(site: Site) -> Iterator[Finding]:
    """Tell whether the server asks for a password where others reach it."""
    settings = site.settings
    if settings.auth is None and not is_loopback(settings.host):
        yield wrong(
            "监听地址",
            f"{settings.host} 可从别的机器访问，但未设登录口令",
            "请设置 ZERO137_AUTH=用户名:口令（或 ZERO137_AUTH_FILE），或把 ZERO137_HOST 改回 127.0.0.1",
        )
    else:
        login = "需要登录" if settings.auth else "仅限本机"
        yield fine("监听地址", f"{settings.host}:{settings.port}，{login}")


def examine_port(site: Site) -> Iterator[Finding]:
    """Tell whether the port is free, or used by this very system."""
    settings = site.settings
    address = f"{settings.host}:{settings.port}"
    try:
        try_port(settings.host, settings.port)
    except OSError as error:
        taken = error.strerror
    else:
        yield fine("端口", f"{address} 空闲")
        return
    if site.home.is_dir() and running_instance(settings) is not None:
        yield fine("端口", f"{address} 由本系统使用")
    elif is_prefect(settings.api):
        yield doubtful("端口", f"{address} 上已有一个 Prefect 服务，但不是由本文件夹启动的",
                       "若不是本系统的服务，请用 ZERO137_PORT 另选端口")  # fmt: skip
    else:
        yield unreached("端口", f"{address} 不可用（{taken}）{_holder(settings.port)}",
                        "请停止占用的程序，或用 ZERO137_PORT 另选端口、核对 ZERO137_HOST")  # fmt: skip


def _holder(port: int) -> str:
    """Return who listens on a port, as far as this user may know it; blank where not."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        rows = [line.split() for table in ("tcp", "tcp6")
                for line in Path(f"/proc/net/{table}").read_text("ascii").splitlines()[1:]]  # fmt: skip
        listening = "0A"
        wanted = {
            f"socket:[{row[9]}]" for row in rows
            if row[3] == listening and int(row[1].rpartition(":")[2], 16) == port
        }  # fmt: skip
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if any(str(handle.readlink()) in wanted for handle in (process / "fd").iterdir()):
                    return f"，由进程 {process.name}（{(process / 'comm').read_text('utf-8').strip()}）占用"
    return ""


def examine_secrets(site: Site) -> Iterator[Finding]:
    """Tell which files that hold passwords others than their owner may read; the keys are examined apart."""
    files = {**secret_files(), "渠道配置": site.place.channels_file}
    open_ones = [path for path in files.values() if path.is_file() and path.stat().st_mode & _OTHERS]
    for path in open_ones:
        mode = f"{stat.S_IMODE(path.stat().st_mode):04o}"
        yield doubtful("保密文件", f"{path} 含有口令，权限为 {mode}", f"请运行 chmod 600 {path}")
    if not open_ones:
        yield fine("保密文件", "含有口令的文件仅限所有者读取")


def examine_proxy(site: Site) -> Iterator[Finding]:
    """Tell whether a proxy of the shell stands between the parts of the system."""
    proxies = getproxies()
    host = urlsplit(site.settings.ui_url).hostname or ""
    if "http" not in proxies and "https" not in proxies:
        return
    if proxy_bypass(host):
        yield fine("代理", f"访问 {host} 不经代理")
    else:
        yield doubtful("代理", f"设有 HTTP 代理，且 NO_PROXY 不含 {host}",
                       f"请把 {host} 加入 NO_PROXY，否则 Prefect 自带的命令连不上服务")  # fmt: skip
