"""Reconciling Prefect with our database: every open matter has one live run, waiting for the right thing.

This makes up for a server that was down or lost its database, for workers that were killed, for runs that
were cancelled or deleted by hand; and it is how a receipt comes to be deemed: nobody answers, time passes.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from models.errors import ConflictError, StartError
from models.matters.tables import Assignment, Matter
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from models.runs.diagnosis import Carried, diagnose, is_orphaned, is_superfluous
from models.runs.vocabulary import RunFault, RunRepair
from tasks.matters.reading import find_matter, key_of
from tasks.record.ledger import append_entry
from tasks.runs.prefect_api import PrefectApi
from tasks.runs.starting import start_run
from tasks.workplace import ApiAddress, Workplace

logger = logging.getLogger(__name__)

# What only one does at a time, on whichever machine.
RECONCILIATION = "核对承办运行"


@dataclass(frozen=True)
class RunFinding:
    """A run that is not as it should be: the fault and the run (None where there never was one).

    ``number`` is the matter, blank for a run that carries none, as an import or a patrol.
    """

    number: str
    fault: RunFault
    run_id: str | None


@dataclass(frozen=True)
class Mended:
    """What was done about a finding; ``repair`` None and a reason where it could not be done now."""

    finding: RunFinding
    repair: RunRepair | None = None
    new_run_id: str | None = None
    reason: str = ""


def find_faults(place: Workplace, now: datetime) -> list[RunFinding]:
    """Return what is wrong with the runs of all matters; nothing is changed.

    Args:
        place: The workplace.
        now: The present moment (aware).

    Raises:
        StartError: The Prefect server is not reached.
    """
    with PrefectApi(place.api) as api:
        return list(_faults(place, api, now))


def reconcile(place: Workplace, now: datetime) -> list[Mended]:
    """Find what is wrong with the runs of all matters and mend it, in the order of registration.

    Two at once would both see the same fault and give the run away twice; so they take turns.

    Args:
        place: The workplace.
        now: The present moment (aware).

    Raises:
        StartError: The Prefect server is not reached, or somebody else has been at it for long.
    """
    with place.alone(RECONCILIATION), PrefectApi(place.api) as api:
        done = (_mend(place, api, finding, now) for finding in list(_faults(place, api, now)))
        return [mended for mended in done if mended is not None]


def orphaned_runs(address: ApiAddress) -> set[str]:
    """Return the runs that claim to be under way although nobody carries them; few runs do at any time.

    Raises:
        StartError: The Prefect server is not reached.
    """
    with PrefectApi(address) as api:
        return {run.id for run in api.held_runs() if is_orphaned(run)}


def standing_matters(place: Workplace) -> set[str]:
    """Return the open matters nobody owes anything for: they are about to go on, or were not woken.

    This asks our database alone, and may be asked often.
    """
    owed = select(Assignment.matter_id).where(col(Assignment.answered_at).is_(None))
    standing = select(Matter.number).where(col(Matter.outcome).is_(None), col(Matter.id).not_in(owed))
    with place.reading() as session:
        return set(session.exec(standing))


def summary_of(mended: Sequence[Mended]) -> str:
    """Return what a reconciler did as one Chinese clause."""
    if not mended:
        return "承办运行均正常"
    counts = Counter(each.repair.label if each.repair else "未能修复" for each in mended)
    return "承办运行：" + "，".join(f"{label}{count}条" for label, count in counts.items())


def _faults(place: Workplace, api: PrefectApi, now: datetime) -> Iterator[RunFinding]:
    """Give the findings: first the open matters in the order of registration, then runs that carry none."""
    # The runs are read first: a matter registered meanwhile is then only found to lack a run it has.
    live = {run.id: run for run in api.live_runs()}
    matters = _matters(place, now, col(Matter.outcome).is_(None))
    missing = [matter.run_id for matter in matters if matter.run_id is not None and matter.run_id not in live]
    runs = live | api.runs_by_id(missing)
    others = live.keys() - {matter.run_id for matter in matters}
    # What remains carries a closed matter to its end, or nothing at all.
    matters += _matters(place, now, col(Matter.flow_run_id).in_(others))
    for matter in matters:
        fault = diagnose(matter, runs.get(matter.run_id or ""))
        if fault is not None:
            yield RunFinding(matter.number, fault, matter.run_id)
    for run_id in others - {matter.run_id for matter in matters}:
        if is_superfluous(live[run_id], _carrier(place, live[run_id].number)):
            yield RunFinding(live[run_id].number, RunFault.DUPLICATED, run_id)
    for run in api.held_runs():
        if not run.number and is_orphaned(run):
            yield RunFinding("", RunFault.ORPHANED, run.id)


def _matters(place: Workplace, now: datetime, which: ColumnElement[bool]) -> list[Carried]:
    """Return matters with what their runs should wait for, in the order of registration."""
    owed = select(Assignment).join(Matter).where(col(Assignment.answered_at).is_(None), which)
    with place.reading() as session:
        assignments = {row.matter_id: row for row in session.exec(owed)}
        matters = session.exec(select(Matter).where(which).order_by(col(Matter.id))).all()
    return [_carried(place, matter, assignments.get(key_of(matter)), now) for matter in matters]


def _carrier(place: Workplace, number: str) -> str | None:
    """Return the run that carries a matter."""
    with place.reading() as session:
        return session.exec(select(Matter.flow_run_id).where(Matter.number == number)).first()


def _carried(place: Workplace, matter: Matter, owed: Assignment | None, now: datetime) -> Carried:
    """Return a matter as the rules see it."""
    shown = owed is not None and owed.form_run_id == matter.flow_run_id
    waits = owed is not None and (owed.held or owed.paused)
    lapses = owed is not None and bool(place.kinds.duty(owed.step).lapse) and not waits
    lapsed = owed is not None and lapses and owed.due_at < now
    wait = owed.form_key if owed is not None and shown else None
    return Carried(matter.number, matter.flow_run_id, wait, lapsed, closed=matter.outcome is not None)


def _mend(place: Workplace, api: PrefectApi, finding: RunFinding, now: datetime) -> Mended | None:
    """Mend one fault and note it in the ledger; None where it has gone meanwhile."""
    try:
        found = _found_again(place, api, finding, now)
        return _repair(place, api, found, now) if found is not None else None
    except (StartError, ConflictError) as error:
        # One matter that cannot be helped now must not keep the others waiting.
        logger.warning("%s：%s", finding.number, error)
        return Mended(finding, reason=str(error))


def _found_again(place: Workplace, api: PrefectApi, finding: RunFinding, now: datetime) -> RunFinding | None:
    """Look at one matter again: facts and runs were read at different moments, and both move on.

    A run that was detached may have crashed meanwhile, because somebody filled in its form.
    """
    run = api.runs_by_id([finding.run_id]).get(finding.run_id) if finding.run_id else None
    if run is not None and not finding.number:
        return finding if is_orphaned(run) else None
    if run is not None and finding.fault is RunFault.DUPLICATED:
        return finding if is_superfluous(run, _carrier(place, finding.number)) else None
    matters = _matters(place, now, col(Matter.number) == finding.number)
    fault = diagnose(matters[0], run) if matters and matters[0].run_id == finding.run_id else None
    return replace(finding, fault=fault) if fault is not None else None


def _repair(place: Workplace, api: PrefectApi, finding: RunFinding, now: datetime) -> Mended | None:
    """Do what the fault asks for; None where Prefect says that it has gone meanwhile."""
    run_id = finding.run_id
    match finding.fault:
        case RunFault.NEVER_STARTED:
            return _noted(place, finding, RunRepair.STARTED, start_run(place, api, finding.number), now)
        case RunFault.ORPHANED if run_id is not None:
            done, repair = api.reschedule(run_id), RunRepair.RESCHEDULED
        case RunFault.SUPERSEDED | RunFault.LAPSED if run_id is not None:
            done, repair = api.wake(run_id), RunRepair.WOKEN
        case RunFault.DUPLICATED if run_id is not None:
            done, repair = api.end(run_id), RunRepair.CANCELLED
        case _:
            return _replace(place, api, finding, now)
    if not done:
        return None
    if finding.fault is RunFault.LAPSED:
        # Time has passed, which is no fault of anybody's; the next step tells of it in the ledger.
        return Mended(finding, repair, run_id)
    return _noted(place, finding, repair, run_id, now)


def _replace(place: Workplace, api: PrefectApi, finding: RunFinding, now: datetime) -> Mended:
    """Let a new run continue for one that is gone.

    The new run waits until the database says that it carries the matter. Killed in between, the next
    reconciler gets the same run from Prefect, or finds it waiting for what nobody asked and wakes it.

    Raises:
        ConflictError: Another reconciler was faster.
    """
    with place.reading() as session:
        name = f"{find_matter(session, finding.number).printed_number} · 接续"
    new_run_id = api.start_carrying(finding.number, name, continues=finding.run_id)
    if finding.fault is RunFault.DETACHED and finding.run_id is not None:
        # Nobody serves it any more. What was filled into its form is read by the new run; whoever comes later
        # is refused, instead of writing where nobody looks again.
        api.end(finding.run_id)
    with place.writing() as session:
        matter = find_matter(session, finding.number, for_change=True)
        if matter.flow_run_id != finding.run_id:
            raise ConflictError("该事项已由另一次核对接续。")
        matter.flow_run_id = new_run_id
        session.add(matter)
        _note(session, finding, RunRepair.REPLACED, new_run_id, now)
    api.wake(new_run_id)
    return Mended(finding, RunRepair.REPLACED, new_run_id)


def _noted(
    place: Workplace, finding: RunFinding, repair: RunRepair, run_id: str | None, now: datetime
) -> Mended:
    """Note a repair in a transaction of its own."""
    with place.writing() as session:
        if finding.number:
            find_matter(session, finding.number, for_change=True)
        _note(session, finding, repair, run_id, now)
    return Mended(finding, repair, run_id)


def _note(
    session: Session, finding: RunFinding, repair: RunRepair, run_id: str | None, now: datetime
) -> None:
    """Write what was found and done into the ledger, with a link from the old run to the new one."""
    subject = "承办运行" if finding.number else "运行"
    append_entry(
        session, finding.number or "runs", now, EntryKind.RUN_REPAIRED, RULE,
        f"{subject}{finding.fault.label}，已{repair.label}",
        fault=finding.fault.value, repair=repair.value, run=finding.run_id, carried_by=run_id,
    )  # fmt: skip
