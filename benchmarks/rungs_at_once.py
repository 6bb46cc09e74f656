"""Benchmark 7: many assignments that fall due at the same instant, against bare inserts of the same rows."""

import time
from datetime import datetime
from statistics import median
from typing import Any

from databases import POSTGRESQL, SQLITE
from figures import Figure, Row, each_cell, pairs, ratio_of
from filling import fill
from scale import Scale
from sites import open_facts
from sqlalchemy import JSON, Connection, text
from sqlmodel import SQLModel
from ways import NOBODY, Way

from models.codes import Step
from models.ladder.vocabulary import Rung
from tasks.ladder.escalation import raise_rungs
from tasks.workplace import Workplace, work_calendar

OURS, BARE = "the patrol", "the same rows by bare bulk SQL"
_WRITTEN = ("escalation", "ledgerentry", "message")
_GOAL_SECONDS, _GOAL_RATIO = 10.0, 3.0

Rows = dict[str, list[tuple[Any, ...]]]


def measure(scale: Scale) -> list[Row]:
    """Raise the same rungs again and again, each time followed by the bare inserts."""

    def measure_kind(kind: str, way: Way) -> list[Row]:
        del way
        return [
            *_burst(kind, scale.due_at_once, scale.rounds),
            *_burst(kind, scale.many_due_at_once, 1),
        ]

    return each_cell(scale.databases, [NOBODY], measure_kind)


def _burst(kind: str, count: int, times: int) -> list[Row]:
    """Let that many open leads fall due at once, some times."""
    with open_facts(kind) as place:
        moments = _moments(place, fill(place, count).due_on)
        raise_rungs(place, moments[Rung.REMIND])
        before = _last_ids(place)
        _let_rows_go(place, kind)
        rounds = [_round(place, moments[Rung.DUE_TODAY], before, kind) for _ in range(times)]
    written = sum(rounds[0][2].values())
    return [
        {"way": name, "assignments": count, "rows": written, "rounds": times,
         "median_s": round(median(taken), 3), "slowest_s": round(max(taken), 3)}
        for name, taken in ((OURS, [each[0] for each in rounds]), (BARE, [each[1] for each in rounds]))
    ]  # fmt: skip


def _let_rows_go(place: Workplace, kind: str) -> None:
    """Take away what refuses a deletion from the record, so that a round can be begun anew."""
    guard = "ledgerentry_only_grows ON ledgerentry" if kind == POSTGRESQL else "ledgerentry_no_delete"
    with place.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER {guard}"))


def _moments(place: Workplace, due_on: Any) -> dict[Rung, datetime]:  # noqa: ANN401 - a date
    """Return when each rung of a verification comes."""
    with place.reading() as session:
        rungs = place.policy.rungs(Step.VERIFY, due_on, work_calendar(session))
    return {rung.rule.rung: rung.at for rung in rungs}


def _round(
    place: Workplace, now: datetime, before: dict[str, int], kind: str
) -> tuple[float, float, dict[str, int]]:
    """Return our time, that of the bare inserts, and how many rows each of them wrote; all is as before."""
    begun = time.perf_counter()
    raise_rungs(place, now)
    ours = time.perf_counter() - begun
    with place.engine.begin() as connection:
        rows = {table: _take_out(connection, table, before[table], kind) for table in _WRITTEN}
        connection.execute(text("UPDATE assignment SET rung_at = opened_at WHERE answered_at IS NULL"))
        connection.execute(text("UPDATE matter SET stale_since = NULL"))
    begun = time.perf_counter()
    with place.engine.begin() as connection:
        for table, found in rows.items():
            _insert(connection, table, found, kind)
    bare = time.perf_counter() - begun
    with place.engine.begin() as connection:
        for table in _WRITTEN:
            _take_out(connection, table, before[table], kind)
    return ours, bare, {table: len(found) for table, found in rows.items()}


def _last_ids(place: Workplace) -> dict[str, int]:
    """Return the last key of each table that is written."""
    with place.engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT coalesce(max(id), 0) FROM {table}")).scalar_one()  # noqa: S608 - our own tables
            for table in _WRITTEN
        }


def _take_out(connection: Connection, table: str, after: int, kind: str) -> list[tuple[Any, ...]]:
    """Read the rows behind a key as the driver gives them, and delete them."""
    columns = [
        f"CAST({column.name} AS text)"
        if isinstance(column.type, JSON) and kind == POSTGRESQL
        else column.name
        for column in SQLModel.metadata.tables[table].columns
    ]
    asked = text(f"SELECT {', '.join(columns)} FROM {table} WHERE id > :after ORDER BY id")  # noqa: S608 - as above
    rows = [tuple(row) for row in connection.execute(asked, {"after": after})]
    connection.execute(text(f"DELETE FROM {table} WHERE id > :after"), {"after": after})  # noqa: S608 - as above
    return rows


def _insert(connection: Connection, table: str, rows: list[tuple[Any, ...]], kind: str) -> None:
    """Insert rows as the driver takes them, without anything in between."""
    mark = "?" if kind == SQLITE else "%s"
    names = [column.name for column in SQLModel.metadata.tables[table].columns]
    marks = ", ".join([mark] * len(names))
    connection.exec_driver_sql(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608 - as above


def figures(rows: list[Row]) -> list[Figure]:
    """Set the patrol against the bare inserts of the same run."""
    found = []
    sizes = dict.fromkeys(row["assignments"] for row in rows if "assignments" in row)
    of_each = ([row for row in rows if row.get("assignments") == size] for size in sizes)
    for mine, bare in (pair for of_size in of_each for pair in pairs(of_size, "median_s", OURS, BARE)):
        seconds, peer = float(mine["median_s"]), float(bare["median_s"])
        ratio = ratio_of(seconds, peer)
        has_limit = (mine["database"], mine["assignments"]) == (SQLITE, min(sizes))
        limit = f"≤ {_GOAL_SECONDS:.0f} s, " if has_limit else ""
        reached = ratio is not None and ratio <= _GOAL_RATIO and (not limit or seconds <= _GOAL_SECONDS)
        found.append(
            Figure(
                name=f"{mine['assignments']:,} assignments due at once: every rung and message recorded",
                database=str(mine["database"]),
                ours=f"{seconds:.2f} s",
                peer=f"{peer:.2f} s",
                peer_name=BARE,
                ratio=ratio,
                ratio_means="times as long",
                goal=f"{limit}≤ {_GOAL_RATIO:.0f} times",
                reached=reached,
            )
        )
    return found
