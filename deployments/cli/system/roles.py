"""Commands for one part of the system each, where its parts run on several machines or in containers."""

import os
import sys
import time
from typing import NoReturn

import click

from deployments.cli.frame import Command, emit, json_option, require_database
from deployments.installation.settings import Settings, load_settings
from models.errors import InputError, StartError
from tasks.runs.prefect_api import PrefectApi
from tasks.upkeep.redis_examination import knows_sentinels, ping_redis

# A server that was started at the same time takes so long until it answers, in seconds.
SERVER_SECONDS = 120


@click.command(cls=Command)
@click.option("--no-services", is_flag=True, help="不在本进程运行后台服务；此时须另行运行 zero137 services")
@json_option
def serve(*, no_services: bool, as_json: bool) -> None:
    """在前台运行 Prefect 服务（接口和界面）；按 Ctrl-C 或以 SIGTERM 停止。"""
    from deployments.installation.access import check_access
    from deployments.installation.home import check_port

    settings = load_settings()
    if no_services:
        _check_several(settings, "serve --no-services")
    check_access(settings.host, protected=settings.auth is not None)
    check_port(settings.host, settings.port, "ZERO137_PORT")
    _become("api" if no_services else "server", settings, as_json=as_json)


@click.command(cls=Command)
@json_option
def services(*, as_json: bool) -> None:
    """在前台运行 Prefect 的后台服务，并核对承办运行；可同时运行多个；按 Ctrl-C 或以 SIGTERM 停止。"""
    settings = load_settings()
    _check_several(settings, "services")
    _become_background("services", settings, as_json=as_json)


@click.command(cls=Command)
@json_option
def work(*, as_json: bool) -> None:
    """在前台运行一个执行进程；可在多台机器上各运行多个；按 Ctrl-C 或以 SIGTERM 停止。"""
    _become_background("worker", load_settings(), as_json=as_json)


@click.command(cls=Command)
@json_option
def register(*, as_json: bool) -> None:
    """在 Prefect 服务中登记工作池和全部部署，然后退出；服务尚未应答时稍候。"""
    from deployments.installation.home import make_folders
    from deployments.processes.caretaker import register as register_deployments

    settings = load_settings()
    make_folders(settings)
    _wait_for_server(settings)
    kind = register_deployments(settings)
    emit(
        {"pool": settings.pool, "type": kind},
        f"已登记工作池 {settings.pool}（{kind}）和全部部署。",
        as_json=as_json,
    )


def _become_background(role: str, settings: Settings, *, as_json: bool) -> NoReturn:
    """Become a part that serves nobody but probes.

    Raises:
        StartError: There is no database yet, or the port for probes is taken.
    """
    from deployments.installation.home import check_port

    require_database(settings)
    if settings.health_port is not None:
        check_port(settings.host, settings.health_port, "ZERO137_HEALTH_PORT")
    _become(role, settings, as_json=as_json)


def _become(role: str, settings: Settings, *, as_json: bool) -> NoReturn:
    """Let this process become that of a role: signals reach it directly, as a service manager expects.

    Prefect reads its settings when it is imported; so they have to be in the environment before.
    """
    from deployments.installation.home import make_folders
    from deployments.processes.children import ALONE, JSON
    from deployments.processes.environment import child_environment

    make_folders(settings)
    environment = child_environment(settings, with_keys=role == "worker")
    words = [
        sys.executable,
        "-m",
        "deployments.processes.children",
        role,
        ALONE,
        *([JSON] if as_json else []),
    ]
    os.execve(sys.executable, words, environment)  # noqa: S606 - our own module


def _check_several(settings: Settings, command: str) -> None:
    """Refuse what only works with several processes around Prefect's database.

    Raises:
        InputError: Prefect's database is SQLite, or there is no Redis.
        StartError: Redis does not answer.
    """
    if settings.conduct_url.startswith("sqlite"):
        raise InputError(
            f"zero137 {command} 需要 Prefect 使用 PostgreSQL（ZERO137_PREFECT_DATABASE_URL），"
            "只有一个服务时请用 zero137 serve 或 zero137 up。"
        )
    url = settings.redis_url.get_secret_value()
    if not url:
        raise InputError(
            f"zero137 {command} 需要 Redis 在各进程之间传递消息，请设置 ZERO137_REDIS_URL，"
            "只有一个服务时请用 zero137 serve 或 zero137 up。"
        )
    _check_redis(url)


def _check_redis(url: str) -> None:
    """Refuse to start where Redis does not answer; Prefect would end with a traceback.

    Raises:
        InputError: The address is wrong.
        StartError: Nobody answers there.
    """
    from redis import RedisError

    if knows_sentinels(url):
        return
    try:
        ping_redis(url)
    except ValueError as error:
        raise InputError("ZERO137_REDIS_URL 不是可用的 Redis 地址，应如 redis://主机:6379/0。") from error
    except RedisError as error:
        raise StartError("连不上 Redis（ZERO137_REDIS_URL），请核对地址并确认其正在运行。") from error


def _wait_for_server(settings: Settings) -> None:
    """Wait until the server answers.

    Raises:
        StartError: It does not.
    """
    deadline = time.monotonic() + SERVER_SECONDS
    with PrefectApi(settings.api) as api:
        while not api.healthy():
            if time.monotonic() > deadline:
                raise StartError(f"Prefect 服务（{settings.api.url}）没有应答，请先启动它。")
            time.sleep(0.5)
