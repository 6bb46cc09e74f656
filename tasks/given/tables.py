"""Tables of CSV and XLSX files, read by their headings, with what was passed over."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.errors import InputError
from models.files.headings import CellFault, Headings
from models.files.vocabulary import HiddenRows
from tasks.given.files import decode_text
from tasks.given.workbooks import BadCell, Sheet, SheetRow, read_workbook

# The heading is looked for in so many rows: a title, a date and who filled it in may stand above it.
_ABOVE = 20
# What stands below a table: who filled it in, who looked through it, what is to be noted.
_REMARK = re.compile(r"(?:填报|填表|填写|制表|报送|审核|复核|负责|经办|联系|备注|说明|注)[^:：\n]{0,6}[:：]")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?[Ee]\+\d{1,3}")


@dataclass(frozen=True)
class GivenRow:
    """One row: where it stands, and its cells by key."""

    number: int
    cells: dict[str, object]
    sheet: str = ""


@dataclass
class GivenTable:
    """What a file holds.

    Attributes:
        rows: Those that can be read.
        faults: Why others cannot be.
        unread: Columns that nobody reads.
        notes: What was passed over, one Chinese sentence each.
    """

    rows: list[GivenRow] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_csv(data: bytes, path: Path, headings: Headings) -> GivenTable:
    """Read a CSV file; rows are counted as an office program shows them.

    Raises:
        InputError: It is no CSV, or lacks a required column.
    """
    reader = csv.reader(io.StringIO(decode_text(data, path), newline=""))
    try:
        rows = [SheetRow(number, [_typed(cell) for cell in cells]) for number, cells in enumerate(reader, 1)]
    except csv.Error as error:
        raise InputError(f"文件 {path.name} 不是有效的 CSV（第{reader.line_num}行）。") from error
    table = GivenTable()
    _read_rows(table, rows, headings, f"文件 {path.name} ", "")
    return table


def read_sheets(data: bytes, path: Path, headings: Headings, hidden: HiddenRows) -> GivenTable:
    """Read every visible sheet of an XLSX file that has the headings.

    Raises:
        InputError: It cannot be read, no sheet has the headings, or it has hidden rows and nobody said what
            is to become of them.
    """
    table = GivenTable()
    sheets = read_workbook(data, path.name)
    seen = [sheet for sheet in sheets if not sheet.is_hidden]
    taken = [sheet for sheet in seen if _heading_of(sheet.rows, headings) is not None]
    if not taken:
        # The first one says best what is missing.
        _read_rows(table, (seen or sheets)[0].rows, headings, f"文件 {path.name} ", "")
    for sheet in taken:
        name = sheet.name if len(taken) > 1 else ""
        shown = _without_hidden(table, sheet, hidden, headings)
        _read_rows(table, shown, headings, f"文件 {path.name} 工作表“{sheet.name}”", name)
    names = {sheet.name for sheet in taken}
    left = [
        f"“{sheet.name}”{'（隐藏）' if sheet.is_hidden else ''}"
        for sheet in sheets
        if sheet.name not in names
    ]
    if left:
        table.notes.append(f"未读取的工作表：{'、'.join(left)}。")
    return table


def _without_hidden(
    table: GivenTable, sheet: Sheet, hidden: HiddenRows, headings: Headings
) -> list[SheetRow]:
    """Return the rows of a sheet that are to be read, and note how many are hidden."""
    first = _heading_of(sheet.rows, headings) or 0
    unseen = [row for row in sheet.rows[first + 1 :] if row.hidden and _own(row)]
    if unseen and hidden is HiddenRows.ASK:
        raise InputError(
            f"工作表“{sheet.name}”有{len(unseen)}行被隐藏或筛选掉"
            f"（第{'、'.join(str(row.number) for row in unseen[:10])}行{'等' if len(unseen) > 10 else ''}），"  # noqa: PLR2004 - as many as are shown
            "请说明是否导入（命令行用 --hidden-rows，表单填“隐藏的行”）。"
        )
    if not unseen:
        return sheet.rows
    told = "一并导入" if hidden is HiddenRows.TAKE else "未导入"
    table.notes.append(f"工作表“{sheet.name}”有{len(unseen)}行隐藏的行，{told}。")
    return sheet.rows if hidden is HiddenRows.TAKE else [row for row in sheet.rows if row not in unseen]


def _heading_of(rows: Sequence[SheetRow], headings: Headings) -> int | None:
    """Return the place of the heading among rows, None where there is none."""
    return next((n for n, row in enumerate(rows[:_ABOVE]) if headings.are_in(row.cells)), None)


def _read_rows(
    table: GivenTable, rows: Sequence[SheetRow], headings: Headings, origin: str, sheet: str
) -> None:
    """Read the rows below the heading into a table."""
    first = _heading_of(rows, headings)
    # Without one the row that has most of its columns says best what is missing.
    likeliest = max(rows[:_ABOVE], key=lambda row: sum(map(bool, headings.keys_of(row.cells))), default=None)
    heading = rows[first] if first is not None else likeliest
    keys = headings.read(heading.cells if heading is not None else [], origin)
    names = [_told(cell) for cell in (heading.cells if heading is not None else [])]
    table.unread += [
        name for name, key in zip(names, keys, strict=True) if name and not key and name not in table.unread
    ]
    repeated: list[int] = []
    remarks: list[int] = []
    for row in rows[(first or 0) + 1 :]:
        if not _own(row):
            continue
        if headings.repeated_in(keys, row.cells):
            repeated.append(row.number)
            continue
        if all(_REMARK.match(_told(cell)) for cell in row.cells if _told(cell)):
            remarks.append(row.number)
            continue
        faults = list(_faults(row, keys, headings, sheet))
        table.faults += faults
        if not faults:
            cells = {key: row.cells[n] for n, key in enumerate(keys[: len(row.cells)]) if key}
            table.rows.append(GivenRow(row.number, cells, sheet))
    for numbers, what in ((repeated, "重复的表头"), (remarks, "落款或说明")):
        if numbers:
            table.notes.append(f"{origin}第{'、'.join(map(str, numbers))}行是{what}，已跳过。")


def _own(row: SheetRow) -> bool:
    """Tell whether a row has anything of its own, beside merged areas that began elsewhere."""
    return any(_told(cell) for n, cell in enumerate(row.cells) if n not in row.merged)


def _told(cell: object) -> str:
    """Return what a cell says, blank where it says nothing."""
    return "" if cell is None else str(cell).strip()


def _faults(row: SheetRow, keys: Sequence[str], headings: Headings, sheet: str) -> Iterable[CellFault]:
    """Give what keeps a row from being read."""
    if any(_told(cell) for cell in row.cells[len(keys) :]):
        yield CellFault(row.number, "整行", "单元格多于表头，请检查逗号或引号", sheet)
    for n, key in _known(keys, row):
        cell, name = row.cells[n], headings.columns[key]
        if isinstance(cell, BadCell):
            yield CellFault(row.number, name, cell.reason, sheet)
        elif row.merged.get(n):
            yield CellFault(row.number, name, "单元格跨列合并，请拆分后分别填写", sheet)


def _known(keys: Sequence[str], row: SheetRow) -> Iterator[tuple[int, str]]:
    """Give the places and keys of the known columns of a row."""
    return ((n, key) for n, key in enumerate(keys[: len(row.cells)]) if key)


def _typed(cell: str) -> object:
    """Return a cell of a CSV; a number that a spreadsheet cut short is lost."""
    if _SCIENTIFIC.fullmatch(cell.strip()):
        return BadCell("数字已被表格软件改为科学计数法，原数无法还原，请把单元格设为文本后重新填写")
    return cell
