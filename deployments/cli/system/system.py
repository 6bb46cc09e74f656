"""Commands for the system as a whole: up, down, status, init."""

import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

import click

from deployments.cli.frame import Command, emit, json_option, table, workplace
from deployments.installation.settings import LogFormat, Settings, load_settings
from models.errors import AccessError, StartError
from tasks.lookup.listings import count_matters
from tasks.runs import reconcile as runs
from tasks.runs.prefect_api import PrefectApi

_STOP_SECONDS = 40

logger = logging.getLogger(__name__)


@click.command(cls=Command)
@json_option
def up(*, as_json: bool) -> None:
    """启动系统并保持运行；按 Ctrl-C 停止。"""
    from deployments.installation.logs import configure_logging
    from deployments.processes.up import run_until_stopped

    settings = load_settings()
    configure_logging(settings, "supervisor")
    ready = {"ready": True, "url": settings.ui_url, "home": str(settings.home)}

    def say(message: str) -> None:
        if settings.log_format is LogFormat.JSON:
            logger.info(message)
        else:
            click.echo(json.dumps({"message": message}, ensure_ascii=False) if as_json else message)

    def welcome() -> None:
        if settings.log_format is LogFormat.JSON:
            logger.info("系统已启动：%s", settings.ui_url)
        else:
            click.echo(json.dumps(ready, ensure_ascii=False) if as_json else _welcome(settings))

    run_until_stopped(settings, say, welcome)


def _welcome(settings: Settings) -> str:
    """Return the addresses and what to try next."""
    base = settings.ui_url
    program = Path(sys.argv[0])
    command = os.path.relpath(program) if program.is_relative_to(Path.cwd()) else "zero137"
    return f"""
系统已启动（按 Ctrl-C 停止，数据保存在 {settings.home}）
  Prefect 界面  {base}
  登记、导入、巡查  {base}/deployments
  事项办理情况  {base}/artifacts
{"  登录时填写 ZERO137_AUTH 的内容，即“用户名:口令”" + chr(10) if settings.auth else ""}
接下来可以试试（另开一个终端）：
  {command} lead import examples/leads.csv
  {command} lead list
  {command} answer L{time.localtime().tm_year}-0001 移交 --by 发改局/经办人姓名 --authority 住建局
"""


@click.command(cls=Command)
@json_option
def down(*, as_json: bool) -> None:
    """停止正在运行的系统，等待全部进程退出。"""
    from deployments.installation.home import running_instance

    settings = load_settings()
    process = running_instance(settings)
    if process is None:
        raise StartError("系统没有在运行。")
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while running_instance(settings) is not None:
        if time.monotonic() > deadline:
            raise StartError(f"进程 {process} 在 {_STOP_SECONDS} 秒内没有停止，请查看日志。")
        time.sleep(0.2)
    emit({"stopped": process}, "系统已停止。", as_json=as_json)


@click.command(cls=Command)
@json_option
def init(*, as_json: bool) -> None:
    """创建或升级数据库并导入单位目录，不启动任何服务。"""
    from deployments.installation.home import make_folders
    from deployments.processes.preparing import prepare

    settings = load_settings()
    make_folders(settings)
    prepare(settings, lambda message: None if as_json else click.echo(message))
    emit({"home": str(settings.home)}, f"数据库已就绪：{settings.home}", as_json=as_json)


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="只列出问题，不修复")
@json_option
def reconcile(*, dry_run: bool, as_json: bool) -> None:
    """核对 Prefect 中的承办运行与数据库：每件在办事项恰有一个运行，停在应停的环节；有误即修复并记入台账。"""
    with workplace() as place:
        if dry_run:
            mended = [runs.Mended(finding) for finding in runs.find_faults(place, place.clock())]
        else:
            mended = runs.reconcile(place, place.clock())
    rows = [_mended_row(each) for each in mended]
    text = table(("编号", "问题", "处理", "原运行", "现运行"), [tuple(row.values()) for row in rows])
    emit(rows, text if rows else "承办运行均正常。", as_json=as_json)


def _mended_row(mended: runs.Mended) -> dict[str, str]:
    """Return a finding and what was done about it."""
    finding = mended.finding
    return {
        "number": finding.number,
        "fault": finding.fault.label,
        "repair": mended.repair.label if mended.repair else mended.reason,
        "run": finding.run_id or "",
        "new_run": mended.new_run_id or "",
    }


@click.command(cls=Command)
@json_option
def status(*, as_json: bool) -> None:
    """查看系统是否在运行，以及在办、逾期和待发消息的数量。"""
    from deployments.installation.home import running_instance

    settings = load_settings()
    with workplace() as place, PrefectApi(settings.api) as api:
        counts = count_matters(place)
        healthy = api.healthy()
        workers: list[str] = []
        try:
            workers = api.workers_online(settings.pool) if healthy else []
        except AccessError:
            raise
        except StartError:
            # Until the deployments are registered there is no pool to ask for.
            workers = []
        running = running_instance(settings) is not None
        found = {"running": running, "server": healthy, "workers": workers, **counts}
    lines = [
        f"系统：{_state(running=running, healthy=healthy)}",
        f"Prefect 服务：{'正常' if found['server'] else '连不上'}（{settings.api.url}）",
        f"执行进程：在线{len(workers)}个",
        f"事项：共{counts['leads']}件，在办{counts['open']}件，其中逾期{counts['overdue']}件",
        f"消息：待发{counts['unsent']}条，已停止发送{counts['given_up']}条",
    ]
    emit(found, "\n".join(lines), as_json=as_json)


def _state(*, running: bool, healthy: bool) -> str:
    """Tell whether the system runs: all of it from this folder, or its parts each by itself."""
    if running:
        return "运行中"
    return "运行中，各部分分别启动（不是由本文件夹的 zero137 up）" if healthy else "未运行"
