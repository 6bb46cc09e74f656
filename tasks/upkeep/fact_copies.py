"""A copy of all facts: one moment of the source, one transaction of an empty target, proved before it ends.

Moving to another database, backing up and restoring are this copy with other ends. Source: ADR-0020.
"""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from sqlalchemy import Row, Table, func, insert, select, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlmodel import Session, SQLModel

import models.tables  # noqa: F401 - every table is copied
from models.errors import ConflictError, TamperError
from models.lookup.tables import LeadText
from tasks.audit.comparison import check_facts
from tasks.audit.verification import Verified, verify_ledger
from tasks.database import streaming
from tasks.workplace import Workplace

# How many rows are held and written at once.
_AT_ONCE = 1_000
_ALL_DIGESTS = 1 << 256
# The database writes it by itself whenever a lead is inserted. Source: ADR-0017.
_DERIVED = LeadText.__tablename__


@dataclass(frozen=True)
class Proof:
    """What was found in order within a copy: its ledger, and how many matters agree with it."""

    ledger: Verified
    matters: int


@dataclass
class _Sum:
    """A digest over rows in whatever order a database gives them: collations differ, sums do not."""

    rows: int = 0
    total: int = 0

    def take(self, row: Row[tuple[object, ...]]) -> None:
        """Add a row as the program reads it, which is the same on both databases."""
        digest = hashlib.sha256(repr(tuple(row)).encode()).digest()
        self.rows += 1
        self.total = (self.total + int.from_bytes(digest)) % _ALL_DIGESTS


def copy_facts(source: Session, target: Session) -> dict[str, int]:
    """Copy every row of every table, keys included, and compare both sides row by row.

    Nothing is committed here: what fails or is killed leaves the target as empty as it was.

    Args:
        source: A session that sees one moment of a database of the newest revision.
        target: A transaction in another such database, which must not hold a row.

    Returns:
        How many rows each table has, by its name.

    Raises:
        ConflictError: The target is not empty.
        TamperError: Something cannot be read or written as what it should be, or is not what was written;
            its position is the table.
    """
    _take(target)
    written = {table.name: _copy(table, source, target) for table in _tables()}
    for table in _tables():
        if _sum_of(table, target) != written[table.name]:
            raise TamperError(f"表 {table.name} 复制后与来源不一致，未采用，请检查目标数据库。", table.name)
    rows = {name: each.rows for name, each in written.items()}
    _check_search_text(target, rows["lead"])
    _settle(target)
    return rows


def count_rows(session: Session) -> dict[str, int]:
    """Return how many rows each table has that is copied, by its name."""
    return {table.name: _rows(session, table) for table in _tables()}


def newest_entry(session: Session) -> tuple[int, int | None]:
    """Return how many ledger entries there are and the key of the newest: every effect moves them."""
    key = SQLModel.metadata.tables["ledgerentry"].c.id
    entries, newest = session.execute(select(func.count(), func.max(key))).one()
    return entries, newest


def prove(place: Workplace, session: Session) -> Proof:
    """Verify the whole ledger and the facts beside it as a session sees them, committed or not.

    Raises:
        TamperError: The first place that was changed.
    """
    seen = _Seen(**vars(place), session=session)
    return Proof(verify_ledger(seen), check_facts(seen))


@dataclass(frozen=True, kw_only=True)
class _Seen(Workplace):
    """A workplace whose facts are those that one session sees."""

    session: Session

    def reading(self) -> AbstractContextManager[Session]:
        """Give the session; whoever opened it closes it."""
        return nullcontext(self.session)


def _tables() -> list[Table]:
    """Return the tables that are copied, parents before children."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name != _DERIVED]


def _take(target: Session) -> None:
    """Keep others from writing to the target until the end, and refuse it where it holds anything."""
    if target.get_bind().dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in _tables())
        target.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    filled = [table.name for table in _tables() if target.execute(select(table).limit(1)).first()]
    if filled:
        raise ConflictError(
            f"目标数据库不是空的（表 {filled[0]} 已有内容），为避免覆盖未写入，请换一个空数据库。"
        )


def _copy(table: Table, source: Session, target: Session) -> _Sum:
    """Copy one table in the order of its keys: a petition comes after its parent."""
    copied = _Sum()
    query = select(table).order_by(*table.primary_key)
    with _told(table, copied), streaming(source, query) as found:
        for batch in found.partitions(_AT_ONCE):
            target.execute(insert(table), [dict(row._mapping) for row in batch])  # noqa: SLF001 - public, named so
            for row in batch:
                copied.take(row)
    return copied


@contextmanager
def _told(table: Table, copied: _Sum) -> Iterator[None]:
    """Tell what no database takes as the place where it stands; another fault of the database passes."""
    try:
        yield
    except (StatementError, ValueError, LookupError, TypeError) as error:
        reason = str(getattr(error, "orig", None) or error)
        is_content = not isinstance(error, DBAPIError) or isinstance(error, DataError | IntegrityError)
        if not is_content and "decode" not in reason:
            raise
        place = f"{table.name} 第{copied.rows + 1}行起"
        raise TamperError(
            f"表 {place}有内容无法复制（{reason.splitlines()[0]}），请先运行 zero137 ledger verify 核查。",
            place,
        ) from error


def _sum_of(table: Table, session: Session) -> _Sum:
    """Return the digest over all rows of a table."""
    found = _Sum()
    with streaming(session, select(table)) as rows:
        for row in rows:
            found.take(row)
    return found


def _check_search_text(target: Session, leads: int) -> None:
    """Check that the triggers of the target wrote the search text of every lead."""
    found = _rows(target, SQLModel.metadata.tables[str(_DERIVED)])
    if found != leads:
        raise TamperError(f"检索文本有{found}条，线索有{leads}条，请检查目标数据库的触发器。", str(_DERIVED))


def _rows(session: Session, table: Table) -> int:
    """Return how many rows a table has."""
    return int(session.execute(select(func.count()).select_from(table)).scalar_one())


def _settle(target: Session) -> None:
    """Let PostgreSQL go on with the next keys, and know how much there is; SQLite does so by itself."""
    if target.get_bind().dialect.name != "postgresql":
        return
    for table in _tables():
        if (key := table.autoincrement_column) is not None:
            sequence = func.pg_get_serial_sequence(table.name, key.name)
            target.execute(select(func.setval(sequence, func.max(key))).having(func.max(key).is_not(None)))
        target.execute(text(f'ANALYZE "{table.name}"'))
