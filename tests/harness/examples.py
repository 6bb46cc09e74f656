"""How many examples a law is tried on: every day some of them, by ``make test-long`` all."""

import os

_FEWEST = 8


def examples(full: int) -> int:
    """Return how many of the full number are tried in this run."""
    return full if os.environ.get("TEST_LONG") else max(_FEWEST, full // 4)
