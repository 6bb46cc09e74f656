"""A file index (卷内目录) as a workbook."""

import io
from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING

from models.archive.file_index import HEADINGS, FileIndex
from notifications.papers.fonts import ems, printed_line

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_LINE_POINTS = 15
_WIDTHS = (12, 26, 28, 52, 10, 7, 36, 24)


def render_sheet(index: FileIndex, now: datetime) -> bytes:
    """Return a file index as XLSX; every text is stored as text, whatever sign it begins with.

    Args:
        index: The file index.
        now: When it is made (in the office's zone), for the properties of the workbook.
    """
    # Imported here and below: most commands write no workbook.
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    book.properties.created = book.properties.modified = now.replace(tzinfo=None)
    book.properties.creator = printed_line(index.office)
    sheet = book.worksheets[0]
    sheet.title = "卷内目录"
    for row, (name, value) in enumerate(index.cover, start=1):
        _write(sheet, row, 1, name).font = Font(bold=True)
        _write(sheet, row, 2, value).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=len(HEADINGS))
        _set_height(sheet, row, [(value, sum(_WIDTHS[1:]))])
    top = len(index.cover) + 2
    _write_headings(sheet, top)
    for row, line in enumerate(index.lines, start=top + 1):
        for column, cell in enumerate(line.cells, start=1):
            _write(sheet, row, column, cell).alignment = Alignment(wrap_text=True, vertical="top")
        _set_height(sheet, row, list(zip(map(str, line.cells), _WIDTHS, strict=True)))
    _set_up_page(sheet, top)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _write(sheet: "Worksheet", row: int, column: int, value: int | str) -> "Cell":
    """Write one cell: a number as a number, all else as text."""
    from openpyxl.cell import Cell

    cell = sheet.cell(row, column)
    if not isinstance(cell, Cell):
        raise TypeError("nothing is merged in a file index")
    cell.value = value if isinstance(value, int) else printed_line(value)
    if not isinstance(value, int):
        # A title that begins with = is a title, not a formula.
        cell.data_type = "s"
    return cell


def _set_height(sheet: "Worksheet", row: int, cells: Sequence[tuple[str, int]]) -> None:
    """Make a row as high as its longest text needs in a column of that width: not every program does."""
    lines = max(ceil(2 * ems(text) / (width - 1)) for text, width in cells)
    sheet.row_dimensions[row].height = _LINE_POINTS * max(lines, 1)


def _write_headings(sheet: "Worksheet", row: int) -> None:
    """Write the headings of the table, and give the columns their widths."""
    from openpyxl.styles import Alignment, Font, PatternFill

    for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True), start=1):
        cell = _write(sheet, row, column, heading)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE7F3")
        cell.alignment = Alignment(horizontal="center")
        sheet.column_dimensions[cell.column_letter].width = width


def _set_up_page(sheet: "Worksheet", top: int) -> None:
    """Let the table fit the width of a page, with its headings on every one."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.freeze_panes = f"A{top + 1}"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = (
        "landscape",
        1,
        0,
    )
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{top}:{top}"
