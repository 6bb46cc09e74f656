"""A short trial of the fault harness on a system of several processes of each kind."""

from pathlib import Path

import pytest
from chaos.cluster import redis_fault
from chaos.trial import Options, Trial
from conftest import Lacking

pytestmark = pytest.mark.e2e


@pytest.mark.usefixtures("postgres_server")
def test_several_of_each_lose_one_of_each(tmp_path: Path, lacking: Lacking) -> None:
    """Two servers, services and three workers on PostgreSQL and Redis: one of each is killed."""
    if fault := redis_fault():
        lacking(fault)
    said: list[str] = []
    options = Options(seed=137, kills=4, leads=4, home=tmp_path / "home", cluster=True)
    assert Trial(options, said.append).run(), "\n".join(said)
