"""A short trial of the fault harness: leads are conducted while processes are killed."""

from pathlib import Path

import pytest
from chaos.trial import Options, Trial
from conftest import Lacking

pytestmark = pytest.mark.e2e


def test_six_kills_and_a_lost_database_change_no_fact(tmp_path: Path, lacking: Lacking) -> None:
    """Every invariant holds after a kill of each kind and the loss of Prefect's database."""
    if not Path("/proc/self/environ").exists():
        lacking("the processes of a system are told apart by /proc, which this machine lacks")
    said: list[str] = []
    trial = Trial(Options(seed=137, kills=6, leads=4, home=tmp_path / "home"), said.append)
    assert trial.run(), "\n".join(said)
    assert "种子 137" in said[0]
