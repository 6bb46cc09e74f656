"""Benchmark 4: the start of a short command, against an interpreter that does nothing."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from databases import Addresses
from figures import Figure, Row, ratio_of
from programs import PROGRAMS
from scale import Scale
from sites import prepare_home, settings_of

_LEADS = Path(__file__).parents[1] / "examples" / "leads.csv"
PASS, LIST = "python -c pass", "zero137 lead list"
_COMMANDS: Mapping[str, list[str | Path]] = {
    PASS: [sys.executable, "-c", "pass"],
    "its libraries alone": [sys.executable, "-c", "import click, sqlmodel"],
    LIST: [PROGRAMS / "zero137", "lead", "list"],
}


def measure(scale: Scale) -> list[Row]:
    """Start each command in turn, again and again, so that a slow moment hits all of them."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        settings = settings_of(home, Addresses())
        prepare_home(settings)
        # An empty PYTHONDONTWRITEBYTECODE lets Python keep what it compiled, as it does for a user.
        environment = {
            **os.environ, "ZERO137_HOME": str(home), "ZERO137_PORT": str(settings.port),
            "PYTHONDONTWRITEBYTECODE": "",
        }  # fmt: skip
        _seconds([PROGRAMS / "zero137", "lead", "import", _LEADS], environment)
        times: dict[str, list[float]] = {name: [] for name in _COMMANDS}
        for repetition in range(-2, scale.repetitions):
            for name, command in _COMMANDS.items():
                taken = _seconds(command, environment)
                if repetition >= 0:
                    times[name].append(taken)
    return [_row(name, taken) for name, taken in times.items()]


def _seconds(command: list[str | Path], environment: Mapping[str, str]) -> float:
    """Run a command to its end and return the time it took."""
    begun = time.perf_counter()
    subprocess.run(command, env=dict(environment), check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _row(name: str, taken: list[float]) -> Row:
    """Return the times of one command."""
    return {
        "command": name, "repetitions": len(taken), "median_s": round(median(taken), 4),
        "fastest_s": round(min(taken), 4), "slowest_s": round(max(taken), 4),
    }  # fmt: skip


def figures(rows: list[Row]) -> list[Figure]:
    """Set the command against the empty interpreter."""
    medians = {str(row["command"]): float(row["median_s"]) for row in rows if "median_s" in row}
    return [
        Figure(
            name="start of `zero137 lead list`, median",
            database="",
            ours=f"{medians[LIST] * 1000:.0f} ms",
            peer=f"{medians[PASS] * 1000:.0f} ms",
            peer_name=f"`{PASS}`",
            ratio=ratio_of(medians[LIST], medians[PASS]),
            ratio_means="times as long",
        )
    ]
