"""The workplace: where the facts lie and by which rules they are read, handed to every effect."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from models.days.calendar import DayKind, NoticeDay, WorkCalendar, YearNotice, published_calendar
from models.days.tables import CalendarNotice
from models.matters.kinds import Kinds
from models.office.directory import Office, UnitFact
from models.office.policy import Policy
from models.office.tables import Substitute, Unit, UnitName
from models.office.tenure import FormerName, Substitution
from models.office.vocabulary import Role
from models.texts import check_person
from tasks.database import alone, reading, writing
from tasks.desks import Mechanisms
from tasks.store.protocol import Store


@dataclass(frozen=True)
class KeySource:
    """Where the keys of informants' identities come from.

    Attributes:
        file: One key a line, the current one first; taken from the home folder unless absolute.
        given: Keys from the environment, separated by commas, which go before the file; None where unset.
    """

    file: Path = Path("informant.key")
    given: SecretStr | None = None


@dataclass(frozen=True)
class ApiAddress:
    """Where the Prefect API is, as http://127.0.0.1:4200/api, and the user:password it asks for."""

    url: str
    auth: SecretStr | None = None


@dataclass(frozen=True)
class Workplace:
    """Everything an effect needs and may not look up by itself.

    Attributes:
        home: The one folder that holds all state but what lies in the databases and the store.
        store: Where evidence, documents and exports lie.
        engine: The database of facts.
        policy: The figures in force.
        evidence_limit: The largest evidence file taken, in bytes.
        api: The Prefect API.
        clock: Gives the present moment (aware); accelerated in a drill.
        mechanisms: What kinds of matters there are, and what each of them brings.
        keys: Where the keys of informants' identities come from.
    """

    home: Path
    store: Store
    engine: Engine
    policy: Policy
    evidence_limit: int
    api: ApiAddress
    clock: Callable[[], datetime]
    mechanisms: Mechanisms
    keys: KeySource = KeySource()

    @property
    def kinds(self) -> Kinds:
        """What kinds of matters there are, and what is owed in each."""
        return self.mechanisms.kinds

    @property
    def channels_file(self) -> Path:
        """The Apprise configuration: tags are unit codes."""
        return self.home / "channels.yaml"

    @property
    def templates_folder(self) -> Path:
        """The office's own templates; each replaces the packaged one of the same name."""
        return self.home / "templates"

    @property
    def key_file(self) -> Path:
        """Where the keys of informants' identities lie, unless the environment gives them."""
        return self.home / self.keys.file

    def reading(self) -> AbstractContextManager[Session]:
        """Give a session that writes nothing."""
        return reading(self.engine)

    def writing(self) -> AbstractContextManager[Session]:
        """Give a session that commits as a whole."""
        return writing(self.engine)

    def alone(self, deed: str) -> AbstractContextManager[None]:
        """Let nobody else do the same deed meanwhile, on whichever machine; see ``tasks.database``."""
        return alone(self.engine, deed)

    def close(self) -> None:
        """Give back the database connections."""
        self.engine.dispose()


def current_workplace() -> Workplace:
    """Return the workplace of this process.

    It is found by entry point, because the environment is read by ``deployments`` alone and flows run in
    processes that never imported it.
    """
    (found,) = entry_points(group="zero137.workplace", name="default")
    make: Callable[[], Workplace] = found.load()
    return make()


# Who lends flows their workplace: a process that carries out many of them need not open one for each.
_lender: ContextVar[Callable[[], Workplace]] = ContextVar("lender")


def borrow_from(lender: Callable[[], Workplace]) -> None:
    """Let flows of this thread, and of what is started in its context, work at a workplace that is kept."""
    _lender.set(lender)


@contextmanager
def at_work() -> Iterator[Workplace]:
    """Give the workplace of this process for as long as a flow needs it: a lent one, else one of its own."""
    lender = _lender.get(None)
    if lender is not None:
        yield lender()
        return
    place = current_workplace()
    try:
        yield place
    finally:
        place.close()


