"""The workplace that a worker keeps: statements, connections and policy serve one run after another."""

import os
import threading
from pathlib import Path

from sqlalchemy import make_url

from deployments.installation.clock import is_drill
from deployments.installation.opening import open_workplace
from deployments.installation.revisions import refuse_later_facts
from deployments.installation.settings import Settings, load_settings
from tasks.workplace import Workplace


class KeptWorkplace:
    """Opened when it is first asked for, and anew when anything it was made of changed; for any thread."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._lock = threading.Lock()
        self._made_of: tuple[object, ...] = ()
        self._place: Workplace | None = None

    def lend(self) -> Workplace:
        """Return the workplace; whoever gets it leaves it open.

        Raises:
            InputError: A setting or the policy file is wrong.
            StartError: A later release has migrated the database.
        """
        settings = load_settings()
        with self._lock:
            made_of = (
                os.getpid(), settings, _stamp(settings.policy), _file_of(settings), is_drill(settings.home)
            )  # fmt: skip
            if self._place is None or self._made_of != made_of:
                self._drop()
                self._made_of, self._place = made_of, open_workplace(settings)
            place = self._place
        refuse_later_facts(place.engine)
        return place

    def close(self) -> None:
        """Give back the database connections."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        """Let go of what is kept; connections that came with a fork are the parent's, and stay open."""
        if self._place is not None:
            self._place.engine.dispose(close=self._made_of[0] == os.getpid())
            self._place = None


def _file_of(settings: Settings) -> tuple[int, int] | None:
    """Return which file holds the facts, as another one may come to its place; None where a server does."""
    address = make_url(settings.facts_url)
    try:
        seen = os.stat(address.database or "") if address.drivername.startswith("sqlite") else None  # noqa: PTH116
    except OSError:
        return None
    return seen and (seen.st_dev, seen.st_ino)


def _stamp(policy: Path | None) -> tuple[int, ...] | None:
    """Return what changes when somebody writes a policy file; None for the packaged one, or where none is."""
    if policy is None or not policy.exists():
        return None
    seen = policy.stat()
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns)
