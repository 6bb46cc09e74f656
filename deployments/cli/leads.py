"""Commands for leads: add, import, template, list, show, why."""

import io
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import click
from sqlmodel import col, select

from deployments.cli.frame import Group, emit, json_option, shortened, table, workplace
from models.calendar import WorkCalendar
from models.directory import Register
from models.errors import InputError, RuleViolation, StartError
from models.intake import COLUMNS, IntakeDefaults, LeadDraft, RowFault, read_row
from models.lifecycle import signal
from models.tables import Assignment, Matter
from models.terms import day_label
from models.vocabulary import Category, MatterKind, Signal, SourceLevel
from notifications.rendering import render_text
from tasks.intake import Registered, register_leads
from tasks.matters import key_of
from tasks.story import explain_due, tell_story
from tasks.workplace import Workplace, read_register, work_calendar

_FIELDS = {
    "source_level": ("--source", f"来源层级：{'、'.join(level.label for level in SourceLevel)}"),
    "document_number": ("--document", "来文文号"),
    "category": ("--category", f"类别：{'、'.join(category.label for category in Category)}"),
    "received_at": ("--received", "收到时间，如 2026-11-27 或 2026-11-27 15:30；默认现在"),
}


@click.group(cls=Group)
def lead() -> None:
    """登记、导入、查看线索。"""


