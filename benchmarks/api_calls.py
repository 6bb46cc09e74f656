"""Benchmark 6: how many calls of the Prefect API one step makes, from the answer to the next wait."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from answering import answer_all, quiet, step_seconds, suspend
from figures import Figure, Row, each_cell, pairs, ratio_of
from leads import register
from scale import Scale
from sites import Site, open_site
from ways import OURS, SERVE, Way

_AFTERMATH_SECONDS = 1.0
_IDLE_SECONDS = 20.0
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_NUMBER = re.compile(r"(?<=/lead-l)\d+-\d+|(?<=/suspended-)[^/]+")
# Only the harness asks this, once a second while it waits for quiet.
_OURS_TO_ASK = "/api/flow_runs/count"
_TOTAL = "total"
# The same server for both, because ours is the one that can be counted.
SERVED = Way(f"{SERVE.name}, on our server", "ours", SERVE.executor, SERVE.settings)
Window = tuple[float, float]
Note = Mapping[str, Any]


def measure(scale: Scale) -> list[Row]:
    """Count the calls of single steps, of ours and of ``serve()``."""
    return each_cell(scale.databases[:1], (OURS, SERVED), lambda kind, way: _counted(scale, kind, way))


def _counted(scale: Scale, kind: str, way: Way) -> list[Row]:
    """Take steps one by one, then look at the idle system for the calls that are made all the time."""
    with open_site(way, kind, counted=True) as site:
        suspend(site, 0)
        windows = [_step(site) for _ in range(scale.counted_steps)]
        time.sleep(_IDLE_SECONDS)
        idle = (time.time() - _IDLE_SECONDS, time.time())
        lines = site.calls.read_text("utf-8").splitlines()
    notes = [note for note in map(json.loads, lines) if note["path"] != _OURS_TO_ASK]
    return _rows(notes, windows, idle)


def _step(site: Site) -> Window:
    """Let one lead take one step; returns when it began and when its last calls are done."""
    docket = register(site, 1)
    docket.start()
    quiet(site)
    time.sleep(2 * _AFTERMATH_SECONDS)
    (sent,) = answer_all(docket)
    quiet(site)
    # What the harness reads afterwards is no call of the step.
    time.sleep(2 * _AFTERMATH_SECONDS)
    (seconds,) = step_seconds(site, [sent])
    return sent.at, sent.at + seconds + _AFTERMATH_SECONDS


def _rows(notes: Iterable[Note], windows: list[Window], idle: Window) -> list[Row]:
    """Return how often each call was made per step, and how often it would have been made without one."""
    asked = Counter(_name(n) for w in windows for n in _within(notes, w, "asked"))
    tried = Counter(_name(n) for w in windows for n in _within(notes, w, "tried"))
    resting = Counter(_name(n) for n in _within(notes, idle, "asked"))
    share = sum(end - begin for begin, end in windows) / len(windows) / _IDLE_SECONDS
    rows = [
        _row(name, asked[name] / len(windows), tried[name] / len(windows), resting[name] * share)
        for name in sorted(asked, key=lambda each: -asked[each])
    ]
    sums = (sum(float(row[key]) for row in rows) for key in ("asked", "tried", "asked_anyway"))
    return [*rows, _row(_TOTAL, *sums)]


def _row(name: str, asked: float, tried: float, anyway: float) -> Row:
    """Return the row of one call; what is tried more often than asked was refused by a locked database."""
    return {
        "call": name, "asked": round(asked, 1), "tried": round(tried, 1), "asked_anyway": round(anyway, 1),
    }  # fmt: skip


def _within(notes: Iterable[Note], window: Window, layer: str) -> list[Note]:
    """Return what was noted by a layer in a span of time."""
    return [note for note in notes if note["layer"] == layer and window[0] <= note["at"] <= window[1]]


def _name(note: Note) -> str:
    """Return method and path with ids left out."""
    path = _NUMBER.sub("…", _ID.sub("{id}", note["path"].removeprefix("/api")))
    return f"{note['method']} {path}"


def figures(rows: list[Row]) -> list[Figure]:
    """Set the calls of our step against those of the same step under ``serve()``."""
    sums = [row for row in rows if row.get("call") == _TOTAL]
    return [_figure(ours, peer) for ours, peer in pairs(sums, "call", OURS.name, SERVED.name)]


def _figure(ours: Row, peer: Row) -> Figure:
    """Return one figure."""
    mine, other = (round(float(row["asked"]) - float(row["asked_anyway"]), 1) for row in (ours, peer))
    return Figure(
        name="API calls of one step, without those an idle system makes",
        database=str(ours["database"]),
        ours=f"{mine:g}",
        peer=f"{other:g}",
        peer_name=SERVED.name,
        ratio=ratio_of(mine, other),
        ratio_means="times as many",
    )
