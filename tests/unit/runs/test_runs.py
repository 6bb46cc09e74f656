"""What is wrong with a run, told from facts."""

from datetime import timedelta

import pytest

from models.runs.diagnosis import PATIENCE, Carried, RunFact, diagnose, is_superfluous
from models.runs.names import run_name
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


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("巡查", "11-30 09:00"), "巡查 · 11-30 09:00"),
        (("巡查", "11-30 09:00", "提醒3条、催办1条"), "巡查 · 11-30 09:00 · 提醒3条、催办1条"),
        (("登记线索", "侯线〔2026〕12号", ""), "登记线索 · 侯线〔2026〕12号"),
        (("批量导入", "线\n索\t\x1b[31m\u202e.xlsx", "未导入"), "批量导入 · 线 索 [31m.xlsx · 未导入"),
        (("延期申请", "\ud800\u200b ", "未受理"), "延期申请 · 未受理"),
        (("批量导入", "长" * 60, "未导入"), f"批量导入 · {'长' * 60} · 未导入"),
        (("批量导入", "长" * 61, "未导入"), f"批量导入 · {'长' * 59}… · 未导入"),
    ],
    ids=["begun", "ended", "blank part", "unseen characters", "nothing to be seen", "longest", "too long"],
)
def test_a_run_is_named_in_one_short_line(parts: tuple[str, ...], name: str) -> None:
    """Whatever was typed as a file's name or a number, what the run did stands at the end."""
    assert run_name(*parts) == name
