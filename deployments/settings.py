"""Settings: the one place that reads the environment.

Every setting is a variable ``ZERO137_…``; what is not set has a default that works on a bare machine.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import ArgumentError

from deployments.clock import Clock, clock_of
from models.errors import InputError, NotFound
from models.policy import Policy, describe_faults, packaged_policy_text, read_policy
from tasks.database import open_engine
from tasks.texts import decode_text, read_bytes
from tasks.workplace import Workplace

_PREFIX = "ZERO137_"
# Characters that end or escape the path within the address of a database.
_MEANINGFUL = frozenset("?#%")


class Settings(BaseModel):
    """What differs between two installations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Annotated[Path, Field(description="保存全部状态的文件夹")] = Path(".zero137")
    host: Annotated[str, Field(description="Prefect 服务监听的地址")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="Prefect 服务监听的端口")] = 4200
    database_url: Annotated[str, Field(description="事实数据库，默认为文件夹内的 SQLite")] = ""
    policy: Annotated[Path | None, Field(description="政策文件，默认使用自带文件")] = None
    units: Annotated[Path | None, Field(description="首次启动时导入的单位目录，默认使用自带文件")] = None
    evidence_mb: Annotated[int, Field(ge=1, le=2048, description="单份印证材料的上限，MB")] = 100
    prefect_database_url: Annotated[str, Field(description="Prefect 的数据库，默认为文件夹内的 SQLite")] = ""
    pool: Annotated[str, Field(pattern=r"^[^/%&><]+$", description="执行流程的工作池")] = "zero137"
    concurrency: Annotated[
        int | None, Field(ge=1, le=64, description="同时执行的流程数，默认 SQLite 为 2，PostgreSQL 为 8")
    ] = None
    restarts: Annotated[int, Field(ge=1, description="两分钟内进程意外退出多少次即停止系统")] = 5
    patrol_cron: Annotated[str, Field(pattern=r"^\S+( \S+){4}$", description="巡查的时间，cron 格式")] = (
        "0,30 9-18 * * *"
    )

    @property
    def api_url(self) -> str:
        """The Prefect API."""
        return f"http://{self.host}:{self.port}/api"

    @property
    def facts_url(self) -> str:
        """The database of facts, as a SQLAlchemy address."""
        return self.database_url or f"sqlite:///{self.home / 'zero137.db'}"

    @property
    def conduct_url(self) -> str:
        """Prefect's database, as a SQLAlchemy address."""
        return self.prefect_database_url or f"sqlite+aiosqlite:///{self.home / 'prefect' / 'prefect.db'}"

    @property
    def runs_at_once(self) -> int:
        """How many flows run at the same time; more only makes SQLite's writers wait for each other."""
        return self.concurrency or (2 if self.conduct_url.startswith("sqlite") else 8)

    def read_policy(self) -> Policy:
        """Return the policy in force.

        Raises:
            InputError: The policy file is missing or wrong.
        """
        if self.policy is None:
            return read_policy(packaged_policy_text(), "policy.toml")
        try:
            return read_policy(decode_text(read_bytes(self.policy), self.policy), self.policy.name)
        except NotFound as error:
            raise InputError(f"ZERO137_POLICY 所指的{error}") from error


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; relative folders are taken from the working folder.

    Raises:
        InputError: A variable with our prefix is unknown or its value is wrong.
    """
    source = os.environ if environment is None else environment
    given = {
        key.removeprefix(_PREFIX).lower(): value for key, value in source.items() if key.startswith(_PREFIX)
    }
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        raise InputError(f"环境变量 {_PREFIX}… 的设置有误：{describe_faults(error)}。") from error
    try:
        home = settings.home.expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise InputError(f"ZERO137_HOME 所指的文件夹 {settings.home} 无法解析，请核对。") from error
    if _MEANINGFUL & set(str(home)):
        raise InputError(
            f"文件夹 {home} 的路径含有 ? # % 之一，数据库地址不能使用，请用 ZERO137_HOME 另行指定。"
        )
    return settings.model_copy(update={"home": home})


def open_workplace(settings: Settings, clock: Clock | None = None) -> Workplace:
    """Return the workplace of an installation; the database must have been created.

    Args:
        settings: The installation.
        clock: Another clock than that of the folder, for tests.

    Raises:
        InputError: The address of the database or the policy file is wrong.
    """
    try:
        engine = open_engine(settings.facts_url)
    except (ArgumentError, ImportError) as error:
        raise InputError("ZERO137_DATABASE_URL 不是可用的数据库地址，请核对或取消该设置。") from error
    return Workplace(
        home=settings.home,
        engine=engine,
        policy=settings.read_policy(),
        evidence_limit=settings.evidence_mb << 20,
        api_url=settings.api_url,
        clock=clock or clock_of(settings.home),
    )


def workplace_from_environment() -> Workplace:
    """Return the workplace of this process; the entry point flows find it by."""
    return open_workplace(load_settings())


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of the server and the worker: all state in one folder, nothing sent out."""
    prefect_home = settings.home / "prefect"
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")},
        **{
            f"{_PREFIX}{key.upper()}": str(value)
            for key, value in settings.model_dump(exclude_none=True).items()
        },
        "PREFECT_HOME": str(prefect_home),
        "PREFECT_PROFILES_PATH": str(prefect_home / "profiles.toml"),
        "PREFECT_API_URL": settings.api_url,
        "PREFECT_SERVER_API_HOST": settings.host,
        "PREFECT_SERVER_API_PORT": str(settings.port),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": settings.conduct_url,
        # The server writes its web pages out when it first starts: state, not part of the package.
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(prefect_home / "ui"),
        # How often the in-process worker looks for work while it cannot hear of it, in seconds.
        "PREFECT_WORKER_QUERY_SECONDS": "0.5",
        # Nothing is guarded against requests forged in a browser, so nobody need ask for a token.
        "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "false",
        # A worker that is gone shows after three of these, in seconds.
        "PREFECT_WORKER_HEARTBEAT_SECONDS": "10",
        # Nothing about the user leaves the machine.
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # Runs are suspended without a time limit; the loop that would end them only costs time.
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "NO_PROXY": f"{settings.host},127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
    }
