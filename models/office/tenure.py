"""From when to when a unit bears a name, which one succeeds it, who stands in for it. Source: ADR-0032."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.errors import InputError
from models.office.vocabulary import Role

UnitCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
UnitName = Annotated[str, Field(min_length=2, max_length=100)]
ShortName = Annotated[str, Field(min_length=2, max_length=40)]
# Who decides, and may therefore not be missing for a time.
DECIDING = frozenset({Role.APPROVER, Role.BUREAU})
_DAY = timedelta(days=1)


class FormerName(BaseModel):
    """A name a unit bore before (曾用名), up to and with its last day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: UnitName
    short_name: ShortName
    until: date


class Substitution(BaseModel):
    """Which unit stands in for another one (代行), from the first day to the last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: UnitCode
    by: UnitCode
    first: date
    last: date

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last < self.first:
            raise ValueError("last 不能早于 first")
        if self.unit == self.by:
            raise ValueError("单位不能代行自己的职责")
        return self

    def holds_on(self, day: date) -> bool:
        """Tell whether a day belongs to it."""
        return self.first <= day <= self.last

    def meets(self, other: "Substitution") -> bool:
        """Tell whether a day belongs to both."""
        return self.first <= other.last and other.first <= self.last


class Tenure(BaseModel):
    """A unit's name through time and its end; part of what the directory tells of a unit.

    Attributes:
        name: What it is called today.
        short_name: The same in short.
        active: Whether it can be chosen and owes what it was given.
        since: The first day of today's name, None where nobody knows another one.
        former: The names before, the oldest first.
        succeeded_by: The code of the unit that goes on with its duties, blank where there is none.
        ended: The first day on which it was no more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: UnitCode
    name: UnitName
    short_name: ShortName
    active: bool = True
    since: date | None = None
    former: tuple[FormerName, ...] = ()
    succeeded_by: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,32}$")] = ""
    ended: date | None = None

    @model_validator(mode="after")
    def _ends_only_where_it_ended(self) -> Self:
        if self.active and (self.succeeded_by or self.ended):
            raise ValueError("在用的单位不能写 succeeded_by 或 ended，停用请写 active = false")
        if self.succeeded_by == self.code:
            raise ValueError("承继单位不能是本单位")
        untils = [each.until for each in self.former]
        if untils != sorted(set(untils)):
            raise ValueError("曾用名应按截止日期由早到晚排列")
        if untils and self.since is not None and self.since <= untils[-1]:
            raise ValueError("现名的起用日期（since）应晚于曾用名的截止日期（until）")
        return self

    def on(self, day: date) -> Self:
        """Return the unit under the name it bore on a day; its oldest known one where the day lies before."""
        for each in self.former:
            if day <= each.until:
                return self.model_copy(update={"name": each.name, "short_name": each.short_name})
        return self

    def settled(self, known: Self | None, today: date) -> Self:
        """Return the unit as it is to be stored, with what was known of it and is not told anew.

        Args:
            known: The unit as it is stored, None where it is new.
            today: The day of the import.

        Raises:
            InputError: The day it took its name lies in the future, or before the name it follows.
        """
        former = self._names_before(known, today)
        since = self.since or (known.since if known and not self.is_renamed(known) else None)
        if since is None and (former or (known and self.is_renamed(known))):
            since = former[-1].until + _DAY if former else today
        for day, what in ((since, "起用现名"), (self.ended, "停用")):
            if day is not None and day > today:
                raise InputError(f"{self.name}{what}的日期 {day} 还没有到，请在当日或之后导入。")
        known_ended, known_heir = (known.ended, known.succeeded_by) if known else (None, "")
        ended = None if self.active else self.ended or known_ended or today
        heir = "" if self.active else self.succeeded_by or known_heir
        return self.model_copy(
            update={"since": since, "former": former, "ended": ended, "succeeded_by": heir}
        )

    def is_renamed(self, known: Self) -> bool:
        """Tell whether the unit was called otherwise."""
        return (self.name, self.short_name) != (known.name, known.short_name)

    def _names_before(self, known: Self | None, today: date) -> tuple[FormerName, ...]:
        """Return the names before: those told, those known, and the one that is given up now."""
        if known is None:
            return self.former
        kept = {each.until: each for each in (*known.former, *self.former)}
        since = self.since or today
        if self.is_renamed(known) and (known.name, known.short_name) not in _names(self.former):
            if known.since is not None and since < known.since:
                raise InputError(
                    f"{known.name}自 {known.since} 起才用此名，改称{self.name}的日期（since）不能早于该日。"
                )
            # A name that held no day was a slip that is corrected.
            if known.since != since:
                last = since - _DAY
                kept[last] = FormerName(name=known.name, short_name=known.short_name, until=last)
        return tuple(kept[until] for until in sorted(kept))


