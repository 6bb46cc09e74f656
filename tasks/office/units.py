"""Keeping the unit directory."""

from datetime import datetime

from sqlmodel import col, select

from models.errors import InputError
from models.office.directory import UnitFact, check_directory
from models.office.tables import Unit
from models.record.entry_kinds import EntryKind
from tasks.record.ledger import append_entry
from tasks.turns import take_turn
from tasks.workplace import Workplace, unit_fact

_TURN = "单位目录"


def import_units(
    place: Workplace, units: tuple[UnitFact, ...], origin: str, now: datetime
) -> tuple[int, int]:
    """Bring the directory in line with a file: its units are added or changed, none is removed.

    Returns:
        How many units were added and how many changed.

    Raises:
        InputError: The directory as it would be is ambiguous or has not exactly one bureau.
    """
    added = changed = 0
    renamed: set[str] = set()
    with place.writing() as session:
        # Two first starts at once would both find the directory empty.
        take_turn(session, _TURN)
        known = {row.code: unit_fact(row) for row in session.exec(select(Unit))}
        listed = [fact.code.upper() for fact in units]
        if len(set(listed)) < len(listed):
            raise InputError(f"单位目录 {origin} 中有代码出现了不止一次。")
        check_directory((known | {fact.code: fact for fact in units}).values(), origin)
        for fact in units:
            # Two units may swap their names: the old ones are given up before any new one is taken.
            old = session.get(Unit, fact.code)
            if old is not None and (old.name, old.short_name) != (fact.name, fact.short_name):
                renamed.add(fact.code)
                old.name, old.short_name = f"（改名中）{fact.code}", f"（改名中）{fact.code}"
                session.add(old)
        session.flush()
        for fact in units:
            row = session.get(Unit, fact.code)
            if row is not None and fact.code not in renamed and unit_fact(row) == fact:
                continue
            added, changed = added + (row is None), changed + (row is not None)
            row = row or Unit(code=fact.code, name=fact.name, short_name=fact.short_name, roles=[])
            row.name, row.short_name, row.active = fact.name, fact.short_name, fact.active
            row.roles = sorted(role.value for role in fact.roles)
            session.add(row)
        if added or changed:
            summary = f"单位目录导入：新增{added}个，修改{changed}个"
            append_entry(
                session, "units", now, EntryKind.UNITS_IMPORTED, origin, summary, added=added, changed=changed
            )
    return added, changed


def list_units(place: Workplace) -> list[UnitFact]:
    """Return all units in the order of their codes."""
    with place.reading() as session:
        return [unit_fact(row) for row in session.exec(select(Unit).order_by(col(Unit.code)))]
