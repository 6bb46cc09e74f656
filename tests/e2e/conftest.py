"""One running system for the tests that only use it; tests that stop it bring their own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from conftest import Lacking
from harness.databases import both_databases, postgresql_version
from harness.running_system import System
from playwright.sync_api import Page, expect, sync_playwright
from xdist.scheduler import LoadScopeScheduling

# A patrol that comes by its timetable would do by chance what a test is about to do or to see.
NEVER = "0 0 29 2 *"
# The files that use the running system all of them share; one worker takes them all.
SHARING = (
    "test_archive", "test_beside", "test_browser", "test_doctor", "test_exports", "test_lead_changes",
    "test_petitions", "test_real_cases", "test_reconciler", "test_showing", "test_worker",
)  # fmt: skip
# What takes longest begins first, so that no worker is left with it at the end.
FIRST = (
    *SHARING,
    "test_chaos",
    "test_a_mechanism",
    "test_drill",
    "test_several_of_each",
    "test_release_before",
    "test_moving",
)
QUIET = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip


class _Scheduling(LoadScopeScheduling):
    """Gives what shares the system to one worker, and every other file to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        """Return what a test goes together with."""
        file = nodeid.partition("::")[0]
        return "system" if Path(file).stem in SHARING else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling:  # noqa: ANN401 - xdist's own
    """Let several workers share the tests of this folder."""
    return _Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of this folder in the order that ``--no-loadscope-reorder`` keeps."""
    ours = [index for index, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    for index, item in zip(ours, sorted((items[index] for index in ours), key=_rank), strict=True):
        items[index] = item


def _rank(item: pytest.Item) -> int:
    """Return how early a test begins."""
    return FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST)


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, lacking: Lacking) -> Iterator[System]:
    """A system that runs for the tests of this folder, on PostgreSQL where one answers."""
    if not Path("/proc/self/environ").exists():
        lacking("the processes of a system are told apart by /proc, which this machine lacks")
    # Systems of a test's own are on SQLite, so that both are covered without more time.
    folder = tmp_path_factory.mktemp("system")
    databases = both_databases() if postgresql_version() else nullcontext({})
    with databases as addresses, _not_started(folder, **addresses) as running:
        running.up()
        yield running


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[System]:
    """A system of the test's own, not started yet."""
    with _not_started(tmp_path) as running:
        yield running


@pytest.fixture(scope="package")
def attended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system for the tests that end its processes; the last of them stops it for good."""
    with _not_started(tmp_path_factory.mktemp("attended")) as running:
        running.up()
        yield running


@contextmanager
def _not_started(folder: Path, **settings: str) -> Iterator[System]:
    """Give a system that whoever uses it starts, and end what of it still runs."""
    running = System(folder / "home", patrol_cron=NEVER, **settings)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="package")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a system that was stopped, with a lead that waits for its transfer and a pool ``stock``.

    Tests go on with a copy: what they do first is the same.
    """
    with _not_started(tmp_path_factory.mktemp("resting")) as system:
        system.up()
        assert system.api("/work_pools/", {"name": "stock", "type": "process"})["type"] == "process"
        system.json("lead", "add", "--title", "某局违规增设前置条件", "--facts", "要求提供证明。")
        system.await_step("L2026-0001", "待移交")
        assert system.stop() == 0
    return system.home


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A file that serves as evidence."""
    path = tmp_path / "整改情况.txt"
    path.write_text("已发文取消该前置条件，并向社会公布。", encoding="utf-8")
    return path


@pytest.fixture
def page(lacking: Lacking) -> Iterator[Page]:
    """A page in Debian's Chromium, tall enough to see a whole form."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        lacking("Chromium is not installed (Debian package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        opened = browser.new_page(viewport={"width": 1280, "height": 1400}, locale="zh-CN")
        opened.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        yield opened
        browser.close()
