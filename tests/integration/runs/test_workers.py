"""Who carries a run: names, claims and who lives."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tasks.runs.signatures import (
    SILENCE,
    Heard,
    claim_message,
    claimed_by,
    is_living,
    last_claim,
    worker_name,
)

_NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_ONLINE = Heard(online=True, at=_NOW)
_OFFLINE = Heard(online=False, at=_NOW - timedelta(minutes=5))


def test_a_claim_names_its_worker() -> None:
    """What is signed can be read again; any other message is signed by nobody."""
    assert claimed_by(claim_message("host-17")).startswith("host-17/")
    assert claimed_by("Flow run was resumed") == ""
    assert claimed_by(None) == ""


def test_the_last_claim_counts() -> None:
    """A run passes through many hands, and not every state is signed."""
    states = [("3", None), ("2", claim_message("b-2")), ("1", claim_message("a-1"))]
    assert last_claim(states) == claimed_by(claim_message("b-2"))
    assert last_claim([("1", None)]) == ""


def test_a_worker_of_this_machine_lives_while_its_process_does() -> None:
    """Its heartbeat is not asked: it would be heard for half a minute after the end."""
    mine = claimed_by(claim_message(worker_name(os.getpid())))
    assert is_living(mine, {})
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    name = worker_name(ended.pid)
    assert is_living(f"{name}/1", {name: _ONLINE}) is False


def test_a_number_that_was_given_again_is_not_the_same_worker() -> None:
    """In a container, the next process often has the number of the last one."""
    assert is_living(f"{worker_name(os.getpid())}/1", {}) is False


def test_a_worker_elsewhere_lives_while_it_is_heard() -> None:
    """One that is not heard may live all the same: the server was away, or the network."""
    assert is_living("elsewhere-1-0a/99", {"elsewhere-1-0a": _ONLINE})
    assert is_living("elsewhere-1-0a/99", {}) is None
    assert is_living("elsewhere-1-0a/99", {"elsewhere-1-0a": _OFFLINE}) is None
    assert is_living("by-hand", {"by-hand": _ONLINE})


def test_a_worker_elsewhere_has_ended_when_another_one_was_heard_long_after_it() -> None:
    """Then it is not the server that was away; and that Prefect still lists it as online does not help."""
    heard = {"gone-1-0a": Heard(online=True, at=_NOW - SILENCE), "here-2-0b": _ONLINE}
    assert is_living("gone-1-0a/99", heard)
    heard["gone-1-0a"] = Heard(online=True, at=_NOW - SILENCE - timedelta(seconds=1))
    assert is_living("gone-1-0a/99", heard) is False


def test_two_containers_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have a process 1, and may share the name of their host and even the tick they began at."""
    here = worker_name(os.getpid())
    signed = claimed_by(claim_message(here))
    monkeypatch.setattr("tasks.runs.signatures._place", lambda: "another0")
    assert worker_name(os.getpid()) != here
    # Seen from the other container, where that number is another process, its heartbeat alone counts.
    assert is_living(signed, {here: _ONLINE})
    assert is_living(signed, {}) is None
