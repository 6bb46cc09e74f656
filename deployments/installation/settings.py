"""Settings: the one place that reads the environment.

Every setting is a variable ``ZERO137_…``; what is not set has a default that works on a bare machine.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from deployments.installation.access import auth_fault
from models.errors import InputError, NotFound
from models.office.policy import Policy, describe_faults, packaged_policy_text, read_policy
from tasks.given.files import decode_text, read_bytes
from tasks.workplace import ApiAddress, KeySource

_PREFIX = "ZERO137_"
# A secret may lie in a file instead, whose path is then given under the same name with this ending.
_IN_FILE = "_file"
# Characters that end or escape the path within the address of a database.
_MEANINGFUL = frozenset("?#%")


class LogFormat(StrEnum):
    """How log lines are written: for people, or for programs."""

    TEXT = "text"
    JSON = "json"


class Settings(BaseModel):
    """What differs between two installations."""

    # What was given for a secret must not come back in the text of an error, which logs keep.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    home: Annotated[Path, Field(description="保存全部状态的文件夹")] = Path(".zero137")
    host: Annotated[str, Field(description="Prefect 服务监听的地址")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="Prefect 服务监听的端口")] = 4200
    server_url: Annotated[
        str,
        Field(
            pattern=r"^$|^https?://[^/\s]+[^\s]*$",
            description="别的机器访问 Prefect 服务的地址，默认为本机监听的地址",
        ),
    ] = ""
    auth: Annotated[
        SecretStr | None, Field(description="Prefect 服务的登录名和口令，以冒号分隔；不在本机监听时必填")
    ] = None
    database_url: Annotated[SecretStr, Field(description="事实数据库，默认为文件夹内的 SQLite")] = SecretStr(
        ""
    )
    policy: Annotated[Path | None, Field(description="政策文件，默认使用自带文件")] = None
    units: Annotated[Path | None, Field(description="首次启动时导入的单位目录，默认使用自带文件")] = None
    informant_key: Annotated[
        SecretStr | None, Field(description="举报人信息的密钥，多个用逗号隔开，现用的在前；优先于密钥文件")
    ] = None
    informant_key_file: Annotated[
        Path | None, Field(description="举报人信息的密钥文件，默认为文件夹内的 informant.key")
    ] = None
    evidence_mb: Annotated[int, Field(ge=1, le=2048, description="单份印证材料的上限，MB")] = 100
    store_url: Annotated[
        str, Field(description="存放材料和公文文件的位置：共享文件夹或 s3://桶/前缀，默认为文件夹本身")
    ] = ""
    store_endpoint: Annotated[
        str, Field(pattern=r"^$|^https?://[^/\s]+/?$", description="S3 兼容存储的服务地址，默认为 AWS")
    ] = ""
    prefect_database_url: Annotated[
        SecretStr, Field(description="Prefect 的数据库，默认为文件夹内的 SQLite")
    ] = SecretStr("")
    redis_url: Annotated[
        SecretStr, Field(description="多个 Prefect 服务之间传递消息的 Redis，只有一个服务时不需要")
    ] = SecretStr("")
    pool: Annotated[str, Field(pattern=r"^[^/%&><]+$", description="执行流程的工作池")] = "zero137"
    concurrency: Annotated[int, Field(ge=1, le=64, description="每个执行进程同时执行的流程数")] = 8
    restarts: Annotated[int, Field(ge=1, description="两分钟内进程意外退出多少次即停止系统")] = 5
    run_days: Annotated[int, Field(ge=1, le=36500, description="Prefect 中已结束的运行保留的天数")] = 365
    event_days: Annotated[int, Field(ge=1, le=3650, description="Prefect 的事件保留的天数")] = 7
    health_port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="单独运行的 work、services 进程答复探测的端口，默认不答复"),
    ] = None
    log_format: Annotated[LogFormat, Field(description="日志的格式：text 或 json")] = LogFormat.TEXT
    patrol_cron: Annotated[str, Field(pattern=r"^\S+( \S+){4}$", description="巡查的时间，cron 格式")] = (
        "0,30 9-18 * * *"
    )

    @field_validator("auth")
    @classmethod
    def _is_a_login(cls, auth: SecretStr | None) -> SecretStr | None:
        """Refuse a login that protects nothing; a blank one is none."""
        if auth is None or not auth.get_secret_value():
            return None
        if fault := auth_fault(auth.get_secret_value()):
            raise ValueError(fault)
        return auth

    @property
    def ui_url(self) -> str:
        """Where browsers, workers and commands find the server."""
        return self.server_url.rstrip("/") or f"http://{_reached_at(self.host)}:{self.port}"

    @property
    def api(self) -> ApiAddress:
        """The Prefect API, and what it asks for."""
        return ApiAddress(f"{self.ui_url}/api", self.auth)

    @property
    def facts_url(self) -> str:
        """The database of facts, as a SQLAlchemy address."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home / 'zero137.db'}"

    @property
    def conduct_url(self) -> str:
        """Prefect's database, as a SQLAlchemy address."""
        given = self.prefect_database_url.get_secret_value()
        return given or f"sqlite+aiosqlite:///{self.home / 'prefect' / 'prefect.db'}"

    @property
    def key_source(self) -> KeySource:
        """Where the keys of informants' identities come from."""
        given = self.informant_key or None
        if self.informant_key_file is None:
            return KeySource(given=given)
        return KeySource(self.informant_key_file.expanduser().absolute(), given)

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


