"""One running system for the tests that only use it; tests that stop it bring their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Lacking
from running_system import System


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, lacking: Lacking) -> Iterator[System]:
    """A system that runs for the tests of this folder."""
    if not Path("/proc/self/environ").exists():
        lacking("the processes of a system are told apart by /proc, which this machine lacks")
    running = System(tmp_path_factory.mktemp("system") / "home")
    try:
        running.up()
        yield running
    finally:
        running.close()


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[System]:
    """A system of the test's own, not started yet."""
    running = System(tmp_path / "home")
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
