"""What is wrong with a run, told from facts."""

from datetime import timedelta

import pytest

from models.runs.diagnosis import PATIENCE, Carried, RunFact, diagnose, is_superfluous
from models.runs.vocabulary import RunFault

CARRIED = Carried("L2026-0001", "run", "verify-r1-n3")
SHORT, LONG = timedelta(seconds=1), PATIENCE + timedelta(seconds=1)


def run(state: str, age: timedelta = SHORT, **changes: object) -> RunFact:
    """Return a run in a state, but for the changes."""
    return RunFact("run", "L2026-0001", state, age, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (None, RunFault.LOST),
        (run("COMPLETED"), RunFault.ENDED),
        (run("FAILED"), RunFault.FAILED),
        (run("CRASHED"), RunFault.CRASHED),
        (run("CANCELLED"), RunFault.CANCELLED),
        (run("CANCELLING"), RunFault.CANCELLED),
        (run("SCHEDULED"), None),
        (run("SCHEDULED", deployed=False), RunFault.DETACHED),
        (run("PAUSED", wait="verify-r1-n3", deployed=False), RunFault.DETACHED),
        (run("PENDING", owned=True), None),
        (run("RUNNING", LONG, owned=True), None),
        (run("PENDING", owned=False), RunFault.ORPHANED),
        (run("RUNNING", owned=False), RunFault.ORPHANED),
        (run("RUNNING"), None),
        (run("RUNNING", LONG), RunFault.ORPHANED),
        (run("PAUSED", wait="verify-r1-n3"), None),
        (run("PAUSED", wait="receipt-r1-n2"), RunFault.SUPERSEDED),
        (run("PAUSED"), RunFault.SUPERSEDED),
    ],
)
def test_every_fault_of_an_open_lead_is_named(found: RunFact | None, fault: RunFault | None) -> None:
    """The run of an open lead is either as it should be or has exactly one fault."""
    assert diagnose(CARRIED, found) is fault


def test_a_lead_without_a_run_was_never_started() -> None:
    """It needs a run, whatever Prefect says."""
    assert diagnose(Carried("L2026-0001", None, None), None) is RunFault.NEVER_STARTED


def test_a_run_that_waits_while_nobody_owes_anything_is_superseded() -> None:
    """The answer was taken in, but the run was never woken."""
    assert diagnose(Carried("L2026-0001", "run", None), run("PAUSED", wait="k")) is RunFault.SUPERSEDED


def test_time_alone_ends_a_wait_for_a_receipt() -> None:
    """That is no fault of the run; it only has to be woken."""
    lapsed = Carried("L2026-0001", "run", "receipt-r1-n2", lapsed=True)
    assert diagnose(lapsed, run("PAUSED", wait="receipt-r1-n2")) is RunFault.LAPSED


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (None, None),
        (run("COMPLETED"), None),
        (run("CANCELLED"), None),
        (run("RUNNING", owned=True), None),
        (run("RUNNING", owned=False), RunFault.ORPHANED),
        (run("PAUSED", wait="review-r1-n9"), RunFault.SUPERSEDED),
    ],
)
def test_the_run_of_a_closed_lead_only_has_to_end(found: RunFact | None, fault: RunFault | None) -> None:
    """One that ended, however it did, or that Prefect has forgotten is of no interest any more."""
    assert diagnose(Carried("L2026-0001", "run", None, closed=True), found) is fault


@pytest.mark.parametrize(
    ("found", "superfluous"),
    [
        (run("SCHEDULED"), False),
        (run("RUNNING", owned=True), False),
        (run("RUNNING", owned=False), True),
        (run("PAUSED"), True),
        (run("CANCELLING"), True),
    ],
)
def test_a_second_run_is_ended_unless_it_ends_by_itself(found: RunFact, *, superfluous: bool) -> None:
    """A run under way finds out that another one carries the lead; a waiting one never would."""
    assert is_superfluous(found, "another") is superfluous


@pytest.mark.parametrize("carrier", [None, "run", "lost"])
def test_a_run_that_carries_or_is_about_to_is_not_superfluous(carrier: str | None) -> None:
    """Whoever made it to continue the lost one was killed before he could say so."""
    assert not is_superfluous(run("PAUSED", continues="lost"), carrier)