# What may lie in a file. The keys of informants have a file of their own kind, which is not read whole.
SECRETS = ("auth", "database_url", "prefect_database_url", "redis_url")


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; relative folders are taken from the working folder.

    Raises:
        InputError: A variable with our prefix is unknown or its value is wrong.
    """
    source = os.environ if environment is None else environment
    given = _with_secrets(
        {key.removeprefix(_PREFIX).lower(): value for key, value in source.items() if key.startswith(_PREFIX)}
    )
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


def settings_as_far_as_right() -> tuple[Settings, list[str]]:
    """Return the settings without what is wrong with them, and each fault as a sentence."""
    kept = {key: value for key, value in os.environ.items() if key.startswith(_PREFIX)}
    faults = []
    for name, value in sorted(kept.items()):
        alone = {name: value}
        try:
            load_settings(alone)
        except InputError as error:
            faults.append(str(error))
            del kept[name]
    try:
        return load_settings(kept), faults
    except InputError as error:
        # Each is right by itself, but not together, as a secret that is given twice.
        return load_settings({}), [*faults, str(error)]


def secret_files() -> dict[str, Path]:
    """Return the files that secrets are read from, by variable."""
    names = (f"{_PREFIX}{(name + _IN_FILE).upper()}" for name in SECRETS)
    return {name: Path(os.environ[name]) for name in names if os.environ.get(name)}


def _with_secrets(given: Mapping[str, str]) -> dict[str, str]:
    """Return what was given with the secrets that lie in files, as those of a container platform.

    Raises:
        InputError: A file cannot be read, or a secret is given twice.
    """
    whole = dict(given)
    for name in SECRETS:
        path = whole.pop(name + _IN_FILE, "")
        if not path:
            continue
        variable = f"{_PREFIX}{name.upper()}"
        if whole.get(name):
            raise InputError(f"{variable} 和 {variable}_FILE 只能设置一个。")
        try:
            whole[name] = decode_text(read_bytes(Path(path)), Path(path)).strip()
        except (NotFound, InputError) as error:
            raise InputError(f"{variable}_FILE 所指的{error}") from error
        if not whole[name]:
            # What was meant to be there must not silently become the default.
            raise InputError(f"{variable}_FILE 所指的文件 {path} 是空的，请写入内容。")
    return whole


def _reached_at(host: str) -> str:
    """Return where a server is reached from its own machine; one that listens everywhere listens here too."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
