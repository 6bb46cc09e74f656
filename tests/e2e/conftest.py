"""One running system for the tests that only use it; tests that stop it bring their own."""

import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from conftest import Lacking
from harness.databases import both_databases, postgresql_version
from harness.running_system import System
from playwright.sync_api import Page, expect, sync_playwright

# A patrol that comes by its timetable would do by chance what a test is about to do or to see.
NEVER = "0 0 29 2 *"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
]  # fmt: skip


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, lacking: Lacking) -> Iterator[System]:
    """A system that runs for the tests of this folder, on PostgreSQL where one answers."""
    if not Path("/proc/self/environ").exists():
        lacking("the processes of a system are told apart by /proc, which this machine lacks")
    # Systems of a test's own are on SQLite, so that both are covered without more time.
    with both_databases() if postgresql_version() else nullcontext({}) as addresses:
        running = System(tmp_path_factory.mktemp("system") / "home", patrol_cron=NEVER, **addresses)
        try:
            running.up()
            yield running
        finally:
            running.close()


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[System]:
    """A system of the test's own, not started yet."""
    running = System(tmp_path / "home", patrol_cron=NEVER)
    try:
        yield running
    finally:
        running.close()


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