def work_calendar(session: Session) -> WorkCalendar:
    """Return the published notices with the imported ones over them, in the order of their import."""
    rows = session.exec(select(CalendarNotice).order_by(col(CalendarNotice.id)))
    return _calendar_with(
        tuple(
            (row.year, row.issued_on, tuple((day, *named) for day, named in row.days.items())) for row in rows
        )
    )


@lru_cache(maxsize=8)
def _calendar_with(
    notices: tuple[tuple[int, date | None, tuple[tuple[str, str, str], ...]], ...],
) -> WorkCalendar:
    """Return the published notices with others over them; putting them together takes longer than reading."""
    calendar = published_calendar()
    for year, issued_on, named in notices:
        days = {date.fromisoformat(day): NoticeDay(DayKind(kind), festival) for day, kind, festival in named}
        calendar = calendar.with_notice(YearNotice(year, days, issued_on))
    return calendar


def office_of(session: Session, place: Workplace) -> Office:
    """Return the unit directory, the policy and the office's own wording as rules and texts consult them."""
    columns = select_columns(  # type: ignore[call-overload]
        Unit.code, Unit.name, Unit.short_name, Unit.roles, Unit.active, Unit.since, Unit.ended_on,
        Unit.succeeded_by,
    )  # fmt: skip
    former = former_names(session)
    units = tuple(
        _fact(_Columns(code, name, short, tuple(roles), *more), former.get(code, ()))
        for code, name, short, roles, *more in session.execute(columns.order_by(col(Unit.code)))
    )
    today = place.policy.day_of(place.clock())
    return Office(units, place.policy, place.templates_folder, _substitutes_on(session, today))


def former_names(session: Session) -> dict[str, tuple[FormerName, ...]]:
    """Return the names that units bore before, by their codes, the oldest first."""
    found: dict[str, tuple[FormerName, ...]] = {}
    columns = select_columns(UnitName.unit_code, UnitName.name, UnitName.short_name, UnitName.until)  # type: ignore[call-overload]
    for code, name, short, until in session.execute(
        columns.order_by(col(UnitName.unit_code), col(UnitName.until))
    ):
        found[code] = (*found.get(code, ()), FormerName(name=name, short_name=short, until=until))
    return found


def _substitutes_on(session: Session, day: date) -> tuple[Substitution, ...]:
    """Return who stands in for whom on a day."""
    query = select(Substitute).where(col(Substitute.first) <= day, col(Substitute.last) >= day)
    return tuple(substitution_of(row) for row in session.exec(query.order_by(col(Substitute.unit_code))))


def substitution_of(row: Substitute) -> Substitution:
    """Return a stored substitution as the rules see it."""
    return Substitution(unit=row.unit_code, by=row.by_code, first=row.first, last=row.last)


def read_office(place: Workplace) -> Office:
    """Return the unit directory and the policy at this moment."""
    with place.reading() as session:
        return office_of(session, place)


def bureau_person(session: Session, place: Workplace, person: str) -> str:
    """Return a person of the bureau as the ledger names one, as 发改局 经办人甲.

    Raises:
        RuleViolation: Nobody is named, or not in one line.
    """
    return f"{office_of(session, place).bureau().short_name} {check_person(person)}"


def unit_fact(unit: Unit, former: tuple[FormerName, ...] = ()) -> UnitFact:
    """Return a unit as the rules see it, with the names it bore before."""
    columns = _Columns(
        unit.code, unit.name, unit.short_name, tuple(unit.roles), unit.active, unit.since, unit.ended_on,
        unit.succeeded_by,
    )  # fmt: skip
    return _fact(columns, former)


class _Columns(NamedTuple):
    """What is stored of a unit."""

    code: str
    name: str
    short_name: str
    roles: tuple[str, ...]
    active: bool
    since: date | None
    ended: date | None
    succeeded_by: str | None


@lru_cache(maxsize=1024)
def _fact(columns: _Columns, former: tuple[FormerName, ...]) -> UnitFact:
    """Return a unit as the rules see it; the same few are read in every transaction."""
    told = columns._asdict() | {"roles": frozenset(map(Role, columns.roles)), "former": former}
    return UnitFact(**told | {"succeeded_by": columns.succeeded_by or ""})
