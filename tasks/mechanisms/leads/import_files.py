"""Reading leads from the files people have: JSONL, CSV and XLSX; and writing the XLSX to fill in."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.archive.vocabulary import Barrier, Category, Importance
from models.documents.vocabulary import SourceLevel
from models.errors import InputError
from models.mechanisms.leads.intake import COLUMNS, REQUIRED, IntakeDefaults, LeadDraft, RowFault, read_row
from models.office.policy import Policy
from tasks.given_files import decode_text, read_bytes

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_Row = tuple[int, Mapping[str, object]]


@dataclass
class LeadTable:
    """What a file holds: the leads that can be registered, the faults, and columns nobody reads."""

    drafts: list[LeadDraft] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    unread_columns: list[str] = field(default_factory=list)


def read_leads(path: Path, defaults: IntakeDefaults, policy: Policy, now: datetime) -> LeadTable:
    """Read every row of a file.

    Args:
        path: A .jsonl, .csv or .xlsx file; row numbers count the way the office program shows them.
        defaults: What empty cells stand for.
        policy: Gives the office's time zone.
        now: The present moment (aware).

    Raises:
        NotFound: The file cannot be read.
        InputError: It is of another kind, damaged, or lacks a required column.
    """
    table = LeadTable()
    seen: dict[str, None] = {}
    known = {*COLUMNS, *COLUMNS.values()}
    for row, cells in _rows(path):
        if row < 0:
            table.faults.append(RowFault(-row, "整行", str(cells["fault"])))
            continue
        seen.update(dict.fromkeys(cells))
        read = read_row(row, cells, defaults, policy, now)
        if isinstance(read, LeadDraft):
            table.drafts.append(read)
        else:
            table.faults.extend(read)
    table.unread_columns = [column for column in seen if column not in known]
    return table


def _rows(path: Path) -> Iterator[_Row]:
    """Yield the rows of a file by their numbers; a negative number marks a row that is no record."""
    data = read_bytes(path)
    match path.suffix.lower():
        case ".jsonl":
            return _json_rows(decode_text(data, path))
        case ".csv":
            return _csv_rows(decode_text(data, path), path)
        case ".xlsx":
            return _sheet_rows(data, path)
        case _:
            raise InputError(f"不支持文件 {path.name} 的格式，请使用 JSONL、CSV 或 XLSX。")


def _json_rows(text: str) -> Iterator[_Row]:
    """Yield one record a line; blank lines are passed over."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            yield -number, {"fault": f"不是有效的 JSON（第{error.colno}个字符处）"}
            continue
        except (ValueError, RecursionError):
            yield -number, {"fault": "不是有效的 JSON（嵌套过深或数字过长）"}
            continue
        if isinstance(record, dict):
            yield number, record
        else:
            yield -number, {"fault": "应为一个 JSON 对象"}


def _csv_rows(text: str, path: Path) -> Iterator[_Row]:
    """Yield one record a row below the heading; row numbers are those of the lines."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        heading = [cell.strip() for cell in next(reader, [])]
        _check_heading(heading, path)
        # Counted as an office program counts: a cell with line breaks is still one row.
        for number, cells in enumerate(reader, start=2):
            if any(cell.strip() for cell in cells):
                yield _row_of(number, heading, cells)
    except csv.Error as error:
        raise InputError(f"文件 {path.name} 不是有效的 CSV（第{reader.line_num}行）。") from error


def _sheet_rows(data: bytes, path: Path) -> Iterator[_Row]:
    """Yield one record a row of the first sheet below its heading."""
    from openpyxl import load_workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        # Some exporters write a wrong extent; the rows themselves tell the right one.
        if isinstance(book.worksheets[0], ReadOnlyWorksheet):
            book.worksheets[0].reset_dimensions()
        rows = list(book.worksheets[0].iter_rows(values_only=True))
        book.close()
    except Exception as error:  # a damaged file fails in many ways, none of them documented
        raise InputError(f"文件 {path.name} 不是有效的 XLSX，请用 Excel 或 WPS 重新保存。") from error
    heading = [str(cell or "").strip() for cell in rows[0]] if rows else []
    _check_heading(heading, path)
    for number, cells in enumerate(rows[1:], start=2):
        if any(cell is not None and str(cell).strip() for cell in cells):
            yield _row_of(number, heading, cells)


def _row_of(number: int, heading: list[str], cells: Sequence[object]) -> _Row:
    """Return a row by its headings; text beyond the last heading would be lost, so it is a fault."""
    beyond = [cell for cell in cells[len(heading) :] if cell is not None and str(cell).strip()]
    if beyond:
        return -number, {"fault": "单元格多于表头，请检查逗号或引号"}
    return number, dict(zip(heading, cells, strict=False))


def _check_heading(heading: list[str], path: Path) -> None:
    """Refuse a table that lacks a required column or has one twice."""
    meant = [name for name in heading if name]
    meant += [COLUMNS[name] for name in heading if name in COLUMNS]
    twice = sorted({name for name in meant if meant.count(name) > 1})
    if twice:
        raise InputError(f"文件 {path.name} 的列重复：{'、'.join(twice)}，请只保留一列。")
    missing = [COLUMNS[key] for key in sorted(REQUIRED) if not {key, COLUMNS[key]} & set(heading)]
    if missing:
        raise InputError(
            f"文件 {path.name} 缺少必需的列：{'、'.join(missing)}；可用 zero137 lead template 生成模板。"
        )


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
    }
    for column, (key, heading) in zip("ABCDEFGHIJ", COLUMNS.items(), strict=True):
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
