"""Opening matters: by themselves with a number of a series, or as parts of another one, numbered after it."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from models.codes import Outcome
from models.matters.kinds import Kind
from models.matters.tables import Matter
from models.office.policy import Policy
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.desks import Act, MatterFile
from tasks.record.ledger import append_entry
from tasks.turns import next_number, take_turn


def series_of(kind: Kind, policy: Policy, now: datetime) -> str:
    """Return the series in which matters of a kind are numbered at a moment (aware)."""
    return f"{kind.called}/{policy.day_of(now).year}"


def open_matter(session: Session, kind: Kind, title: str, policy: Policy, now: datetime) -> Matter:
    """Store a matter that stands by itself, with the next number of its series.

    Its run is started after the transaction, or by the next patrol.

    Args:
        session: The transaction.
        kind: What it is.
        title: What people call it.
        policy: Says how it is numbered.
        now: The moment (aware).

    Raises:
        InputError: The policy does not say how such matters are numbered.
    """
    numbering, year = policy.numbering.of(kind.code), policy.day_of(now).year
    series = series_of(kind, policy, now)
    take_turn(session, series)
    sequence = next_number(session, series)
    matter = Matter(
        kind=kind.code, number=numbering.key_of(year, sequence),
        printed_number=numbering.printed_of(year, sequence), title=title, created_at=now,
    )  # fmt: skip
    session.add(matter)
    session.flush()
    return matter


def open_part(
    session: Session, parent: Matter, kind: Kind, title: str, now: datetime, unit_code: str | None = None
) -> Matter:
    """Store a part with a number after that of its parent, which is locked by the caller.

    Its run is started after the transaction, or by the next patrol.

    Args:
        session: The transaction.
        parent: What it is a part of.
        kind: What it is.
        title: What people call it.
        now: The moment (aware).
        unit_code: The unit whose share it is; None where it is put before somebody about its parent.

    Raises:
        ValueError: Nothing of that kind is ever a part.
    """
    if kind.mark is None:
        raise ValueError(f"{kind.code} is no part")
    of_kind = (col(Matter.parent_id) == parent.id, col(Matter.kind) == kind.code)
    sequence = 1 + session.exec(select(func.count()).select_from(Matter).where(*of_kind)).one()
    part = Matter(
        kind=kind.code, number=f"{parent.number}-{kind.mark.letter}{sequence}", parent_id=parent.id,
        root_id=parent.root_id or parent.id,
        printed_number=f"{parent.printed_number}{kind.mark.word}{sequence}",
        title=title, created_at=now, unit_code=unit_code,
    )  # fmt: skip
    session.add(part)
    session.flush()
    return part


def end_part(act: Act, file: MatterFile, outcome: Outcome, why: str) -> None:
    """End a part that is not to be answered any more.

    Args:
        act: The transaction, which has locked the part and all it belongs to.
        file: The part, which is open, read after it was locked.
        outcome: How it ends.
        why: What happened, for the ledger.
    """
    part, owed = file.matter, file.open_assignment
    part.outcome, part.closed_at = outcome, act.now
    if owed is not None:
        owed.answered_at, owed.rung_at = act.now, None
        act.session.add(owed)
    file.desk.ended(act, file, why)
    act.session.add(part)
    summary = f"{part.kind.label}办结：{outcome.label}（{why}）"
    append_entry(act.session, part.number, act.now, EntryKind.CLOSED, RULE, summary, outcome=outcome.value)
