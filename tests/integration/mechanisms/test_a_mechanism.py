"""A mechanism that exists only in the tests goes through every room with no production file changed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SITE = HERE.parents[1] / "inquiry" / "site"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_mechanism_goes_through_every_room(database: str, request: pytest.FixtureRequest) -> None:
    """Form, message, letter, ladder, board, parts, archive and ledger: see ``joined_inquiry``."""
    if database == "postgresql":
        request.getfixturevalue("postgres_server")
    # The codes are joined when a process starts, before any table has read them.
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", database, "-rN", "--tb=short",
        str(HERE / "joined_inquiry.py"),
    ]  # fmt: skip
    path = os.pathsep.join(filter(None, (str(SITE), os.environ.get("PYTHONPATH", ""))))
    ran = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "17 passed" in ran.stdout, ran.stdout
