"""What is looked at beside our database when the killing is over: runs, processes and exit codes."""

import time

from chaos.invariants import Invariant
from chaos.journal import Journal
from chaos.victim import Victim

_SETTLE_SECONDS, _ORPHAN_SECONDS = 60, 15
_HELD = ("RUNNING", "PENDING")
# How ``up`` may end: asked to, killed, or refused for a reason it told.
_ENDS_OF_UP = ("0", "-9", "-15", "10")
_RECONCILED = (0, 10)


def reconcile(victim: Victim, journal: Journal) -> None:
    """Have an operator look after the runs; the report tells how often that was needed."""
    done = victim.run("reconcile", "--json", check=False)
    journal.reconciled += 1
    journal.tell("核对", done.returncode, " ".join(done.stdout.split()), done.stderr.strip())
    if done.returncode not in _RECONCILED:
        journal.surprises.append(f"reconcile {done.returncode} {done.stderr.strip()[:200]}")


def settle(victim: Victim, journal: Journal) -> Invariant:
    """Wait until no run is held by a worker, let the reconciler look once more, and count."""
    if not journal.faults:
        _until_nothing_is_held(victim)
        reconcile(victim, journal)
        _until_nothing_is_held(victim)
    query = {"flow_runs": {"state": {"type": {"any_": list(_HELD)}}}}
    runs = victim.api("/flow_runs/filter", query) if victim.serving() else None
    wrong = ["服务离线，无法核对"] if runs is None else [f"{run['name']} {run['state_type']}" for run in runs]
    return Invariant("没有执行中或领取中的运行", f"{len(runs or [])}个", tuple(wrong))


def no_orphan(victim: Victim) -> Invariant:
    """Look for processes that outlived the system."""
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while (left := victim.everyone()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return Invariant("没有遗留进程", f"{len(left)}个", tuple(f"进程 {pid}" for pid in left))


def no_surprise(journal: Journal) -> Invariant:
    """Every command and every start ended with a code that is documented for what happened."""
    ends = [f"up 退出：{end}" for end in journal.ends_of_up if end.split()[0] not in _ENDS_OF_UP]
    wrong = (*journal.faults, *journal.surprises, *ends)
    return Invariant("没有意外的退出码与停滞", f"{journal.commands.total()}条命令", wrong)


def _until_nothing_is_held(victim: Victim) -> None:
    """Wait for a while; what is still held then will stand in the table."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while victim.held(*_HELD) != 0 and time.monotonic() < deadline:
        time.sleep(0.5)
