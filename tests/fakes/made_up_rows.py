"""Rows made up from what a database itself says of its columns.

So no later revision of the declared tables takes part in what an earlier release is thought to have left.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    insert,
    select,
)

from deployments.keeping.schema import SEARCH_INDEX

# What the database writes by itself.
_DERIVED = ("alembic_version", SEARCH_INDEX, "leadtext")
ROWS_EACH = 2

Rows = Mapping[str, Mapping[str, object]]


def reflected(engine: Engine) -> list[Table]:
    """Return the tables that are there and hold facts, parents before children."""
    there = MetaData()
    there.reflect(engine)
    return [table for table in there.sorted_tables if not table.name.startswith(_DERIVED)]


def fill_every_table(engine: Engine) -> None:
    """Write two rows into every table; what refers to its own table refers to nobody."""
    with engine.begin() as connection:
        written: dict[str, list[dict[str, object]]] = {}
        for table in reflected(engine):
            rows = written.setdefault(table.name, [])
            for number in range(1, ROWS_EACH + 1):
                rows.append({column.name: _value(column, number, written) for column in table.columns})
                connection.execute(insert(table), rows[-1:])


def contents_of(engine: Engine, columns: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the rows of some tables, those columns only, in an order of their own."""
    tables = {table.name: table for table in reflected(engine)}
    with engine.connect() as connection:
        return {name: _rows(connection, tables[name], wanted) for name, wanted in columns.items()}


def columns_of(engine: Engine) -> dict[str, list[str]]:
    """Return the columns of every table."""
    return {table.name: [column.name for column in table.columns] for table in reflected(engine)}


def _rows(connection: Connection, table: Table, wanted: list[str]) -> list[str]:
    """Return the rows of one table as they compare."""
    found: list[Row[tuple[object, ...]]] = list(
        connection.execute(select(*(table.c[name] for name in wanted)))
    )
    return sorted(repr(tuple(map(_comparable, row))) for row in found)


def _comparable(value: object) -> object:
    """Return a moment in UTC, whatever zone a driver tells it in."""
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def _value(column: Column[object], number: int, written: Mapping[str, list[dict[str, object]]]) -> object:
    """Return a value that fits a column and differs from row to row."""
    for key in column.foreign_keys:
        parents = written[key.column.table.name]
        return None if key.column.table is column.table else parents[number - 1][key.column.name]
    if isinstance(column.type, String):
        # The ledger of a matter bears its number.
        name = "N" if column.name in ("stream", "number") else column.name
        return f"{name[:10]}{number}"
    if isinstance(column.type, Integer):
        # Every stream begins with its first entry.
        return 1 if column.name == "sequence" else number
    of_other_kinds: Mapping[type[object], object] = {
        JSON: {"键": [number, None, "值"]},
        Boolean: number == 1,
        DateTime: datetime(2026, 11, 20 + number, 9, 30, 15, 123456, tzinfo=UTC),
        Date: date(2026, 11, 20 + number),
    }
    return next(value for kind, value in of_other_kinds.items() if isinstance(column.type, kind))
