"""On what was measured: no figure means anything without it."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

from databases import postgresql_version

ROOT = Path(__file__).parents[1]


def describe_machine() -> dict[str, str | int | float]:
    """Return processor, memory and versions."""
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count() or 0,
        "memory_gb": round(int(_field("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20), 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "prefect": version("prefect"),
        "sqlite": sqlite3.sqlite_version,
        "postgresql": postgresql_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """Return the commit that is measured, marked where files were changed since; blank outside Git."""
    words = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def _field(path: str, name: str) -> str:
    """Return the first value under a name; blank where there is none."""
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
