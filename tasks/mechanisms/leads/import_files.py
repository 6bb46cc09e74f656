"""Reading leads from the files people have: JSONL, CSV and XLSX; and writing the XLSX to fill in."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.archive.vocabulary import Barrier, Category, Importance
from models.documents.vocabulary import SourceLevel
from models.errors import InputError
from models.files.headings import CellFault, Headings
from models.files.vocabulary import HiddenRows
from models.mechanisms.leads.intake import COLUMNS, REQUIRED, IntakeDefaults, LeadDraft, read_row
from models.office.policy import Policy
from tasks.given.files import decode_text, read_bytes
from tasks.given.tables import GivenRow, GivenTable, read_csv, read_sheets

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HEADINGS = Headings(COLUMNS, REQUIRED, "可用 zero137 lead template 生成模板")


@dataclass
class LeadTable:
    """What a file holds: the leads that can be registered, the faults, and what was passed over.

    ``unread_columns`` are headings nobody reads, ``notes`` Chinese sentences about sheets and rows.
    """

    drafts: list[LeadDraft] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    unread_columns: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_leads(
    path: Path,
    defaults: IntakeDefaults,
    policy: Policy,
    now: datetime,
    hidden: HiddenRows = HiddenRows.ASK,
) -> LeadTable:
    """Read every row of a file.

    Args:
        path: A .jsonl, .csv or .xlsx file; row numbers count the way the office program shows them.
        defaults: What empty cells stand for.
        policy: Gives the office's time zone.
        now: The present moment (aware).
        hidden: What to do with rows of a sheet that a person does not see.

    Raises:
        NotFound: The file cannot be read.
        InputError: It is of another kind, damaged, lacks a required column, or has hidden rows and nobody
            said what is to become of them.
    """
    given = _given(path, hidden)
    table = LeadTable(faults=given.faults, unread_columns=given.unread, notes=given.notes)
    for row in given.rows:
        read = read_row(row.number, row.cells, defaults, policy, now)
        if isinstance(read, LeadDraft):
            table.drafts.append(read)
        else:
            table.faults += [replace(fault, sheet=row.sheet) for fault in read]
    table.faults.sort(key=lambda fault: (fault.sheet, fault.row))
    return table


def _given(path: Path, hidden: HiddenRows) -> GivenTable:
    """Return the rows of a file."""
    data = read_bytes(path)
    match path.suffix.lower():
        case ".jsonl":
            return _json_table(decode_text(data, path))
        case ".csv":
            return read_csv(data, path, HEADINGS)
        case ".xlsx":
            return read_sheets(data, path, HEADINGS, hidden)
        case _:
            raise InputError(f"不支持文件 {path.name} 的格式，请使用 JSONL、CSV 或 XLSX。")


def _json_table(text: str) -> GivenTable:
    """Return one record a line; blank lines are passed over."""
    table = GivenTable()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            fault = f"不是有效的 JSON（第{error.colno}个字符处）"
        except (ValueError, RecursionError):
            fault = "不是有效的 JSON（嵌套过深或数字过长）"
        else:
            fault = "" if isinstance(record, dict) else "应为一个 JSON 对象"
        if fault:
            table.faults.append(CellFault(number, "整行", fault))
            continue
        keys = HEADINGS.keys_of(list(record))
        known = {key: value for key, value in zip(keys, record.values(), strict=True) if key}
        table.rows.append(GivenRow(number, known))
        table.unread += [
            name for name, key in zip(record, keys, strict=True) if not key and name not in table.unread
        ]
    return table


def write_template(path: Path) -> None:
    """Write the XLSX to fill in: Chinese headings, drop-downs, a frozen first row and notes on the columns.

    Raises:
        InputError: The file cannot be written.
    """
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "问题线索"
    sheet.append(list(COLUMNS.values()))
    _dress_template(sheet)
    try:
        book.save(path)
    except OSError as error:
        raise InputError(f"无法写入 {path.name}，请确认文件夹存在且文件未被打开。") from error


def _dress_template(sheet: "Worksheet") -> None:
    """Give the sheet widths, drop-downs and a note on every column."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    notes = {
        "title": (40, "必填，200字以内"),
        "facts": (80, "必填：何单位、何时、何事，违反清单何项"),
        "source_level": (12, "从下拉列表选择；留空为国家"),
        "document_number": (24, "可留空"),
        "category": (22, "从下拉列表选择；留空为其他"),
        "received_at": (20, "如 2026-11-27 15:30；留空为导入时间"),
        "barrier": (30, "可留空；仅限类别为违规设置隐性壁垒或其他的线索"),
        "importance": (12, "从下拉列表选择；留空为一般"),
        "informant": (16, "可留空；加密保存，不进入公文和消息；导入后请删除本文件"),
        "informant_contact": (24, "可留空；加密保存，不进入公文和消息；导入后请删除本文件"),
        "relapse_of": (18, "可留空；已办结的线索反弹的，填原线索编号，如 L2026-0012"),
    }
    for column, (key, heading) in zip("ABCDEFGHIJK", COLUMNS.items(), strict=True):
        width, note = notes[key]
        sheet.column_dimensions[column].width = width
        cell = sheet[f"{column}1"]
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE7F3")
        cell.alignment = Alignment(horizontal="center")
        cell.comment = Comment(f"{heading}：{note}", "zero137")
    for column, options in (
        ("C", [level.label for level in SourceLevel]),
        ("E", [category.label for category in Category]),
        ("G", [barrier.numbered for barrier in Barrier]),
        ("H", [importance.label for importance in Importance]),
    ):
        listed = f'"{",".join(options)}"'
        choice = DataValidation(type="list", formula1=listed, allow_blank=True, showErrorMessage=True)
        choice.error, choice.errorTitle = "请从下拉列表中选择", "不在可选范围内"
        choice.add(f"{column}2:{column}5000")
        sheet.add_data_validation(choice)
    sheet.column_dimensions["F"].number_format = "yyyy-mm-dd hh:mm"
    sheet.freeze_panes = "A2"
