"""Benchmark 8: a patrol that finds nothing to raise, with few and with very many open assignments."""

import time
from datetime import timedelta
from statistics import median

from figures import Figure, Row, each_cell, pairs, ratio_of
from filling import REGISTERED, fill
from scale import Scale
from sites import open_facts
from ways import NOBODY, Way

from tasks.ladder.escalation import find_due, raise_rungs

_GOAL_SECONDS = 0.020
_LOOKS = 50


def measure(scale: Scale) -> list[Row]:
    """Ask again and again while no rung has come."""

    def measure_kind(kind: str, way: Way) -> list[Row]:
        del way
        return [_row(kind, count) for count in (scale.few_open, scale.many_open)]

    return each_cell(scale.databases, [NOBODY], measure_kind)


def _row(kind: str, count: int) -> Row:
    """Return what one look costs with that many open assignments."""
    now = REGISTERED + timedelta(minutes=2)
    queries, patrols = [], []
    with open_facts(kind) as place:
        fill(place, count)
        for _ in range(_LOOKS):
            begun = time.perf_counter()
            with place.reading() as session:
                if find_due(session, now):
                    raise RuntimeError("nothing was to be due")
            queries.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            raise_rungs(place, now)
            patrols.append(time.perf_counter() - begun)
    # The first look of each kind warms the caches.
    return {
        "way": f"{count:,} open", "query_median_ms": _milliseconds(median(queries[1:])),
        "query_slowest_ms": _milliseconds(max(queries[1:])),
        "whole_step_median_ms": _milliseconds(median(patrols[1:])),
    }  # fmt: skip


def _milliseconds(seconds: float) -> float:
    """Return seconds as milliseconds to be read."""
    return round(seconds * 1000, 2)


def figures(rows: list[Row]) -> list[Figure]:
    """Set the many against the few."""
    ways = list(dict.fromkeys(str(row["way"]) for row in rows if "query_median_ms" in row))
    if len(ways) < 2:
        return []
    few, many = ways[:2]
    found = []
    for large, small in pairs(rows, "query_median_ms", many, few):
        ours, peer = float(large["query_median_ms"]), float(small["query_median_ms"])
        found.append(
            Figure(
                name=f"query of an idle patrol, {many}",
                database=str(large["database"]),
                ours=f"{ours:.2f} ms",
                peer=f"{peer:.2f} ms",
                peer_name=f"the same with {few}",
                ratio=ratio_of(ours, peer),
                ratio_means="times as long",
                goal=f"≤ {_GOAL_SECONDS * 1000:.0f} ms",
                reached=ours <= _GOAL_SECONDS * 1000,
            )
        )
    return found
