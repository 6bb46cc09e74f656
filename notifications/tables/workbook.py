"""The 台账 as a workbook of Excel: one row a lead, then a summary with charts and a page of notes.

XlsxWriter writes a row and forgets it, so that memory does not grow with the leads; ADR-0018.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.exceptions import XlsxFileError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from models.lookup.lead_account import LeadAccount
from models.matters.timeliness import Timeliness
from models.matters.vocabulary import Signal
from notifications.tables.ledger_columns import COLUMNS, Cell, DueDay, Look

FONT = "宋体"
# Background and text of each signal; readable in black and white as well.
COLOURS: Mapping[str, tuple[str, str]] = {
    Signal.NORMAL.label: ("#C6EFCE", "#006100"),
    Signal.NEAR.label: ("#FFEB9C", "#7F6000"),
    Signal.OVERDUE.label: ("#FFC7CE", "#9C0006"),
    Signal.CLOSED.label: ("#D9E1F2", "#1F3864"),
}
_LATE = frozenset(kind.label for kind in (Timeliness.LATE, Timeliness.UNANSWERED, Timeliness.DEEMED))
_LIMIT = 32_767
_REST = "…（余下文字见 JSONL 导出）"
# Excel has 1,048,576 rows on a sheet; the first one holds the headings; the rest goes to further sheets.
ROWS_ON_A_SHEET = 1_048_575
_EPOCH = date(1899, 12, 30).toordinal()
_SECONDS_A_DAY = 86_400
_A3 = 8
_HEADING_HEIGHT, _ROW_HEIGHT = 32, 42
_DAY, _PROVISIONAL_DAY = "yyyy-mm-dd", 'yyyy-mm-dd"（暂定）"'


class LedgerBook:
    """A workbook in the making: leads are added one after the other."""

    def __init__(self, stream: BinaryIO, folder: Path) -> None:
        """Begin a workbook that is written into a stream when it is finished.

        Args:
            stream: Where it goes.
            folder: Where rows are kept meanwhile.
        """
        self.book = Workbook(stream, {"constant_memory": True, "tmpdir": str(folder)})
        self.book.use_zip64()
        self._formats = _formats(self.book)
        self._sheets: list[Worksheet] = []
        self._row = 0
        self._begin_sheet()

    def add(self, account: LeadAccount) -> None:
        """Write one lead."""
        if self._row == ROWS_ON_A_SHEET:
            self._end_sheet()
            self._begin_sheet()
        self._row += 1
        sheet = self._sheets[-1]
        for index, column in enumerate(COLUMNS):
            self._write(sheet, index, column.look, column.cell(account))

    def end_leads(self) -> None:
        """Note that no lead follows: other sheets may come now."""
        self._end_sheet()

    def close(self) -> None:
        """Write the workbook.

        Raises:
            OSError: The disk is full.
        """
        try:
            self.book.close()
        except XlsxFileError as error:
            raise OSError(str(error)) from error

    def abandon(self) -> None:
        """Let go of the rows kept so far."""
        for sheet in self._sheets:
            # What is still to be written when the disk is full cannot be: it is not wanted any more.
            with suppress(OSError):
                sheet._opt_close()  # noqa: SLF001 - XlsxWriter has no public way to give a workbook up

    def _begin_sheet(self) -> None:
        """Begin a sheet with its headings, set up for the screen and for A3 paper."""
        number = len(self._sheets) + 1
        sheet = self.book.add_worksheet("台账" if number == 1 else f"台账{number}")
        self._sheets.append(sheet)
        self._row = 0
        set_up_page(sheet, _A3, "问题线索台账")
        # On one page nobody could read so many columns; what a lead is called stands on both.
        sheet.fit_to_pages(2, 0)
        sheet.repeat_columns(0, 1)
        sheet.print_across()
        sheet.hide_gridlines(0)
        sheet.freeze_panes(1, 2)
        sheet.repeat_rows(0)
        sheet.set_default_row(_ROW_HEIGHT)
        sheet.set_row(0, _HEADING_HEIGHT)
        heading = heading_format(self.book)
        for index, column in enumerate(COLUMNS):
            sheet.set_column(index, index, column.width)
            sheet.write_string(0, index, column.title, heading)

    def _end_sheet(self) -> None:
        """Let every column of a sheet be filtered."""
        self._sheets[-1].autofilter(0, 0, self._row, len(COLUMNS) - 1)

    def _write(self, sheet: Worksheet, index: int, look: Look, cell: Cell) -> None:
        """Write one cell; what is blank is left out."""
        if cell is None or cell == "":
            return
        row = self._row
        match cell:
            case str():
                # Never ``write``: a text that begins with = + - @ stays a text.
                sheet.write_string(row, index, cut(cell), self._text_format(look, cell))
            case DueDay():
                look_of_day = _PROVISIONAL_DAY if cell.provisional else _DAY
                sheet.write_number(row, index, cell.day.toordinal() - _EPOCH, self._formats[look_of_day])
            case datetime():
                sheet.write_number(row, index, serial(cell), self._formats[_DAY])
            case date():
                sheet.write_number(row, index, cell.toordinal() - _EPOCH, self._formats[_DAY])
            case _:
                sheet.write_number(row, index, cell, self._formats[Look.CENTRED.name])

    def _text_format(self, look: Look, text: str) -> Format:
        """Return how a text looks: signals in their colours, what was late in red."""
        if look is Look.SIGNAL:
            return self._formats[text]
        if look is Look.TIMELINESS and text in _LATE:
            return self._formats[Signal.OVERDUE.label]
        return self._formats[Look.CENTRED.name if look is Look.TIMELINESS else look.name]


def _formats(book: Workbook) -> dict[str, Format]:
    """Return the formats of cells by the name of their look, label or pattern."""
    plain = {"font_name": FONT, "font_size": 10, "valign": "vcenter"}
    centred = {**plain, "align": "center", "text_wrap": True}
    kinds = {
        Look.TEXT.name: {**plain, "text_wrap": True},
        Look.LONG_TEXT.name: {**plain, "text_wrap": True, "valign": "top"},
        Look.CENTRED.name: centred,
        **{pattern: {**centred, "num_format": pattern} for pattern in (_DAY, _PROVISIONAL_DAY)},
        **{label: {**centred, "bg_color": back, "font_color": ink} for label, (back, ink) in COLOURS.items()},
    }
    return {name: book.add_format(properties) for name, properties in kinds.items()}


def heading_format(book: Workbook) -> Format:
    """Return how the heading of a column looks."""
    return book.add_format(
        {
            "font_name": FONT, "font_size": 10, "bold": True, "font_color": "#FFFFFF", "bg_color": "#1F4E79",
            "align": "center", "valign": "vcenter", "text_wrap": True, "border": 1, "border_color": "#FFFFFF",
        }
    )  # fmt: skip


def set_up_page(sheet: Worksheet, paper: int, title: str) -> None:
    """Set a sheet up for paper: across, as wide as the page, with its title and page numbers."""
    sheet.set_landscape()
    sheet.set_paper(paper)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&C{title}")
    sheet.set_footer("&C第 &P 页 共 &N 页")


def cut(text: str) -> str:
    """Return a text as far as a cell of Excel holds it; it counts in units of UTF-16."""
    if len(text) * 2 <= _LIMIT:
        return text
    units = text.encode("utf-16-le")
    if len(units) // 2 <= _LIMIT:
        return text
    return units[: 2 * (_LIMIT - len(_REST))].decode("utf-16-le", "ignore") + _REST


def serial(moment: datetime) -> float:
    """Return a moment without a zone as Excel counts: days since 1899-12-30."""
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return moment.toordinal() - _EPOCH + seconds / _SECONDS_A_DAY
