"""The options that say which leads are meant, for every command that takes many of them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from models.archive.vocabulary import Barrier, Category, Importance
from models.codes import Step
from models.days.periods import read_range
from models.documents.vocabulary import SourceLevel
from models.errors import RuleViolation
from models.labels import Labelled
from models.lookup.lead_filter import LeadFilter, Status
from models.matters.vocabulary import Signal
from models.office.directory import Office

# Each vocabulary that may be asked for: the part of the filter, the option, what it is called.
_VOCABULARIES: tuple[tuple[str, str, type[Labelled], str], ...] = (
    ("steps", "--step", Step, "环节"),
    ("signals", "--signal", Signal, "时限"),
    ("sources", "--source", SourceLevel, "来源层级"),
    ("categories", "--category", Category, "类别"),
    ("barriers", "--barrier", Barrier, "壁垒类型"),
    ("importances", "--importance", Importance, "重要程度"),
)
_DAYS = (
    ("received", "--received", "收到日期"),
    ("registered", "--registered", "登记日期"),
    ("due", "--due", "到期日"),
    ("closed", "--closed", "办结日期"),
)


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which leads are meant."""
    options = [
        click.option(flag, name, multiple=True, metavar=what, help=_choices(vocabulary))
        for name, flag, vocabulary, what in _VOCABULARIES
    ]
    options += [
        click.option("--unit", "units", multiple=True, metavar="单位", help="当前应反馈的单位"),
        click.option("--authority", "authorities", multiple=True, metavar="单位", help="移交给的主管单位"),
    ]
    options += [
        click.option(
            flag, name, default="", metavar="起..止", help=f"{what}，如 2026-11-01..2026-11-30，一端可不写"
        )
        for name, flag, what in _DAYS
    ]
    options.append(
        click.option("--text", default="", metavar="文字", help="标题或事实中的文字，空格隔开的须同时出现")
    )
    for option in reversed(options):
        function = option(function)
    return function


def _choices(vocabulary: type[Labelled]) -> str:
    """Return what may be given, in words."""
    if vocabulary is Barrier:
        return "01至15或其名称，可给多个"
    return f"{'、'.join(member.label for member in vocabulary)}，可给多个"


def status_of(
    *, everything: bool = False, closed_only: bool = False, open_only: bool = False
) -> Status | None:
    """Return which leads are meant; None where it follows from what else is asked.

    Raises:
        RuleViolation: More than one was asked for.
    """
    if everything + closed_only + open_only > 1:
        raise RuleViolation("--all、--open、--closed-only 只能选用一个。")
    return Status.ALL if everything else Status.CLOSED if closed_only else Status.OPEN if open_only else None


def asked_of(wanted: Mapping[str, Any], status: Status | None, office: Office) -> LeadFilter:
    """Read the filter from what was typed.

    Raises:
        NotFound: No unit is called so.
        RuleViolation: A value is none of those that may be given, or no day, or nothing can be meant.
    """
    parts: dict[str, Any] = {
        name: frozenset(vocabulary.parse(text, what) for text in wanted[name])
        for name, _, vocabulary, what in _VOCABULARIES
    }
    parts |= {name: read_range(wanted[name], what) for name, _, what in _DAYS if wanted[name]}
    parts |= {name: _codes(wanted[name], office) for name in ("units", "authorities")}
    asked = LeadFilter(status=status or _implied(parts), **parts).about(wanted["text"])
    if asked.contradiction:
        raise RuleViolation(asked.contradiction)
    return asked


def _implied(parts: Mapping[str, Any]) -> Status:
    """Return which leads are meant by what is asked of them: only closed ones have a day of closing."""
    if "closed" in parts or parts["signals"] == {Signal.CLOSED}:
        return Status.CLOSED
    return Status.ALL if Signal.CLOSED in parts["signals"] else Status.OPEN


def _codes(names: Iterable[str], office: Office) -> frozenset[str]:
    """Return the codes of units, of those too that are no longer active: they may have owed something."""
    named = ([unit for unit in office.units if unit.is_called(name)] or [office.unit(name)] for name in names)
    return frozenset(unit.code for units in named for unit in units)
