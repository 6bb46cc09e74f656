"""The two ends of a copy of all facts: a database that holds them, and an empty one that takes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, inspect
from sqlalchemy.exc import ArgumentError, DatabaseError

from deployments.installation.revisions import is_known, newest_revision, revision_of
from deployments.keeping.schema import migrate
from models.errors import ConflictError, InputError, StartError
from tasks.database import open_engine


@contextmanager
def opened(url: str, option: str) -> Iterator[Engine]:
    """Open a database by the address a person gave with an option, and give its connections back at the end.

    Raises:
        InputError: The address is none.
    """
    try:
        engine = open_engine(url)
    except (ArgumentError, ImportError, ValueError):
        # The cause would name the address, password included, in every log it reaches.
        raise InputError(
            f"{option} 不是可用的数据库地址，应如 sqlite:////路径/zero137.db 或"
            " postgresql://用户:口令@主机/数据库，请核对。"
        ) from None
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def opened_file(path: Path) -> Iterator[Engine]:
    """Open a SQLite database by its path, whatever characters that has."""
    engine = open_engine(URL.create("sqlite", database=str(path)))
    try:
        yield engine
    finally:
        engine.dispose()


def require_source(engine: Engine, name: str) -> None:
    """Refuse to copy from what is no database of facts of the newest revision.

    Args:
        engine: The database.
        name: What it is called in the refusal.

    Raises:
        StartError: It cannot be reached, is none of ours, or is of another release.
    """
    with _reached(name):
        found = _revision_of(engine) if _is_there(engine) else None
    if found is None:
        raise StartError(f"{name}不存在或不是本系统的数据库，请核对地址。")
    if not is_known(found):
        raise StartError(f"{name}由更新的版本创建，请升级程序后再试。")
    if found != newest_revision():
        raise StartError(f"{name}由较早的版本创建，请先对它运行 zero137 init 升级。")


def prepare_target(engine: Engine, name: str) -> None:
    """Build the tables in a database that holds nothing yet; whether they hold rows is told by the copy.

    Raises:
        StartError: It cannot be reached or written.
        ConflictError: It belongs to somebody else, or to a later release.
    """
    with _reached(name):
        found = _revision_of(engine)
        if inspect(engine).get_table_names() if found is None else not is_known(found):
            raise ConflictError(f"{name}已有别的内容，为避免覆盖未写入，请换一个空数据库。")
        migrate(engine)


def _revision_of(engine: Engine) -> str | None:
    """Return the revision of a database."""
    with engine.connect() as connection:
        return revision_of(connection)


def _is_there(engine: Engine) -> bool:
    """Tell whether a database is there as far as its address says: to connect to a file would create it."""
    return engine.dialect.name != "sqlite" or Path(str(engine.url.database)).is_file()


@contextmanager
def _reached(name: str) -> Iterator[None]:
    """Tell that a database cannot be reached, with what it says itself."""
    try:
        yield
    except DatabaseError as error:
        reason = (str(error.orig).strip() or "?").splitlines()[0]
        raise StartError(f"{name}连不上或不能建表（{reason}），请核对地址、权限和数据库服务。") from error
