"""Keeping the unit directory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from models.errors import InputError
from models.matters.tables import Assignment, Matter
from models.office.directory import DirectoryFile, UnitFact, check_directory
from models.office.tables import Substitute, Unit, UnitName
from models.office.tenure import Substitution, check_substitutes, check_successors
from models.record.entry_kinds import EntryKind
from tasks.desks import Act
from tasks.office.succession import HandedOn, check_owing, hand_on
from tasks.record.ledger import append_entry
from tasks.turns import take_turn
from tasks.workplace import Workplace, former_names, office_of, substitution_of, unit_fact

_TURN = "单位目录"

Units = Mapping[str, UnitFact]


@dataclass(frozen=True)
class Imported:
    """What an import did: units added and changed, substitutions told anew, and what was handed on."""

    added: int
    changed: int
    substitutes: int
    handed_on: HandedOn


def import_units(
    place: Workplace, units: tuple[UnitFact, ...], origin: str, now: datetime
) -> tuple[int, int]:
    """Import units alone; returns how many were added and how many changed. See ``import_directory``."""
    done = import_directory(place, DirectoryFile(unit=units), origin, now)
    return done.added, done.changed


def import_directory(place: Workplace, told: DirectoryFile, origin: str, now: datetime) -> Imported:
    """Bring the directory in line with a file: its units are added or changed, none is removed.

    A name that is given up is kept with its last day. What a unit owes that ends passes to its successor,
    what an absent one has to decide to its substitute, in the same transaction. Source: ADR-0032.

    Raises:
        InputError: The directory as it would be is ambiguous or has not exactly one bureau, a unit ends that
            owes something and has no able successor, or a substitution cannot be followed.
    """
    today = place.policy.day_of(now)
    with place.writing() as session:
        # Two first starts at once would both find the directory empty.
        take_turn(session, _TURN)
        known, units = _known(session), told.unit
        if len({fact.code.upper() for fact in units}) < len(units):
            raise InputError(f"单位目录 {origin} 中有代码出现了不止一次。")
        settled = {fact.code: fact.settled(known.get(fact.code), today) for fact in units}
        whole = known | settled
        check_directory(whole.values(), origin)
        changed = [fact for code, fact in settled.items() if fact != known.get(code)]
        check_successors([fact for fact in changed if fact.succeeded_by], whole, origin)
        _store(session, changed, known)
        substitutes = _store_substitutes(session, told.substitute, whole, today)
        added = sum(fact.code not in known for fact in changed)
        if changed or substitutes:
            _note(session, origin, now, (added, len(changed) - added, substitutes))
        handed_on = _hand_on(session, place, changed, known, now) if changed or substitutes else HandedOn()
        return Imported(added, len(changed) - added, substitutes, handed_on)


def _known(session: Session) -> dict[str, UnitFact]:
    """Return the directory as it is stored."""
    former = former_names(session)
    return {row.code: unit_fact(row, former.get(row.code, ())) for row in session.exec(select(Unit))}


def _store(session: Session, changed: Sequence[UnitFact], known: Units) -> None:
    """Write units that are new or changed."""
    for fact in changed:
        # Two units may swap their names: the old ones are given up before any new one is taken.
        if fact.code in known and fact.is_renamed(known[fact.code]):
            row = session.get_one(Unit, fact.code)
            row.name, row.short_name = f"（改名中）{fact.code}", f"（改名中）{fact.code}"
            session.add(row)
    session.flush()
    for fact in changed:
        row = session.get(Unit, fact.code) or Unit(
            code=fact.code, name=fact.name, short_name=fact.short_name, roles=[]
        )
        row.name, row.short_name, row.active = fact.name, fact.short_name, fact.active
        row.roles = sorted(role.value for role in fact.roles)
        row.since, row.ended_on, row.succeeded_by = fact.since, fact.ended, fact.succeeded_by or None
        session.add(row)
    session.flush()
    for fact in changed:
        for each in fact.former:
            session.merge(
                UnitName(unit_code=fact.code, until=each.until, name=each.name, short_name=each.short_name)
            )
    session.flush()


def _store_substitutes(session: Session, told: Sequence[Substitution], units: Units, today: date) -> int:
    """Write substitutions, each known by its unit and first day; returns how many are new or changed."""
    stored = {(each.unit, each.first): each for each in _stored_substitutes(session)}
    wanted = {(each.unit, each.first): each for each in told}
    whole = stored | wanted
    check_substitutes(whole.values(), {code: unit.roles for code, unit in units.items()}, units, today)
    changed = [each for key, each in wanted.items() if stored.get(key) != each]
    for each in changed:
        session.merge(Substitute(unit_code=each.unit, first=each.first, by_code=each.by, last=each.last))
    session.flush()
    return len(changed)


def _stored_substitutes(session: Session) -> list[Substitution]:
    """Return who stood, stands and will stand in for whom, in the order of units and days."""
    query = select(Substitute).order_by(col(Substitute.unit_code), col(Substitute.first))
    return [substitution_of(row) for row in session.exec(query)]


def _note(session: Session, origin: str, now: datetime, counted: tuple[int, int, int]) -> None:
    """Note an import in the ledger."""
    added, changed, substitutes = counted
    summary = f"单位目录导入：新增{added}个，修改{changed}个"
    more = {}
    if substitutes:
        summary, more = f"{summary}，代行安排{substitutes}条", {"substitutes": substitutes}
    append_entry(
        session, "units", now, EntryKind.UNITS_IMPORTED, origin, summary, added=added, changed=changed, **more
    )


def _hand_on(
    session: Session, place: Workplace, changed: Iterable[UnitFact], known: Units, now: datetime
) -> HandedOn:
    """Hand on what units that end owe; the ladder looks at those that are back, runs show new names."""
    office = office_of(session, place)
    before = {fact.code: known[fact.code] for fact in changed if fact.code in known}
    ended = [fact for fact in changed if fact.code in before and before[fact.code].active and not fact.active]
    back = [fact.code for fact in changed if fact.code in before and fact.active > before[fact.code].active]
    renamed = [fact.code for fact in changed if fact.code in before and fact.is_renamed(before[fact.code])]
    check_owing(session, office, place.mechanisms, ended)
    owed = update(Assignment).where(
        col(Assignment.unit_code).in_(back), col(Assignment.answered_at).is_(None)
    )
    session.connection().execute(owed.values(rung_at=now))
    owing = select(Assignment.matter_id).where(
        col(Assignment.unit_code).in_(renamed), col(Assignment.answered_at).is_(None)
    )
    session.connection().execute(update(Matter).where(col(Matter.id).in_(owing)).values(stale_since=now))
    return hand_on(Act(session, office, place.mechanisms, now))


def list_units(place: Workplace) -> list[UnitFact]:
    """Return all units in the order of their codes."""
    with place.reading() as session:
        return sorted(_known(session).values(), key=lambda unit: unit.code)


def list_substitutes(place: Workplace) -> list[Substitution]:
    """Return who stood, stands and will stand in for whom, in the order of units and days."""
    with place.reading() as session:
        return _stored_substitutes(session)
