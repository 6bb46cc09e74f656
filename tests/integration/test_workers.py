"""Who carries a run: names, claims and who lives."""

import os
import subprocess
import sys

from tasks.workers import claim_message, claimed_by, is_living, worker_name


def test_a_claim_names_its_worker() -> None:
    """What is signed can be read again; any other message is signed by nobody."""
    assert claimed_by(claim_message("host-17")) == "host-17"
    assert claimed_by("Flow run was resumed") == ""
    assert claimed_by(None) == ""


def test_a_worker_of_this_machine_lives_while_its_process_does() -> None:
    """Its heartbeat is not asked: it would be heard for half a minute after the end."""
    assert is_living(worker_name(os.getpid()), ())
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    name = worker_name(ended.pid)
    assert not is_living(name, {name})


def test_a_worker_elsewhere_lives_while_it_is_heard() -> None:
    """Neither another host's processes nor a name given by hand can be looked up here."""
    assert is_living("elsewhere-1", {"elsewhere-1"})
    assert not is_living("elsewhere-1", set())
    assert is_living("by-hand", {"by-hand"})
