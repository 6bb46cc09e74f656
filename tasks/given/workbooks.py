"""Workbooks of Excel and WPS: the visible sheets, cell by cell, as a person sees them."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from models.errors import InputError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

# A program writes what XML cannot hold as _x000D_; one that is meant word for word begins with _x005F_.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Built-in formats that are dates in Chinese programs only. Source: ECMA-376 part 1, 18.8.30.
_CHINESE_DATES = frozenset({*range(27, 37), *range(50, 59)})
# A double holds no more digits than these: what is longer was cut off when it was typed.
_EXACT = 10**15
# Strict OOXML names the same things otherwise. Source: ECMA-376 part 1, annex A.
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/officeDocument/",
        b"http://schemas.openxmlformats.org/officeDocument/2006/",
    ),
    (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)
_STRICT_MARK = b"http://purl.oclc.org/ooxml/"


class BadCell:
    """A cell that cannot be read; ``reason`` says why without repeating what it holds."""

    def __init__(self, reason: str) -> None:
        """Take the reason."""
        self.reason = reason


@dataclass(frozen=True)
class SheetRow:
    """One row: its number, its cells from the first column on, and whether it is hidden.

    ``merged`` are the cells that only show the value of a merged area which began further up or left, by
    their place from 0, with whether it began in another column.
    """

    number: int
    cells: list[object]
    hidden: bool = False
    merged: Mapping[int, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook."""

    name: str
    is_hidden: bool
    rows: list[SheetRow]


def read_workbook(data: bytes, name: str) -> list[Sheet]:
    """Read all sheets of an XLSX file.

    Args:
        data: The file.
        name: What it is called, for the error.

    Raises:
        InputError: It is damaged, or of another format.
    """
    from openpyxl import load_workbook

    try:
        parts = _transitional(data)
        book = load_workbook(io.BytesIO(parts), data_only=True)
        # Where a formula has no stored result, only the formula itself tells that there is one.
        formulas = load_workbook(io.BytesIO(parts)) if _has_formulas(parts) else None
        sheets = [_sheet(sheet, book, formulas) for sheet in book.worksheets]
    except Exception as error:  # a damaged file fails in many ways, none of them documented
        raise InputError(f"文件 {name} 不是有效的 XLSX，请用 Excel 或 WPS 重新保存。") from error
    if not sheets:
        raise InputError(f"文件 {name} 中没有工作表，请用 Excel 或 WPS 另存为“Excel 工作簿（*.xlsx）”。")
    return sheets


def _transitional(data: bytes) -> bytes:
    """Return a workbook in the wording that the library reads."""
    with zipfile.ZipFile(io.BytesIO(data)) as given:
        if _STRICT_MARK not in given.read("xl/workbook.xml"):
            return data
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as copy:
            for part in given.namelist():
                content = given.read(part)
                for strict, transitional in _STRICT:
                    content = content.replace(strict, transitional)
                copy.writestr(part, content)
        return written.getvalue()


def _has_formulas(data: bytes) -> bool:
    """Tell whether any sheet may hold a formula."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return any(
            b"<f" in book.read(part) for part in book.namelist() if part.startswith("xl/worksheets/sheet")
        )


def _sheet(sheet: "Worksheet", book: "Workbook", formulas: "Workbook | None") -> Sheet:
    """Return what a sheet shows."""
    written = formulas[sheet.title] if formulas is not None else None
    merged = _merged(sheet)

    def value(cell: Any) -> object:  # noqa: ANN401 - cells and merged cells
        formula = written is not None and written.cell(cell.row, cell.column).data_type == "f"
        return _value(cell, book.epoch, is_formula=formula)

    # Where somebody dressed a whole sheet, its extent is a million empty rows.
    filled = [place for place, cell in sheet._cells.items() if cell.value is not None]  # noqa: SLF001 - as below
    last_row, last_column = (max(axis) for axis in zip(*filled, strict=True)) if filled else (0, 0)
    numbered = enumerate(sheet.iter_rows(max_row=last_row, max_col=last_column), 1) if filled else ()
    rows = [
        _row(number, [value(cell) for cell in cells], merged.get(number, {}), value, sheet)
        for number, cells in numbered
    ]
    return Sheet(sheet.title, sheet.sheet_state != "visible", rows)


def _row(
    number: int,
    cells: list[object],
    merged: Mapping[int, tuple[int, int]],
    value: Callable[[Any], object],
    sheet: "Worksheet",
) -> SheetRow:
    """Return one row with the values of merged areas in all of their cells."""
    shown = {column - 1: top != column for column, (_, top) in merged.items()}
    for column, (first_row, first_column) in merged.items():
        if column <= len(cells):
            cells[column - 1] = value(sheet.cell(first_row, first_column))
    return SheetRow(number, cells, bool(sheet.row_dimensions[number].hidden), shown)


def _merged(sheet: "Worksheet") -> dict[int, dict[int, tuple[int, int]]]:
    """Return the place where each merged cell's area begins, by row and column, but for the first cells."""
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for area in sheet.merged_cells.ranges:
        for row, column in _places(area.min_row, area.max_row, area.min_col, area.max_col):
            if (row, column) != (area.min_row, area.min_col):
                found.setdefault(row, {})[column] = area.min_row, area.min_col
    return found


def _places(top: int, bottom: int, left: int, right: int) -> Iterator[tuple[int, int]]:
    """Give the places of an area, row by row."""
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            yield row, column


def _value(cell: Any, epoch: datetime, *, is_formula: bool) -> object:  # noqa: ANN401 - cells and merged cells
    """Return what a cell shows."""
    value = cell.value
    if cell.data_type == "e":
        return BadCell("单元格是公式错误值，请更正后重新保存")
    if value is None:
        return BadCell("公式没有计算结果，请用 Excel 或 WPS 打开并保存后再导入") if is_formula else None
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, is_date=cell._style.numFmtId in _CHINESE_DATES, epoch=epoch)  # noqa: SLF001 - the library tells no other way
    return value


def _number(value: float, *, is_date: bool, epoch: datetime) -> object:
    """Return what a number shows: a date, itself, or that its digits were lost."""
    if is_date:
        from openpyxl.utils.datetime import from_excel

        return from_excel(value, epoch)
    if abs(value) >= _EXACT:
        return BadCell("数字过长，已被表格软件改为科学计数法，请把单元格设为文本后重新填写")
    return int(value) if float(value).is_integer() else value
