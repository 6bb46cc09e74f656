"""Processes that are killed in the middle of their work, as soon as a certain function has done its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from walks.full_office import settings_of

from tasks.workplace import Workplace

_CHILD = """
import importlib, os, signal, sys
module = importlib.import_module(sys.argv[1])
done = getattr(module, sys.argv[2])
def die(*arguments):
    done(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, sys.argv[2], die)
from deployments.cli.main import run
sys.exit(run(sys.argv[3:]))
"""


def environment_of(place: Workplace, **settings: str) -> dict[str, str]:
    """Return the environment of a process that works at the same place, but for some settings."""
    ours = {"home": str(place.home), "database_url": settings_of(place).facts_url, **settings}
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("ZERO137_")},
        **{f"ZERO137_{key.upper()}": value for key, value in ours.items()},
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


def die_after(environment: Mapping[str, str], function: str, *command: object) -> None:
    """Run a command in a process that is killed when a function, given with its module, has returned."""
    words = [sys.executable, "-c", _CHILD, *function.rsplit(".", 1), *map(str, command)]
    ended = subprocess.run(words, env=environment, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
