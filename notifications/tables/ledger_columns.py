"""The columns of the 台账 as an office expects them; the same in a workbook and as CSV."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from typing import NamedTuple

from models.codes import Step
from models.lookup.lead_account import LeadAccount
from models.lookup.lead_records import AssignmentRecord
from models.matters.duties import Field
from models.mechanisms.leads.duties import LEADS


class DueDay(NamedTuple):
    """A due date, and whether it rests on a year whose notice is not loaded (暂定)."""

    day: date
    provisional: bool


Cell = str | int | date | datetime | DueDay | None


class Look(Enum):
    """How a column looks in a workbook."""

    TEXT = auto()
    LONG_TEXT = auto()
    CENTRED = auto()
    DAY = auto()
    MOMENT = auto()
    SIGNAL = auto()
    TIMELINESS = auto()


@dataclass(frozen=True)
class Column:
    """One column: its heading, its width in characters, its look, and its cell for a lead."""

    title: str
    width: float
    look: Look
    cell: Callable[[LeadAccount], Cell]


def _due(assignment: AssignmentRecord | None) -> Cell:
    """Return the due date in force."""
    return DueDay(assignment.due_on, assignment.provisional) if assignment else None


def _answered(account: LeadAccount, step: Step) -> Cell:
    """Return when a step was answered by somebody; a rule is nobody's answer but shown as well."""
    at = account.answered_at(step)
    return account.reading.local(at) if at else None


def _stands(account: LeadAccount, step: Step) -> Cell:
    """Return whether a step was answered in time."""
    assignment = account.latest.get(step)
    return account.reading.stands(assignment).label if assignment else None


def _named(account: LeadAccount, step: Step, key: str) -> Cell:
    """Return the units that an answer names, as they were called when it was given."""
    codes, at = account.answered(step, key).split(","), account.answered_at(step)
    return "、".join(account.reading.name(code, at) for code in codes if code)


def _of_step(step: Step) -> tuple[Column, ...]:
    """Return the columns of a step: where it was returned, of the round that counts."""
    return (
        Column(f"{step.label}到期日", 11, Look.DAY, lambda a: _due(a.latest.get(step))),
        Column(f"{step.label}反馈时间", 11, Look.MOMENT, lambda a: _answered(a, step)),
        Column(f"{step.label}是否按期", 9, Look.TIMELINESS, lambda a: _stands(a, step)),
    )


def _of_field(step: Step, field: Field) -> Column:
    """Return the column of a field: units in short, a decision by its label, words as they are."""
    if field.names_units:
        return Column(field.title, 11, Look.TEXT, lambda a: _named(a, step, field.key))
    if field.choices is not None:
        return Column(field.title, 8, Look.CENTRED, lambda a: field.label_of(a.decided(step)) or None)
    return Column(field.title, 28, Look.LONG_TEXT, lambda a: a.answered(step, field.key))


def _fields(*, units: bool) -> tuple[Column, ...]:
    """Return the columns of all fields that name units, or of those that do not and are told."""
    return tuple(
        _of_field(duty.step, field)
        for duty in LEADS.duties
        for field in duty.fields
        if (field.names_units if units else field.is_column)
    )


def _extended_to(account: LeadAccount) -> Cell:
    """Return the day up to which the last extension was granted."""
    granted = account.record.granted
    return granted[-1].until if granted else None


def _closed_at(account: LeadAccount) -> Cell:
    """Return when the lead was closed."""
    at = account.record.closed_at
    return account.reading.local(at) if at else None


COLUMNS: tuple[Column, ...] = (
    Column("序号", 6, Look.CENTRED, lambda a: a.sequence),
    Column("线索编号", 17, Look.CENTRED, lambda a: a.record.printed_number),
    Column("系统编号", 12, Look.CENTRED, lambda a: a.record.number),
    Column("来源层级", 6, Look.CENTRED, lambda a: a.record.source_level.label),
    Column("来文文号", 16, Look.TEXT, lambda a: a.record.document_number),
    Column("标题", 30, Look.LONG_TEXT, lambda a: a.record.title),
    Column("事实情况", 36, Look.LONG_TEXT, lambda a: a.record.facts),
    Column("类别", 12, Look.CENTRED, lambda a: a.record.category.label),
    Column("壁垒类型", 14, Look.TEXT, lambda a: a.record.barrier.label if a.record.barrier else None),
    Column("重要程度", 6, Look.CENTRED, lambda a: a.record.importance.label),
    Column("收到时间", 11, Look.MOMENT, lambda a: a.reading.local(a.record.received_at)),
    Column("登记时间", 11, Look.MOMENT, lambda a: a.reading.local(a.record.registered_at)),
    *_fields(units=True),
    Column("当前环节", 8, Look.CENTRED, lambda a: a.stage),
    Column("承办单位", 11, Look.TEXT, lambda a: a.reading.name(a.current.unit if a.current else "")),
    Column("到期日", 11, Look.DAY, lambda a: _due(a.current)),
    Column("时限状态", 8, Look.SIGNAL, lambda a: a.signal.label),
    *(column for duty in LEADS.duties for column in _of_step(duty.step)),
    *_fields(units=False),
    Column("延期次数", 6, Look.CENTRED, lambda a: len(a.record.granted)),
    Column("延期至", 11, Look.DAY, _extended_to),
    Column("退回次数", 6, Look.CENTRED, lambda a: a.record.returns),
    Column("改派次数", 6, Look.CENTRED, lambda a: a.record.redirections),
    Column("最高督办级别", 9, Look.CENTRED, lambda a: r.label if (r := a.record.highest_rung) else None),
    Column("办结结果", 9, Look.CENTRED, lambda a: a.record.outcome.label if a.record.outcome else None),
    Column("办结时间", 11, Look.MOMENT, _closed_at),
    Column("反弹自", 12, Look.CENTRED, lambda a: a.record.relapse_of),
    Column("已并入", 12, Look.CENTRED, lambda a: a.record.merged_into),
    Column("档号", 18, Look.TEXT, lambda a: a.record.archive_number),
)