def _optional_fields(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that describe a lead."""
    for name, (flag, told) in reversed(_FIELDS.items()):
        function = click.option(flag, name, default="", help=told)(function)
    return function


@lead.command("add")
@click.option("--title", required=True, help="标题，200字以内")
@click.option("--facts", required=True, help="事实情况")
@_optional_fields
@click.option("--person", default="", help="经办人")
@json_option
def add(*, person: str, as_json: bool, **cells: str) -> None:
    """登记一条线索，并启动其承办流程。"""
    with workplace() as place:
        now = place.clock()
        draft = read_row(1, cells, IntakeDefaults(now), place.policy, now)
        if not isinstance(draft, LeadDraft):
            raise RuleViolation("；".join(fault.reason.removesuffix("。") for fault in draft) + "。")
        registered = register_leads(place, [draft], person, now)
        note = _start_runs(place, registered)
    (one,) = registered
    state = "已登记" if one.created else "此前已登记，未重复登记"
    data = {"number": one.number, "printed_number": one.printed_number, "created": one.created, "note": note}
    emit(
        data,
        "\n".join(filter(None, [f"{one.printed_number}（{one.number}）{state}。", note])),
        as_json=as_json,
    )


@lead.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--skip-bad", is_flag=True, help="跳过不合格的行，其余照常导入")
@click.option("--person", default="", help="经办人")
@json_option
def import_file(*, file: Path, skip_bad: bool, person: str, as_json: bool) -> None:
    """从 JSONL、CSV 或 XLSX 文件批量登记线索。"""
    from tasks.lead_files import read_leads

    with workplace() as place:
        now = place.clock()
        found = read_leads(file, IntakeDefaults(now), place.policy, now)
        if found.faults and not skip_bad:
            raise InputError(
                "\n".join([*_told(file, found.faults), f"共{len(found.faults)}处不合格，未导入任何线索。"])
            )
        registered = register_leads(place, found.drafts, person, now)
        note = _start_runs(place, registered, show_progress=not as_json)
    created = [one.number for one in registered if one.created]
    skipped = sorted({fault.row for fault in found.faults})
    known = len(registered) - len(created)
    lines = [
        f"新登记{len(created)}条，此前已登记{known}条，跳过{len(skipped)}行。",
        *_told(file, found.faults),
    ]
    if found.unread_columns:
        lines.append(f"未使用的列：{'、'.join(found.unread_columns)}")
    data = {
        "created": created, "known": known, "skipped_rows": skipped, "unread_columns": found.unread_columns,
        "note": note, "faults": [vars(fault) for fault in found.faults],
    }  # fmt: skip
    emit(data, "\n".join([*lines, *([note] if note else [])]), as_json=as_json)


def _told(file: Path, faults: list[RowFault]) -> list[str]:
    """Return each fault with its file, row, column and reason."""
    return [f"{file.name} 第{fault.row}行 {fault.column}：{fault.reason}" for fault in faults]


def _start_runs(place: Workplace, registered: list[Registered], *, show_progress: bool = False) -> str:
    """Start the run of every new lead; returns what to tell where the server is not reached."""
    from tasks.running import start_runs

    numbers = [one.number for one in registered if one.created]
    try:
        # A bar is for eyes only: where nobody watches, its control characters would litter a file.
        stream = sys.stderr if show_progress and sys.stderr.isatty() else io.StringIO()
        with click.progressbar(numbers, label="启动承办", file=stream) as bar:
            start_runs(place, bar)
    except StartError as error:
        return f"线索已保存，不会丢失；系统启动或巡查时将自动开始承办。（{error}）"
    return ""


@lead.command("template")
@click.argument("file", type=click.Path(path_type=Path), default=Path("线索登记表.xlsx"))
@json_option
def template(*, file: Path, as_json: bool) -> None:
    """生成可填写的 XLSX 登记表（含下拉选项）。"""
    from tasks.lead_files import write_template

    if file.exists():
        raise InputError(f"文件 {file.name} 已存在，为避免覆盖未写入，请换一个文件名。")
    write_template(file)
    emit({"file": str(file)}, f"已生成 {file}，列：{'、'.join(COLUMNS.values())}。", as_json=as_json)


@lead.command("list")
@click.option("--all", "everything", is_flag=True, help="包括已办结的线索")
@json_option
def list_leads(*, everything: bool, as_json: bool) -> None:
    """列出在办线索，按到期日排列。"""
    emit_matters((MatterKind.LEAD,), "没有在办线索。", everything=everything, as_json=as_json)


def emit_matters(kinds: Sequence[MatterKind], none: str, *, everything: bool, as_json: bool) -> None:
    """Print the matters of some kinds with what is owed, or the sentence that there is none."""
    with workplace() as place:
        rows = _list(place, kinds, everything=everything)
    cells = [
        (r["number"], r["status"], r["unit"], r["due"], r["signal"], shortened(str(r["title"]), 50))
        for r in rows
    ]
    text = table(("编号", "环节", "单位", "到期日", "时限", "标题"), cells) if rows else none
    emit(rows, text, as_json=as_json)


def _list(place: Workplace, kinds: Sequence[MatterKind], *, everything: bool) -> list[dict[str, object]]:
    """Return matters with what is owed: the next due first, those without a due date last."""
    now, register = place.clock(), read_register(place)
    with place.reading() as session:
        calendar = work_calendar(session)
        query = select(Matter).where(col(Matter.kind).in_(kinds)).order_by(col(Matter.id))
        matters = session.exec(query if everything else query.where(col(Matter.outcome).is_(None))).all()
        waiting = session.exec(select(Assignment).where(col(Assignment.answered_at).is_(None))).all()
    owed = {row.matter_id: row for row in waiting}
    rows = [_row(matter, owed.get(key_of(matter)), register, calendar, now) for matter in matters]
    return sorted(rows, key=lambda row: str(row["due"] or "9999"))


def _row(
    matter: Matter, owed: Assignment | None, register: Register, calendar: WorkCalendar, now: datetime
) -> dict[str, object]:
    """Return one matter as a row of the list."""
    told: dict[str, object] = {
        "number": matter.number, "printed_number": matter.printed_number, "title": matter.title,
        "status": matter.outcome.label if matter.outcome else "派发中", "unit": "", "due": "", "signal": "",
    }  # fmt: skip
    if matter.outcome is not None:
        told["signal"] = Signal.CLOSED.label
    elif owed is not None:
        told["status"] = owed.step.label
        told["unit"] = register.stored(owed.unit_code).short_name
        told["due"] = day_label(owed.due_on, provisional=owed.provisional)
        near_from = register.policy.near_from(owed.step, owed.due_on, calendar)
        told["signal"] = signal(owed.due_at, near_from, now).label
    return told


@lead.command("show")
@click.argument("number")
@json_option
def show(*, number: str, as_json: bool) -> None:
    """查看一条线索的全部办理情况。"""
    with workplace() as place:
        story = tell_story(place, number)
    emit(story, render_text("story", story).rstrip(), as_json=as_json)


@lead.command("why")
@click.argument("number")
@json_option
def why(*, number: str, as_json: bool) -> None:
    """逐日说明每个到期日是怎么算出来的。"""
    with workplace() as place:
        accounts = explain_due(place, number)
    text = "\n\n".join("\n".join([heading, *(f"  {line}" for line in lines)]) for heading, lines in accounts)
    data = [{"assignment": heading, "account": lines} for heading, lines in accounts]
    emit(data, text or "尚未交办，还没有到期日。", as_json=as_json)
