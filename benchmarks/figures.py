"""What a benchmark hands over: rows as they were measured, and figures set against a peer and a goal."""

import math
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from databases import POSTGRESQL, postgresql_version
from ways import Way

Row = dict[str, str | int | float]


@dataclass(frozen=True)
class Figure:
    """One figure: ours, the peer's of the same run, their ratio, and the goal.

    Attributes:
        name: What was measured.
        database: On which kind of database; blank where none matters.
        ours: Our value.
        peer: Its value for the peer.
        peer_name: Who the peer is.
        ratio: How many times better (times, rates) or larger (memory) ours is, as ``ratio_means`` says.
        ratio_means: How to read the ratio.
        goal: What was to be reached, in words; blank where nothing was set.
        reached: Whether it was; None where nothing was set.
    """

    name: str
    database: str
    ours: str
    peer: str
    peer_name: str
    ratio: float | None
    ratio_means: str
    goal: str = ""
    reached: bool | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: a value that was measured, never one in between."""
    return sorted(values)[math.ceil(share * len(values)) - 1]


def spread(values: Sequence[float]) -> Row:
    """Return median, p95 and largest of times in seconds."""
    return {
        "p50_s": round(percentile(values, 0.5), 3),
        "p95_s": round(percentile(values, 0.95), 3),
        "max_s": round(max(values), 3),
    }


def each_cell(
    kinds: Iterable[str], ways: Iterable[Way], measure: Callable[[str, Way], list[Row]]
) -> list[Row]:
    """Measure every way on every kind of database; a fault is a row too, and the others go on."""
    rows: list[Row] = []
    for kind in kinds:
        if kind == POSTGRESQL and not postgresql_version():
            rows.append({"database": kind, "way": "", "skipped": "no PostgreSQL server answers"})
            continue
        for way in ways:
            started = time.monotonic()
            try:
                found = measure(kind, way)
            except Exception as error:  # noqa: BLE001 - hours of measuring must not be lost to one fault
                traceback.print_exc()
                found = [{"failed": f"{type(error).__name__}: {error}"[:300]}]
            told = [{"database": kind, "way": way.name, **row} for row in found]
            seconds = time.monotonic() - started
            print(
                f"  {kind}, {way.name}: {seconds:.0f} s",
                *found[:3],
                sep="\n    ",
                file=sys.stderr,
                flush=True,
            )
            rows += told
    return rows


def pick(rows: Iterable[Row], key: str, **wanted: str) -> list[Row]:
    """Return the rows that have a value under a key and the wanted values under others."""
    return [row for row in rows if key in row and all(row.get(k) == v for k, v in wanted.items())]


def pairs(rows: list[Row], key: str, ours: str, peer: str) -> list[tuple[Row, Row]]:
    """Return our rows that have a value under a key, each with the peer's on the same kind of database."""
    return [
        (mine, other)
        for mine in pick(rows, key, way=ours)
        for other in pick(rows, key, way=peer, database=str(mine["database"]))
    ]


def ratio_of(larger: float, smaller: float) -> float | None:
    """Return a ratio, None where it has none."""
    return round(larger / smaller, 1) if smaller else None
