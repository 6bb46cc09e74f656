"""The examination as a whole: every check by itself, all at once, none for long, none ends the others."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import partial
from importlib.metadata import version

from deployments.doctor.access import (
    examine_address,
    examine_port,
    examine_proxy,
    examine_secrets,
)
from deployments.doctor.database import examine_conduct_database, examine_facts_database
from deployments.doctor.files import (
    examine_channels,
    examine_key,
    examine_policy,
    examine_store,
    examine_templates,
    examine_units_file,
)
from deployments.doctor.folder import examine_disk, examine_folder, examine_room
from deployments.doctor.machine import examine_fonts, examine_packages, examine_python, examine_time_zone
from deployments.doctor.site import Site, open_place
from deployments.installation.clock import Clock
from deployments.installation.home import running_instance
from deployments.installation.settings import settings_as_far_as_right
from deployments.mechanisms import TRIGGERS
from models.upkeep.remarks import Finding, Level, doubtful, fine, unreached, wrong
from tasks.upkeep.facts_examination import examine_calendar, examine_ledger, examine_outbox, examine_units
from tasks.upkeep.redis_examination import examine_redis
from tasks.upkeep.server_examination import GENERAL, examine_server
from tasks.workplace import Workplace

Check = Callable[[Site], Iterator[Finding]]
# All checks are done or given up by then, in seconds.
_LIMIT = 15.0


def examine(clock: Clock) -> list[Finding]:
    """Examine the installation that the environment describes; nothing is changed.

    Args:
        clock: The clock of this machine.

    Returns:
        What was found, in the order of the checks.
    """
    settings, faults = settings_as_far_as_right()
    findings = [wrong("设置", fault.removesuffix("。"), "请改正或取消该变量") for fault in faults]
    findings = findings or [fine("设置", "环境变量均有效")]
    with closing(open_place(settings)) as place:
        return findings + _all_at_once(Site(settings, place, clock))


def _all_at_once(site: Site) -> list[Finding]:
    """Run the checks beside each other, and give up those that do not come to an end."""
    remarks: dict[str, list[Finding]] = {subject: [] for subject in CHECKS}
    threads = {
        subject: threading.Thread(
            target=remarks[subject].extend, args=(_guarded(subject, partial(check, site)),), daemon=True
        )
        for subject, check in CHECKS.items()
    }
    for thread in threads.values():
        thread.start()
    deadline = time.monotonic() + _LIMIT
    for subject, thread in threads.items():
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            told = f"检查超过 {_LIMIT:.0f} 秒没有结束"
            remarks[subject].append(unreached(subject, told, "请检查相应的磁盘、数据库或网络"))
    return [finding for subject in CHECKS for finding in list(remarks[subject])]


def _guarded(subject: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Give what a check finds; one that fails in a way nobody foresaw says so, and the others go on."""
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001 - whatever it is
        told = " ".join(f"{type(error).__name__}：{error}".split())
        yield doubtful(subject, f"未能检查（{told}）", "请反馈给维护人员")


def _examine_facts(site: Site) -> Iterator[Finding]:
    """Examine the database of facts and, where it can be used, what it holds."""
    told = list(examine_facts_database(site))
    yield from told
    if all(finding.level is Level.FINE for finding in told if finding.subject != "时钟"):
        place: Workplace = site.place
        for subject, check in _FACTS.items():
            yield from _guarded(subject, partial(check, place, place.clock()))


def _examine_server(site: Site) -> Iterator[Finding]:
    """Examine the Prefect server; it should answer where it is said to be elsewhere or our folder is held."""
    settings = site.settings
    held = site.home.is_dir() and running_instance(settings) is not None
    yield from examine_server(
        settings.api, settings.pool, (*GENERAL, *TRIGGERS), version("prefect"), site.clock,
        is_running=held or bool(settings.server_url),
    )  # fmt: skip


def _examine_redis(site: Site) -> Iterator[Finding]:
    """Examine Redis where one is set."""
    address = site.settings.redis_url.get_secret_value()
    if address:
        yield from examine_redis(address)


# What is looked at, in the order it is told, and the subject of a check that fails.
_FACTS = {
    "单位目录": examine_units,
    "放假安排": examine_calendar,
    "发件箱": examine_outbox,
    "台账封存": examine_ledger,
}
CHECKS: Mapping[str, Check] = {
    "Python": examine_python,
    "软件包": examine_packages,
    "时区": examine_time_zone,
    "字体": examine_fonts,
    "数据文件夹": examine_folder,
    "磁盘空间": examine_room,
    "磁盘类型": examine_disk,
    "政策文件": examine_policy,
    "单位文件": examine_units_file,
    "模板": examine_templates,
    "事实数据库": _examine_facts,
    "材料存放": examine_store,
    "消息渠道": examine_channels,
    "举报人密钥": examine_key,
    "保密文件": examine_secrets,
    "Prefect 数据库": examine_conduct_database,
    "Redis": _examine_redis,
    "监听地址": examine_address,
    "端口": examine_port,
    "代理": examine_proxy,
    "Prefect 服务": _examine_server,
}
