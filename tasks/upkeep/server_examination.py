"""What the Prefect server says of itself, of its workers and of what is registered there."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from models.upkeep.remarks import Finding, doubtful, fine, unreached, wrong
from tasks.runs.prefect_api import CARRY_MATTER, open_http
from tasks.workplace import ApiAddress

PATROL = "巡查"
# What serves every mechanism is registered under the name of its flow, as is what each brings.
GENERAL = (CARRY_MATTER, "人工督办", "导出台账", PATROL)
# Whoever does not answer within this time does not answer, in seconds.
_PATIENCE = 4
# Due dates end at a moment; clocks that differ by more than the first should be set, by the second must be.
_SKEW, _GREAT_SKEW = timedelta(seconds=5), timedelta(seconds=60)
# The patrol runs daily; the night and a long run lie between two of them.
_PATROL_AGE = timedelta(hours=26)
_START = "请运行 zero137 up（或 zero137 serve）"
_REGISTER = "请运行 zero137 register（zero137 up 也会登记）"


def is_prefect(address: ApiAddress) -> bool:
    """Tell whether a Prefect server answers there."""
    try:
        with open_http(address, _PATIENCE) as http:
            return http.get("/health").is_success
    except httpx.HTTPError:
        return False


def examine_server(
    address: ApiAddress,
    pool: str,
    deployments: Collection[str],
    version: str,
    clock: Callable[[], datetime],
    *,
    is_running: bool,
) -> Iterator[Finding]:
    """Examine the server and what is registered there.

    Args:
        address: Where it is.
        pool: The work pool of the installation.
        deployments: What an operator may start in it, by name.
        version: The version of Prefect installed here.
        clock: The clock of this machine.
        is_running: Whether it is known that it should answer.
    """
    with open_http(address, _PATIENCE) as http:
        try:
            reply = http.get("/admin/version")
        except httpx.HTTPError as error:
            told = f"{address.url} 没有应答（{type(error).__name__}）"
            if is_running:
                yield unreached("Prefect 服务", told, "请查看 logs/server.log，并核对 ZERO137_SERVER_URL")
            else:
                yield doubtful("Prefect 服务", told, f"如系统已停止则属正常；{_START}")
            return
        yield from _examine_clock(reply, clock())
        fault = _fault_of(reply, address)
        yield fault or _compare_version(str(reply.json()), version)
        if fault is None:
            yield from _examine_workers(http, pool)
            yield from _examine_deployments(http, pool, deployments)
            yield from _examine_patrol(http, clock())


def _fault_of(reply: httpx.Response, address: ApiAddress) -> Finding | None:
    """Return why the server did not say its version, None where it did."""
    if reply.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        told = "登录名或口令不对" if address.auth else "要求登录，本机未设口令"
        return wrong("Prefect 服务", f"{address.url} {told}", "请核对 ZERO137_AUTH，应与服务端一致")
    if not reply.is_success or "json" not in reply.headers.get("content-type", ""):
        return unreached(
            "Prefect 服务", f"{address.url} 的应答不像 Prefect（HTTP {reply.status_code}）",
            "请核对 ZERO137_SERVER_URL、ZERO137_PORT 和反向代理",
        )  # fmt: skip
    return None


def _compare_version(found: str, version: str) -> Finding:
    """Compare the server's version with ours."""
    if found == version:
        return fine("Prefect 服务", f"正常，版本 {found}")
    return wrong("Prefect 服务", f"版本为 {found}，本机为 {version}", "请让服务端和本机安装同一版本的程序")


def _examine_clock(reply: httpx.Response, now: datetime) -> Iterator[Finding]:
    """Compare the server's clock with ours; it tells whole seconds."""
    if "date" in reply.headers:
        yield compare_clocks("Prefect 服务", parsedate_to_datetime(reply.headers["date"]), now)


def compare_clocks(whose: str, theirs: datetime, ours: datetime) -> Finding:
    """Compare the clock of another machine with ours (both aware)."""
    skew = abs(theirs - ours)
    told = f"与{whose}相差 {skew.total_seconds():.0f} 秒"
    advice = "请在两台机器上启用时间同步（NTP），期限按时刻计算"
    if skew > _GREAT_SKEW:
        return wrong("时钟", told, advice)
    return doubtful("时钟", told, advice) if skew > _SKEW else fine("时钟", f"与{whose}一致")


def _examine_workers(http: httpx.Client, pool: str) -> Iterator[Finding]:
    """Tell whether somebody carries out the runs."""
    reply = http.post(f"/work_pools/{quote(pool)}/workers/filter", json={})
    if reply.status_code == HTTPStatus.NOT_FOUND:
        yield wrong("执行进程", f"没有工作池 {pool}", f"{_REGISTER}，并核对 ZERO137_POOL")
        return
    online = [worker for worker in reply.json() if worker["status"] == "ONLINE"]
    if online:
        yield fine("执行进程", f"在线{len(online)}个")
    else:
        yield unreached("执行进程", f"工作池 {pool} 没有在线的执行进程，事项不会继续",
                        "请运行 zero137 work（zero137 up 自带一个）")  # fmt: skip


def _examine_deployments(http: httpx.Client, pool: str, wanted: Collection[str]) -> Iterator[Finding]:
    """Tell whether everything an operator may start is registered, and where it would run."""
    known = {row["name"]: row for row in http.post("/deployments/filter", json={}).json()}
    missing = [name for name in wanted if name not in known]
    astray = [name for name in wanted if name in known and known[name]["work_pool_name"] != pool]
    if missing:
        yield wrong("部署", f"未登记：{'、'.join(missing)}", _REGISTER)
    if astray:
        yield wrong("部署", f"登记在别的工作池：{'、'.join(astray)}", f"请核对 ZERO137_POOL；{_REGISTER}")
    if not missing and not astray:
        yield fine("部署", f"{len(wanted)}个均已登记")


def _examine_patrol(http: httpx.Client, now: datetime) -> Iterator[Finding]:
    """Tell whether the patrol is scheduled, and when it ran last."""
    reply = http.get(f"/deployments/name/{quote(PATROL)}/{quote(PATROL)}")
    if not reply.is_success:
        return
    patrol = reply.json()
    if patrol.get("paused") or not any(each["active"] for each in patrol["schedules"]):
        yield wrong(
            "巡查", "定时已停用，不会提醒和督办", f"请在 Prefect 界面的 Deployments 中启用；{_REGISTER}"
        )
        return
    last = _last_patrol(http, patrol)
    if now - last > _PATROL_AGE:
        yield doubtful("巡查", f"最近一次在 {last.astimezone():%Y-%m-%d %H:%M}，已超过一天",
                       "请确认执行进程在线，或在 Prefect 界面手动启动巡查查看原因")  # fmt: skip
    else:
        yield fine("巡查", "定时有效")


def _last_patrol(http: httpx.Client, patrol: Mapping[str, Any]) -> datetime:
    """Return when the patrol last came to its end, else when it was registered (aware)."""
    wanted = {
        "deployments": {"id": {"any_": [patrol["id"]]}},
        "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
        "sort": "END_TIME_DESC",
        "limit": 1,
    }
    runs = http.post("/flow_runs/filter", json=wanted).json()
    moment = datetime.fromisoformat(runs[0]["end_time"] if runs else patrol["created"])
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
