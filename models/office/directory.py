"""The unit directory: who may owe an answer, read from one TOML text."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from models.errors import InputError, NotFound, RuleViolation
from models.office.policy import Policy, describe_faults
from models.office.vocabulary import Role


class UnitFact(BaseModel):
    """A unit of the directory; inactive units keep their history but cannot be chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    name: Annotated[str, Field(min_length=2, max_length=100)]
    short_name: Annotated[str, Field(min_length=2, max_length=40)]
    roles: frozenset[Role]
    active: bool = True

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


@dataclass(frozen=True)
class Office:
    """The unit directory and the policy, which every rule may consult.

    ``wording`` is the folder of the office's own templates, None where the packaged ones are used.
    """

    units: tuple[UnitFact, ...]
    policy: Policy
    wording: Path | None = None

    def stored(self, code: str) -> UnitFact:
        """Return a unit by a stored code, active or not.

        Raises:
            NotFound: The directory never held it.
        """
        unit = self._by_code.get(code)
        if unit is None:
            raise NotFound(f"单位目录中没有代码为“{code}”的单位。")
        return unit

    @cached_property
    def _by_code(self) -> Mapping[str, UnitFact]:
        """The units by their codes."""
        return {unit.code: unit for unit in self.units}

    def unit(self, text: str) -> UnitFact:
        """Find an active unit by what a person typed: code, name or short name.

        Raises:
            NotFound: No unit is called so.
        RuleViolation: The unit is no longer active.
        """
        named = [unit for unit in self.units if unit.is_called(text)]
        for unit in named:
            if unit.active:
                return unit
        if named:
            raise RuleViolation(f"{named[0].name}已停用，不能再选用。")
        raise NotFound(f"单位目录中没有“{text.strip()}”，可用 zero137 units list 查看全部单位。")

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

    def approver(self) -> UnitFact:
        """Return the unit that decides on extensions. Source: 通知§12(四).

        Raises:
            NotFound: The directory names none.
        """
        for unit in self.all_with(Role.APPROVER):
            return unit
        raise NotFound("单位目录中没有延期审批单位，请先用 zero137 units import 补充。")


class _DirectoryFile(BaseModel):
    """The file: a list of units and nothing else."""

    model_config = ConfigDict(extra="forbid")

    unit: list[UnitFact]


def read_directory(text: str, origin: str) -> tuple[UnitFact, ...]:
    """Read a unit directory from TOML.

    Args:
        text: The TOML text.
        origin: Where it came from, for the error.

    Returns:
        The units in the order of the file.

    Raises:
        InputError: No TOML, an unknown or missing key, or a wrong value.
    """
    try:
        return tuple(_DirectoryFile.model_validate(tomllib.loads(text)).unit)
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
