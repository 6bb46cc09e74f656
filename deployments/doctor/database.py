"""The two databases: whether they answer, of what kind and version they are, how far they are migrated."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from deployments.doctor.site import Site, kind_of, open_briefly
from deployments.installation.clock import Clock
from deployments.installation.revisions import newest_revision, revision_of
from models.upkeep.remarks import Finding, doubtful, fine, unreached, wrong
from tasks.upkeep.server_examination import compare_clocks

# What Prefect asks for, as PostgreSQL itself numbers its versions.
_OLDEST_POSTGRES, _OLDEST_POSTGRES_NAME = 140009, "14.9"
_INIT = "请运行 zero137 init（zero137 up 启动时也会执行）"
# Above this size the whole file is not read for a look, in bytes.
_LARGEST_READ = 512 << 20


def examine_facts_database(site: Site) -> Iterator[Finding]:
    """Tell whether the database of facts can be used by this version of the program."""
    settings = site.settings
    yield from _examine_database(
        "事实数据库", settings.facts_url, "ZERO137_DATABASE_URL", site.clock,
        _INIT, is_ours=True,
    )  # fmt: skip


def examine_conduct_database(site: Site) -> Iterator[Finding]:
    """Tell whether Prefect's database can be used, and whether several servers may share it."""
    settings = site.settings
    yield from _examine_database(
        "Prefect 数据库", settings.conduct_url, "ZERO137_PREFECT_DATABASE_URL", site.clock,
        "Prefect 服务首次启动时自动创建", is_ours=False,
    )  # fmt: skip
    is_sqlite = kind_of(settings.conduct_url) == "sqlite"
    if settings.redis_url.get_secret_value() and is_sqlite:
        yield wrong("Prefect 数据库", "设有 Redis（多个服务），但 Prefect 数据库为 SQLite",
                    "请用 ZERO137_PREFECT_DATABASE_URL 改用 PostgreSQL")  # fmt: skip
    if settings.server_url and not is_sqlite and not settings.redis_url.get_secret_value():
        yield doubtful("Redis", "未设置；多个 Prefect 服务之间不会互通消息",
                       "只有一个服务时可忽略，多个时请设置 ZERO137_REDIS_URL")  # fmt: skip


def _examine_database(
    subject: str, address: str, variable: str, clock: Clock, absent: str, *, is_ours: bool
) -> Iterator[Finding]:
    """Examine one database, by what its address says it is."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        yield wrong(subject, "地址无法识别", f"请核对 {variable}，如 postgresql://用户:口令@主机:5432/库名")
        return
    if url.get_backend_name() == "sqlite":
        yield from _examine_file(subject, Path(url.database or ""), absent, is_ours=is_ours)
    elif url.get_backend_name() == "postgresql":
        yield from _examine_postgres(subject, address, variable, clock, is_ours=is_ours)
    else:
        yield wrong(
            subject, f"不支持 {url.get_backend_name()}", f"请核对 {variable}，可用 SQLite 或 PostgreSQL"
        )


def _examine_file(subject: str, file: Path, absent: str, *, is_ours: bool) -> Iterator[Finding]:
    """Examine an SQLite file without creating or changing it."""
    if not file.exists():
        yield doubtful(subject, f"尚未创建（SQLite，{file.name}）", absent)
        return
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as reader:
            is_sound = _is_sound(reader, file)
            tables = {name for (name,) in reader.execute("SELECT name FROM sqlite_master")}
            held = "SELECT version_num FROM alembic_version"
            held_at = reader.execute(held).fetchone() if "alembic_version" in tables else None
    except sqlite3.OperationalError as error:
        yield unreached(subject, f"SQLite，{file.name} 无法读取（{error}）", "请检查权限和占用它的程序")
        return
    except (sqlite3.DatabaseError, OSError):
        is_sound = False
    if not is_sound:
        yield unreached(subject, f"SQLite，{file.name} 已损坏", "请停止系统并从备份恢复该文件")
        return
    yield fine(subject, f"SQLite {sqlite3.sqlite_version}，{file.name}")
    if is_ours:
        yield _examine_revision(held_at[0] if held_at else None)


def _is_sound(reader: sqlite3.Connection, file: Path) -> bool:
    """Tell whether an SQLite file holds together; a large one is only opened."""
    if file.stat().st_size > _LARGEST_READ:
        return True
    return reader.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]


def _examine_postgres(
    subject: str, address: str, variable: str, clock: Clock, *, is_ours: bool
) -> Iterator[Finding]:
    """Examine a PostgreSQL database."""
    engine = open_briefly(address)
    try:
        yield from _look_into(engine, subject, clock, is_ours=is_ours)
    except OperationalError as error:
        told = str(error.orig).partition("\n")[0].strip()
        yield unreached(subject, f"连不上 PostgreSQL（{told}）",
                        f"请核对 {variable} 的主机、端口、库名和口令，并确认 PostgreSQL 已启动")  # fmt: skip
    except SQLAlchemyError as error:
        yield unreached(subject, f"PostgreSQL 不接受查询（{type(error).__name__}）", "请核对该用户的权限")
    finally:
        engine.dispose()


def _look_into(engine: Engine, subject: str, clock: Clock, *, is_ours: bool) -> Iterator[Finding]:
    """Ask a PostgreSQL server for its version and its clock, and our database for its revision."""
    with engine.connect() as connection:
        number = int(connection.scalar(text("SHOW server_version_num")) or 0)
        name = str(connection.scalar(text("SHOW server_version"))).partition(" ")[0]
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        ours = clock()
        revision = revision_of(connection)
    if number < _OLDEST_POSTGRES:
        yield wrong(subject, f"PostgreSQL {name}", f"请升级到 {_OLDEST_POSTGRES_NAME} 或更高版本")
    else:
        yield fine(subject, f"PostgreSQL {name}")
    yield compare_clocks(subject, theirs, ours)
    if is_ours:
        yield _examine_revision(revision)


def _examine_revision(found: str | None) -> Finding:
    """Compare the revision of the database of facts with what this program knows."""
    newest = newest_revision()
    if found == newest:
        return fine("数据库版本", newest)
    if found is None:
        return wrong("数据库版本", "没有版本记录，表尚未创建", _INIT)
    if found > newest:
        return wrong("数据库版本", f"{found} 由更新的程序创建", "请升级程序后再使用，不要降级运行")
    return wrong("数据库版本", f"{found}，程序需要 {newest}", f"先备份，再升级数据库：{_INIT}")
