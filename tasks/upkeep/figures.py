"""The figures by which a system is watched, counted by the database. Source: ADR-0023."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select, text

from models.codes import Outcome, Step
from models.files.tables import StoredFile
from models.files.vocabulary import FileFault
from models.lookup.board import OwedFact
from models.matters.facts import signal
from models.matters.tables import Matter
from models.matters.vocabulary import Signal
from models.messages.tables import Message
from models.messages.vocabulary import WAITING, Delivery
from models.record.tables import LedgerEntry, LedgerHead, Seal
from models.runs.tables import PatrolRound
from models.runs.vocabulary import RunFault
from tasks.lookup.board import owed_facts
from tasks.matters.reading import STANDING
from tasks.workplace import Workplace, work_calendar


@dataclass(frozen=True)
class Figures:
    """How the system stands at one moment; ages in seconds, None where there is nothing to be old.

    Attributes:
        owed: Answers that are owed, by authority, step and signal.
        matters: What stands by itself, by outcome, None for what is open.
        messages: Messages that were not handed over, by what became of them.
        oldest_message: The age of the oldest message that waits.
        repairs: Repairs of runs ever made, by what was wrong.
        entries: Entries of the ledger.
        faulty_files: Stored files by what the last check found wrong.
        sealed: How long ago the ledger was sealed.
        patrolled: How long ago a patrol did all it had to.
        keys_faulty: Whether the keys of informants could not be used then.
    """

    owed: Mapping[tuple[str, Step, Signal], int]
    matters: Mapping[Outcome | None, int]
    messages: Mapping[Delivery, int]
    oldest_message: float | None
    repairs: Mapping[RunFault, int]
    entries: int
    faulty_files: Mapping[FileFault, int]
    sealed: float | None
    patrolled: float | None
    keys_faulty: bool | None


def read_figures(place: Workplace, now: datetime) -> Figures:
    """Return the figures at a moment (aware)."""
    with place.reading() as session:
        owed: Counter[tuple[str, Step, Signal]] = Counter()
        for fact in owed_facts(session, place.policy, work_calendar(session)):
            owed[fact.authority, fact.step, _signal(fact, now)] += fact.count
        patrol = session.exec(select(PatrolRound)).first()
        return Figures(
            owed=owed,
            matters=_matters(session),
            messages=_messages(session),
            oldest_message=_age(_oldest_message(session), now),
            repairs=_repairs(session),
            entries=_entries(session),
            faulty_files=_faulty_files(session),
            sealed=_age(session.exec(select(Seal.at).order_by(col(Seal.number).desc())).first(), now),
            patrolled=_age(patrol.finished_at if patrol else None, now),
            keys_faulty=patrol.keys_faulty if patrol else None,
        )


def _signal(fact: OwedFact, now: datetime) -> Signal:
    """Return how near the due date of what is owed is."""
    return signal(fact.due_at, fact.near_from, now)


def _age(moment: datetime | None, now: datetime) -> float | None:
    """Return how long ago a moment was, in seconds; another machine's clock may be a little ahead."""
    return None if moment is None else max(0.0, (now - moment).total_seconds())


def _matters(session: Session) -> dict[Outcome | None, int]:
    """Count what stands by itself, by outcome."""
    query = select(Matter.outcome, func.count()).where(STANDING)
    found = session.exec(query.group_by(col(Matter.outcome)))
    return {Outcome(code) if code else None: count for code, count in found}


def _messages(session: Session) -> dict[Delivery, int]:
    """Count what was not handed over."""
    query = select(Message.status, func.count()).where(col(Message.status).in_((*WAITING, Delivery.GIVEN_UP)))
    return {Delivery(status): count for status, count in session.exec(query.group_by(col(Message.status)))}


def _oldest_message(session: Session) -> datetime | None:
    """Return when the oldest message that waits was written."""
    return session.exec(select(func.min(Message.created_at)).where(col(Message.status).in_(WAITING))).one()


def _repairs(session: Session) -> dict[RunFault, int]:
    """Count the repairs of runs in the ledger."""
    fault = LedgerEntry.detail["fault"].as_string()
    # Written out, because an index over a part of the rows is not found by a parameter.
    query = select(fault, func.count()).where(text("kind = 'run_repaired'")).group_by(fault)
    return {RunFault(code): count for code, count in session.exec(query)}


def _entries(session: Session) -> int:
    """Count the entries of the ledger, whose streams have no gaps: by their heads, which are few."""
    return int(session.exec(select(func.coalesce(func.sum(LedgerHead.sequence), 0))).one())


def _faulty_files(session: Session) -> dict[FileFault, int]:
    """Count stored files that are not as they were handed in."""
    fault = col(StoredFile.fault)
    found = session.exec(select(fault, func.count()).where(fault.is_not(None)).group_by(fault)).all()
    return {kind: count for kind, count in found if kind is not None}
