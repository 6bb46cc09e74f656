"""A site: one server, one executor and their databases, in a folder of their own, gone afterwards."""

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from databases import Addresses, databases
from prefect_server import PrefectServer
from processes import Process, end_marked
from programs import our_environment, start_executor, start_server, stock_environment
from ways import Way

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings, load_settings
from deployments.processes.preparing import prepare
from tasks.runs.prefect_api import CARRY_MATTER
from tasks.workplace import Workplace

_START_SECONDS = 240


@dataclass(frozen=True)
class Site:
    """A server and an executor that run, and the connections to both databases."""

    home: Path
    settings: Settings
    place: Workplace
    prefect: PrefectServer
    server: Process
    executor: Process

    def check_alive(self) -> None:
        """Notice that nobody works any more.

        Raises:
            RuntimeError: The server or the executor has ended.
        """
        for process in (self.server, self.executor):
            if process.ended:
                raise RuntimeError(f"ended by itself: …{process.log.read_text('utf-8')[-1000:]}")

    @property
    def calls(self) -> Path:
        """Where a counted server notes what it is asked."""
        return self.home / "calls.jsonl"


@contextmanager
def open_site(
    way: Way, kind: str, *, flow: str = CARRY_MATTER, counted: bool = False, runs_at_once: int | None = None
) -> Iterator[Site]:
    """Bring a site up and take it down.

    Args:
        way: How runs are executed.
        kind: The kind of both databases.
        flow: Which flow is executed.
        counted: Whether our server notes the calls it gets.
        runs_at_once: How many runs our worker executes at once; None for its default.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        addresses = stack.enter_context(databases(kind))
        settings = settings_of(home, addresses)
        if runs_at_once is not None:
            settings = settings.model_copy(update={"concurrency": runs_at_once})
        stack.callback(end_marked, str(home))
        prepare_home(settings)
        place = open_workplace(settings)
        stack.callback(place.close)
        prefect = PrefectServer(settings.api.url)
        stack.callback(prefect.close)
        ours = our_environment(settings)
        stock = {**stock_environment(ours), **way.settings}
        server = stack.enter_context(start_server(way, ours, stock, home, counted=counted))
        until(lambda: prefect.answers("/health"), server, "the server answers")
        executor = stack.enter_context(start_executor(way, ours, stock, home, flow))
        path = f"/deployments/name/{quote(flow)}/{quote(flow)}"
        until(lambda: prefect.answers(path), executor, "the deployment is registered")
        yield Site(home, settings, place, prefect, server, executor)


@contextmanager
def open_facts(kind: str) -> Iterator[Workplace]:
    """Give a workplace over an empty database of facts, without any server."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, databases(kind) as addresses:
        settings = settings_of(Path(folder), addresses)
        prepare_home(settings)
        place = open_workplace(settings)
        try:
            yield place
        finally:
            place.close()


def settings_of(home: Path, addresses: Addresses) -> Settings:
    """Return the settings of an installation in a folder, on a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {
        "ZERO137_HOME": str(home),
        "ZERO137_PORT": str(port),
        "ZERO137_DATABASE_URL": addresses.facts,
        "ZERO137_PREFECT_DATABASE_URL": addresses.prefect,
        # No patrol may fall into a measurement; a year is long enough.
        "ZERO137_PATROL_CRON": "0 0 1 1 *",
    }
    return load_settings(given)


def prepare_home(settings: Settings) -> None:
    """Create the folders and the tables of the facts and import the units."""
    for name in ("logs", "prefect", "evidence"):
        (settings.home / name).mkdir()
    prepare(settings, lambda _: None)


def until(look: Callable[[], bool], process: Process, what: str, seconds: float = _START_SECONDS) -> None:
    """Wait until something is so.

    Raises:
        RuntimeError: The process ended, or it takes too long.
    """
    deadline = time.monotonic() + seconds
    while not look():
        if process.ended or time.monotonic() > deadline:
            raise RuntimeError(f"not so: {what}; {process.log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.5)
