"""Commands for leads: add, import, template, list, show, why."""

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployments.cli.frame import Group, emit, json_option, workplace
from deployments.cli.leads.changes import call_off_lead, correct, redirect
from deployments.cli.leads.lead_list import list_leads
from models.archive.vocabulary import Barrier, Category, Importance
from models.documents.vocabulary import SourceLevel
from models.errors import InputError, RuleViolation, StartError
from models.files.headings import CellFault
from models.files.vocabulary import HiddenRows
from models.mechanisms.leads.intake import COLUMNS, IntakeDefaults, LeadDraft, read_row
from notifications.papers.glyphs import unprintable_note
from tasks.workplace import Workplace

if TYPE_CHECKING:
    from tasks.mechanisms.leads.registering import Registered

_FIELDS = {
    "source_level": ("--source", f"来源层级：{'、'.join(level.label for level in SourceLevel)}"),
    "document_number": ("--document", "来文文号"),
    "category": ("--category", f"类别：{'、'.join(category.label for category in Category)}"),
    "received_at": ("--received", "收到时间，如 2026-11-27 或 2026-11-27 15:30；默认现在"),
    "barrier": ("--barrier", f"壁垒类型，代码或名称：{'、'.join(barrier.numbered for barrier in Barrier)}"),
    "relapse_of": ("--relapse-of", "反弹自哪条已办结的线索，填编号；登记为新的线索并与之关联"),
    "importance": ("--importance", f"重要程度：{'、'.join(member.label for member in Importance)}，默认一般"),
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
    """登记一条线索，并启动其承办流程；举报人信息随后用 informant add 加密登记。"""
    from tasks.mechanisms.leads.registering import register_leads

    with workplace() as place:
        now = place.clock()
        draft = read_row(1, cells, IntakeDefaults(now), place.policy, now)
        if not isinstance(draft, LeadDraft):
            raise RuleViolation("；".join(fault.reason.removesuffix("。") for fault in draft) + "。")
        registered = register_leads(place, [draft], person, now)
        note = _start_runs(place, registered)
    note = "\n".join(filter(None, [note, unprintable_note(draft.texts)]))
    (one,) = registered
    told = f"{one.printed_number}（{one.number}）已登记。"
    if not one.created:
        told = f"{one.label}此前已登记，未重复登记。"
    data = {
        "number": one.number, "printed_number": one.printed_number, "created": one.created,
        "state": one.state, "note": note,
    }  # fmt: skip
    emit(data, "\n".join(filter(None, [told, note])), as_json=as_json)


@lead.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--skip-bad", is_flag=True, help="跳过不合格的行，其余照常导入")
@click.option(
    "--hidden-rows",
    default=HiddenRows.ASK.label,
    metavar="导入|不导入",
    help="表格中被隐藏或筛选掉的行是否导入；未写明而有这样的行时，不导入任何线索",
)
@click.option("--person", default="", help="经办人")
@json_option
def import_file(*, file: Path, skip_bad: bool, hidden_rows: str, person: str, as_json: bool) -> None:
    """从 JSONL、CSV 或 XLSX 文件批量登记线索。"""
    from tasks.mechanisms.leads.import_files import read_leads
    from tasks.mechanisms.leads.registering import register_leads

    with workplace() as place:
        now = place.clock()
        hidden = HiddenRows.parse(hidden_rows, "隐藏的行")
        found = read_leads(file, IntakeDefaults(now), place.policy, now, hidden)
        if found.faults and not skip_bad:
            raise InputError(
                "\n".join([*_told(file, found.faults), f"共{len(found.faults)}处不合格，未导入任何线索。"])
            )
        registered = register_leads(place, found.drafts, person, now)
        note = _start_runs(place, registered, show_progress=not as_json)
    created = [one.number for one in registered if one.created]
    skipped = sorted({fault.row for fault in found.faults})
    known = [one for one in registered if not one.created]
    lines = [
        f"新登记{len(created)}条，此前已登记{len(known)}条，跳过{len(skipped)}行。",
        *(f"此前已登记：{one.label}" for one in known),
        *_told(file, found.faults),
    ]
    glyphs = unprintable_note(text for draft in found.drafts for text in draft.texts)
    notes = [*found.notes, *([glyphs] if glyphs else [])]
    lines += notes
    if found.unread_columns:
        lines.append(f"未使用的列：{'、'.join(found.unread_columns)}")
    if any(draft.identity for draft in found.drafts):
        lines.append(f"举报人信息已加密保存；文件 {file.name} 中仍是明文，请删除。")
    data = {
        "created": created, "known": len(known),
        "known_leads": [{"number": one.number, "state": one.state} for one in known],
        "skipped_rows": skipped, "unread_columns": found.unread_columns, "note": note,
        "notes": notes, "faults": [vars(fault) for fault in found.faults],
    }  # fmt: skip
    emit(data, "\n".join([*lines, *([note] if note else [])]), as_json=as_json)


def _told(file: Path, faults: list[CellFault]) -> list[str]:
    """Return each fault with its file, row, column and reason."""
    return [f"{file.name} {fault.place}：{fault.reason}" for fault in faults]


def _start_runs(place: Workplace, registered: "list[Registered]", *, show_progress: bool = False) -> str:
    """Start the run of every new lead; returns what to tell where the server is not reached."""
    from tasks.runs.starting import start_runs

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
    from tasks.mechanisms.leads.import_files import write_template

    if file.exists():
        raise InputError(f"文件 {file.name} 已存在，为避免覆盖未写入，请换一个文件名。")
    write_template(file)
    emit({"file": str(file)}, f"已生成 {file}，列：{'、'.join(COLUMNS.values())}。", as_json=as_json)


for command in (list_leads, redirect, correct, call_off_lead):
    lead.add_command(command)


@lead.command("show")
@click.argument("number")
@json_option
def show(*, number: str, as_json: bool) -> None:
    """查看一条线索的全部办理情况。"""
    from notifications.texts.rendering import render_page
    from tasks.informants.identities import has_informant
    from tasks.lookup.stories import tell_story

    with workplace() as place:
        story = tell_story(place, number)
        story["informant"] = "已加密保存" if has_informant(place, number) else "无"
    emit(story, render_page("story.txt", story).rstrip(), as_json=as_json)


@lead.command("why")
@click.argument("number")
@json_option
def why(*, number: str, as_json: bool) -> None:
    """逐日说明每个到期日是怎么算出来的。"""
    from tasks.lookup.stories import explain_due

    with workplace() as place:
        accounts = explain_due(place, number)
    text = "\n\n".join("\n".join([heading, *(f"  {line}" for line in lines)]) for heading, lines in accounts)
    data = [{"assignment": heading, "account": lines} for heading, lines in accounts]
    emit(data, text or "尚未交办，还没有到期日。", as_json=as_json)
