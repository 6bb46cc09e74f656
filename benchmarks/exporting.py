"""Benchmark 14: the 台账 of very many leads as a file, against plain SQL and against the bare library."""

import json
import subprocess
import sys
from pathlib import Path

from figures import Figure, Row, each_cell, pairs, ratio_of
from many_leads import fill_many
from scale import Scale
from sites import open_facts
from ways import NOBODY, Way

from tasks.workplace import Workplace

CSV, XLSX, JSONL = "zero137, CSV", "zero137, XLSX", "zero137, JSONL"
PLAIN_CSV, PLAIN_JSON = "plain SQL of the same shape, csv.writer", "plain SQL of the same rows, json.dumps"
BARE, OTHER = "the same cells, bare XlsxWriter", "the same cells, bare openpyxl"
# The CSV comes first: its cells are what the bare libraries write.
_RUNS = (
    (CSV, "ours", "cells.csv"), (PLAIN_CSV, "plain_csv", "plain.csv"), (JSONL, "ours", "ours.jsonl"),
    (PLAIN_JSON, "plain_json", "plain.jsonl"), (XLSX, "ours", "ours.xlsx"), (BARE, "xlsxwriter", "bare.xlsx"),
    (OTHER, "openpyxl", "other.xlsx"),
)  # fmt: skip
_PEERS = ((CSV, PLAIN_CSV), (JSONL, PLAIN_JSON), (XLSX, BARE))
_GOAL_RATIO, _GOAL_MB = 3.0, 150


def measure(scale: Scale) -> list[Row]:
    """Export by each way in a process of its own, so that its memory is its own."""

    def measure_kind(kind: str, way: Way) -> list[Row]:
        del way
        with open_facts(kind) as place:
            fill_many(place, scale.many_leads)
            return [{"way": name, **_export(place, how, file)} for name, how, file in _RUNS]

    return each_cell(scale.databases, [NOBODY], measure_kind)


def _export(place: Workplace, how: str, file: str) -> Row:
    """Return what one export took, and the size of its file."""
    url = place.engine.url.render_as_string(hide_password=False)
    target = place.home / file
    script = Path(__file__).with_name("export_way.py")
    words = [sys.executable, script, how, place.home, url, target, place.home / "cells.csv"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-300:])
    row: Row = json.loads(done.stdout)
    return {**row, "file_mb": round(target.stat().st_size / (1 << 20), 1)}


def figures(rows: list[Row]) -> list[Figure]:
    """Set each shape against its peer of the same run."""
    found = []
    for ours, peer in _PEERS:
        for mine, other in pairs(rows, "seconds", ours, peer):
            seconds, theirs = float(mine["seconds"]), float(other["seconds"])
            ratio = ratio_of(seconds, theirs)
            found.append(
                Figure(
                    name=f"{mine['leads']:,} leads by {ours}, most memory {mine['peak_mb']} MB",
                    database=str(mine["database"]), ours=f"{seconds:.1f} s", peer=f"{theirs:.1f} s",
                    peer_name=peer, ratio=ratio, ratio_means="times as long",
                    goal=f"≤ {_GOAL_RATIO:g} times, ≤ {_GOAL_MB} MB",
                    reached=ratio is not None and ratio <= _GOAL_RATIO and int(mine["peak_mb"]) <= _GOAL_MB,
                )
            )  # fmt: skip
    return found