def _names(former: Iterable[FormerName]) -> set[tuple[str, str]]:
    """Return former names without their days."""
    return {(each.name, each.short_name) for each in former}


def heir_of(code: str, units: Mapping[str, Tenure]) -> str:
    """Return the unit that goes on with the duties of one: itself, or whoever succeeds it, step by step."""
    seen = set()
    while code in units and not units[code].active and units[code].succeeded_by and code not in seen:
        seen.add(code)
        code = units[code].succeeded_by
    return code


def check_former_names(units: Iterable[Tenure], origin: str) -> None:
    """Refuse a former name that could mean two units: what a unit is called today goes before it.

    Raises:
        InputError: Two units were called alike and none is any more.
    """
    told = list(units)
    current = {name for unit in told for name in (unit.code.upper(), unit.name, unit.short_name)}
    owners: dict[str, str] = {}
    for unit in told:
        for name in {name for each in unit.former for name in (each.name, each.short_name)} - current:
            if owners.setdefault(name, unit.code) != unit.code:
                raise InputError(f"单位目录 {origin} 中两个单位的曾用名都是“{name}”，无法分辨，请核对。")


def check_successors(changed: Iterable[Tenure], units: Mapping[str, Tenure], origin: str) -> None:
    """Refuse a successor that is not there or is no longer active itself, so that no chain begins.

    Args:
        changed: The units whose successor is told.
        units: The whole directory as it would be.
        origin: The file, for the error.

    Raises:
        InputError: The successor is unknown or inactive.
    """
    for unit in changed:
        heir = units.get(unit.succeeded_by)
        if unit.succeeded_by and heir is None:
            raise InputError(f"单位目录 {origin} 中{unit.name}的承继单位“{unit.succeeded_by}”不在目录中。")
        if heir is not None and not heir.active:
            raise InputError(
                f"单位目录 {origin} 中{unit.name}的承继单位{heir.name}已停用，请写明最终承继、仍在用的单位。"
            )


def check_substitutes(
    told: Iterable[Substitution],
    roles: Mapping[str, frozenset[Role]],
    units: Mapping[str, Tenure],
    today: date,
) -> None:
    """Refuse a substitution nobody could follow.

    Args:
        told: All that are to hold.
        roles: What each unit of the directory may be asked for.
        units: The whole directory as it would be.
        today: The day of the import; what lies before it stays whatever became of the units.

    Raises:
        InputError: A unit is unknown, decides nothing, is inactive or absent itself, or days overlap.
    """
    standing = [each for each in told if each.last >= today]
    for each in standing:
        for code in (each.unit, each.by):
            if code not in units or not units[code].active:
                raise InputError(f"代行安排中的单位“{code}”不在目录中或已停用，请核对。")
        if not roles[each.unit] & DECIDING:
            raise InputError(f"{units[each.unit].name}不是审批单位或发展改革部门，不能安排代行。")
        for other in _others(each, standing):
            if other.unit == each.unit:
                raise InputError(f"{units[each.unit].name}在同一天有两个代行单位，请核对起止日期。")
            if other.unit == each.by:
                raise InputError(f"{units[each.by].name}在代行期间自己也由别的单位代行，请另择代行单位。")


def _others(one: Substitution, standing: Iterable[Substitution]) -> Iterator[Substitution]:
    """Give the substitutions that share a day with one."""
    return (other for other in standing if other is not one and other.meets(one))
