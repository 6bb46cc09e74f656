"""The unit directory: who may owe an answer, read from one TOML text."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from models.errors import InputError, NotFound, RuleViolation
from models.office.policy import Policy, describe_faults
from models.office.tenure import Substitution, Tenure, check_former_names, heir_of
from models.office.vocabulary import Role


class UnitFact(Tenure):
    """A unit of the directory; inactive units keep their history but cannot be chosen."""

    roles: frozenset[Role]

    @field_validator("code")
    @classmethod
    def _no_reserved_tag(cls, code: str) -> str:
        # The code is the tag of the unit's channel; these two tags mean everybody.
        if code.lower() in ("all", "always"):
            raise ValueError("all 和 always 是渠道保留的标签，不能作单位代码")
        return code

    def is_called(self, text: str) -> bool:
        """Tell whether a person means this unit: its code, name or short name."""
        wanted = text.strip()
        return wanted.upper() == self.code.upper() or wanted in (self.name, self.short_name)

    def was_called(self, text: str) -> bool:
        """Tell whether a text is a former name of this unit."""
        return any(text.strip() in (each.name, each.short_name) for each in self.former)


@dataclass(frozen=True)
class Office:
    """The unit directory and the policy, which every rule may consult.

    Attributes:
        units: All units, active or not.
        policy: The policy.
        wording: The folder of the office's own templates, None where the packaged ones are used.
        substitutes: Who stands in for whom today.
    """

    units: tuple[UnitFact, ...]
    policy: Policy
    wording: Path | None = None
    substitutes: tuple[Substitution, ...] = ()

    def stored(self, code: str) -> UnitFact:
        """Return a unit by a stored code, active or not, as it is called today.

        Raises:
            NotFound: The directory never held it.
        """
        unit = self._by_code.get(code)
        if unit is None:
            raise NotFound(f"单位目录中没有代码为“{code}”的单位。")
        return unit

    def called(self, code: str, moment: datetime | None) -> UnitFact:
        """Return a unit under the name of the day of an act; None is what goes on, and has today's name.

        Raises:
            NotFound: The directory never held it.
        """
        unit = self.stored(code)
        return unit.on(self.policy.day_of(moment)) if moment is not None and unit.former else unit

    def heir(self, code: str) -> UnitFact:
        """Return the unit that goes on with the duties of one: itself while it is active.

        Raises:
            NotFound: The directory never held it.
        """
        return self.stored(heir_of(code, self._by_code))

    def succeeded(self) -> list[UnitFact]:
        """Return the units that are no more and have a successor which is."""
        return [unit for unit in self.units if not unit.active and self.heir(unit.code).active]

    def acting(self, unit: UnitFact, asking: str = "") -> UnitFact:
        """Return who does today what a unit has to decide: itself, or its substitute.

        Nobody decides about what it asks for itself: ``asking`` is the code of the unit that asks, or did
        before it was succeeded.
        """
        asking = self.heir(asking).code if asking else ""
        for each in self.substitutes:
            by = self._by_code.get(each.by)
            if each.unit == unit.code and by is not None and by.active and by.code != asking:
                return by
        return unit

    @cached_property
    def _by_code(self) -> Mapping[str, UnitFact]:
        """The units by their codes."""
        return {unit.code: unit for unit in self.units}

    def unit(self, text: str) -> UnitFact:
        """Find an active unit by what a person typed: code, name, short name or a former name.

        Raises:
            NotFound: No unit is called so.
            RuleViolation: The unit is no longer active.
        """
        named = self.named(text)
        for unit in named:
            if unit.active:
                return unit
        if named:
            heir = self.heir(named[0].code)
            instead = f"，其职责由{heir.name}承继" if heir.active else ""
            raise RuleViolation(f"{named[0].name}已停用{instead}，不能再选用。")
        raise NotFound(f"单位目录中没有“{text.strip()}”，可用 zero137 units list 查看全部单位。")

    def named(self, text: str) -> list[UnitFact]:
        """Return the units a text means: those called so today, else those that were called so."""
        called = [unit for unit in self.units if unit.is_called(text)]
        return called or [unit for unit in self.units if unit.was_called(text)]

    def unit_with(self, role: Role, text: str) -> UnitFact:
        """Find an active unit that carries a role.

        Raises:
            NotFound: No active unit is called so.
            RuleViolation: The unit lacks the role, or none was named.
        """
        if not text.strip():
            raise RuleViolation(f"请填写{role.label}。")
        unit = self.unit(text)
        if role not in unit.roles:
            raise RuleViolation(f"{unit.name}不是{role.label}，请核对单位目录中的职责。")
        return unit

    def check_apart(self, authority: str, cooperating: str) -> None:
        """Refuse an authority that is to work along with itself; both as codes. Source: 通知§1(三).

        Raises:
            RuleViolation: It is named twice.
        """
        if authority in cooperating.split(","):
            raise RuleViolation(f"{self.stored(authority).name}已是主管单位，不必再列为协办单位。")

    def all_with(self, role: Role) -> list[UnitFact]:
        """Return the active units that carry a role, in the order of the directory."""
        return [unit for unit in self.units if unit.active and role in unit.roles]

    def bureau(self) -> UnitFact:
        """Return the bureau that conducts the matters.

        Raises:
            NotFound: The directory names none.
        """
        for unit in self.all_with(Role.BUREAU):
            return unit
        raise NotFound("单位目录中没有发展改革部门，请先用 zero137 units import 补充。")

    def approver(self, asking: str = "") -> UnitFact:
        """Return who decides on extensions today: the unit in office, or its substitute; see ``acting``.

        Raises:
            NotFound: The directory names none.
        """
        return self.acting(self.approver_in_office(), asking)

    def approver_in_office(self) -> UnitFact:
        """Return the unit that decides on extensions, absent or not. Source: 通知§12(四).

        Raises:
            NotFound: The directory names none.
        """
        for unit in self.all_with(Role.APPROVER):
            return unit
        raise NotFound("单位目录中没有延期审批单位，请先用 zero137 units import 补充。")


class DirectoryFile(BaseModel):
    """The file: units, and who stands in for whom and when; nothing else."""

    model_config = ConfigDict(extra="forbid")

    unit: tuple[UnitFact, ...]
    substitute: tuple[Substitution, ...] = ()


def read_directory(text: str, origin: str) -> tuple[UnitFact, ...]:
    """Return the units of a directory in the order of the file; see ``read_directory_file``."""
    return read_directory_file(text, origin).unit


def read_directory_file(text: str, origin: str) -> DirectoryFile:
    """Read a unit directory from TOML.

    Args:
        text: The TOML text.
        origin: Where it came from, for the error.

    Raises:
        InputError: No TOML, an unknown or missing key, or a wrong value.
    """
    try:
        told = tomllib.loads(text)
        if "substitute" in told:
            # Who stands in for whom may be told alone.
            told.setdefault("unit", [])
        return DirectoryFile.model_validate(told)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"单位目录 {origin} 不是有效的 TOML：{error}。") from error
    except ValidationError as error:
        raise InputError(f"单位目录 {origin} 有误：{describe_faults(error)}。") from error


def check_directory(units: Iterable[UnitFact], origin: str) -> None:
    """Refuse a directory in which a name means two units, or that has not exactly one bureau.

    Args:
        units: The whole directory as it would be.
        origin: The file that would change it, for the error.

    Raises:
        InputError: A code or name is given twice, or there is not exactly one active bureau.
    """
    units = list(units)
    check_former_names(units, origin)
    seen: set[str] = set()
    bureaus = 0
    roles: frozenset[Role] = frozenset()
    for unit in units:
        for name in {unit.code.upper(), unit.name, unit.short_name}:
            if name in seen:
                raise InputError(f"单位目录 {origin} 中“{name}”出现了不止一次，代码和名称不得重复。")
            seen.add(name)
        bureaus += unit.active and Role.BUREAU in unit.roles
        roles |= unit.roles if unit.active else frozenset()
    for role in (Role.AUTHORITY, Role.RESPONSIBLE):
        if role not in roles:
            raise InputError(f"导入 {origin} 后单位目录中没有在用的{role.label}，线索将无处移交，未予导入。")
    if bureaus != 1:
        raise InputError(f"导入 {origin} 后单位目录中应有且只有一个在用的发展改革部门（roles 含 bureau）。")


def packaged_directory_text() -> str:
    """Return the unit directory that ships with the system, as TOML."""
    return files("models.office").joinpath("units.toml").read_text(encoding="utf-8")
