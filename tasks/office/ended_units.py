"""Telling the bureau, once, of a unit that is no more, still owes something and has no successor.

An import refuses to bring that about; homes of earlier releases may hold it. Source: ADR-0032.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from models.days.terms import day_label
from models.matters.tables import Assignment, Matter
from models.messages.kinds import MessageKind
from models.office.directory import Office, UnitFact
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.messages.posting import NewMessage, is_told, message_key, post
from tasks.record.ledger import append_entry
from tasks.turns import TELLING, take_turn
from tasks.workplace import Workplace, office_of

_SHOWN = 20
_KIND = MessageKind.ENDED_UNIT
_Owed = list[tuple[Assignment, Matter]]


def tell_of_ended_units(place: Workplace, now: datetime) -> int:
    """Write one message to the bureau for each such unit.

    Args:
        place: The workplace.
        now: The moment (aware).

    Returns:
        Of how many units the bureau was told now.
    """
    with place.writing() as session:
        office = office_of(session, place)
        left = list(_left(session, office))
        if left:
            # Two patrols at once would both find that nobody was told yet.
            take_turn(session, TELLING)
        return sum(_tell(session, office, unit, owed, now) for unit, owed in left)


def _left(session: Session, office: Office) -> Iterator[tuple[UnitFact, _Owed]]:
    """Give the units that are no more and still owe something, with what they owe, the nearest first."""
    for unit in office.units:
        if unit.active or office.heir(unit.code).active:
            continue
        query = (
            select(Assignment, Matter)
            .join(Matter)
            .where(Assignment.unit_code == unit.code, col(Assignment.answered_at).is_(None))
            .order_by(col(Assignment.due_on), col(Assignment.id))
        )
        if owed := session.exec(query).all():
            yield unit, list(owed)


def _tell(session: Session, office: Office, unit: UnitFact, owed: _Owed, now: datetime) -> bool:
    """Write about one unit, unless that was done; tells whether it was done now."""
    key = message_key("units", _KIND, unit.code, unit.ended or "")
    if is_told(session, key):
        return False
    bureau = office.bureau()
    values = {
        "addressee": bureau.name, "unit": bureau.name, "owing": unit.name, "count": len(owed),
        "lines": _lines(owed),
    }  # fmt: skip
    post(session, office, [NewMessage(_KIND, bureau.code, message_key(key, bureau.code), values)], now)
    summary = f"{unit.name}已停用，没有承继单位，{len(owed)}件未结事项不再督办，已告知{bureau.name}"
    append_entry(
        session, "units", now, EntryKind.ENDED_UNIT, RULE, summary, unit=unit.code, matters=len(owed)
    )
    return True


def _lines(owed: _Owed) -> list[str]:
    """Return what is owed as lines, the first of many."""
    lines = [
        f"{matter.printed_number} {row.step.label} {day_label(row.due_on, provisional=row.provisional)}"
        for row, matter in owed[:_SHOWN]
    ]
    more = len(owed) - _SHOWN
    return [*lines, *([f"另有{more}条"] if more > 0 else [])]
