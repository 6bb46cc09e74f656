"""The summary of the 台账: charts above, the tables they are drawn from below, then the statistics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from models.codes import Step
from models.lookup.lead_account import LeadCounts
from models.lookup.statistics import Dimension, Statistics
from models.matters.vocabulary import Signal
from notifications.tables.statistics_table import (
    EVENT_HEADINGS,
    TIMELINESS_HEADINGS,
    UNTRANSFERRED,
    Naming,
    event_cells,
    grouped,
    timeliness_cells,
)
from notifications.tables.workbook import FONT, heading_format, set_up_page

_SHEET = "汇总"
_A4 = 9
_FIRST_WIDTH, _OTHER_WIDTH, _COLUMNS = 24, 13, 12
# The size of a chart in pixels; three of them are as wide as the tables below.
_CHART_WIDTH, _CHART_HEIGHT = 400, 300
_CHART_ROWS, _ROW_PIXELS = 16, 20
# More bars than this cannot be told apart; the table has them all.
_BARS = 12
_OPEN = (Signal.NORMAL, Signal.NEAR, Signal.OVERDUE)

Cell = str | int | float


@dataclass(frozen=True)
class Summary:
    """What the summary tells: the leads that were exported, and the statistics of the same ones."""

    counts: LeadCounts
    statistics: Statistics
    naming: Naming


def write_summary(book: Workbook, summary: Summary) -> None:
    """Write the sheet into a workbook."""
    sheet = _SummarySheet(book)
    counts = summary.counts
    signals = sheet.table("按时限状态", ("时限状态", "线索数", "占比"), _by_signal(counts))
    sheet.table("按当前环节", ("当前环节", "线索数"), _by_stage(counts))
    headings = ("主管单位", "线索数", "在办", *(light.label for light in Signal))
    authorities = sheet.table("按主管单位", headings, _by_authority(counts))
    months = sheet.table(
        "按月份", ("月份", "收到", "办结"),
        [(month, counts.received[month], counts.closed[month]) for month in counts.months],
    )  # fmt: skip
    if counts.leads:
        sheet.draw_signals(signals)
        sheet.draw_authorities(authorities)
        sheet.draw_months(months)
    _write_statistics(sheet, summary)


def _write_statistics(sheet: "_SummarySheet", summary: Summary) -> None:
    """Write the tables of the statistics."""
    statistics, naming = summary.statistics, summary.naming
    for title, dimensions in (
        ("各单位各环节按期率与用时", (Dimension.UNIT, Dimension.STEP)),
        ("各主管单位按期率与用时（签收、核查、整改）", (Dimension.AUTHORITY,)),
        ("各月份按期率与用时（按到期日）", (Dimension.MONTH,)),
    ):
        found = grouped(statistics, dimensions, naming)
        rows = [(*words, *timeliness_cells(tally)) for words, tally in found]
        sheet.table(title, (*(part.label for part in dimensions), *TIMELINESS_HEADINGS), rows)
    for title, dimension in (
        ("各单位延期、退回、督办与反弹", Dimension.UNIT),
        ("各主管单位延期、退回、督办与反弹", Dimension.AUTHORITY),
        ("各月份延期、退回、督办与反弹（按发生日）", Dimension.MONTH),
    ):
        found = grouped(statistics, (dimension,), naming)
        events: list[Sequence[Cell]] = [
            (*words, *event_cells(tally)) for words, tally in found if any(event_cells(tally))
        ]
        sheet.table(title, (dimension.label, *EVENT_HEADINGS), events)


def _by_signal(counts: LeadCounts) -> list[Sequence[Cell]]:
    """Return how many leads show which signal, and their share of all."""
    whole = max(counts.leads, 1)
    return [(light.label, counts.signals[light], counts.signals[light] / whole) for light in Signal]


def _by_stage(counts: LeadCounts) -> list[Sequence[Cell]]:
    """Return how many leads stand at which step, in the order of the steps."""
    order = ["派发", *(step.label for step in Step), Signal.CLOSED.label]
    return [(stage, counts.stages[stage]) for stage in order if counts.stages[stage]]


def _by_authority(counts: LeadCounts) -> list[Sequence[Cell]]:
    """Return how many leads each authority has, the most first."""
    found = sorted(counts.authorities.items(), key=lambda item: (-item[1].total(), item[0]))
    return [
        (
            name or UNTRANSFERRED, lights.total(), sum(lights[light] for light in _OPEN),
            *(lights[light] for light in Signal),
        )
        for name, lights in found
    ]  # fmt: skip


@dataclass(frozen=True)
class _Range:
    """Where the rows of a table lie, both ends included, counted from 0."""

    first: int
    last: int

    def column(self, index: int, most: int | None = None) -> list[str | int]:
        """Return a column as the source of a chart, no more rows than that."""
        last = self.last if most is None else min(self.last, self.first + most - 1)
        return [_SHEET, self.first, index, last, index]


class _SummarySheet:
    """A sheet that is written from top to bottom."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._sheet = book.add_worksheet(_SHEET)
        self._row = 0
        set_up_page(self._sheet, _A4, "问题线索台账 · 汇总")
        self._sheet.hide_gridlines(2)
        self._sheet.set_column(0, 0, _FIRST_WIDTH)
        self._sheet.set_column(1, _COLUMNS - 1, _OTHER_WIDTH)
        self._heading = heading_format(book)
        plain = {"font_name": FONT, "font_size": 10, "valign": "vcenter", "border": 1}
        self._text = book.add_format({**plain, "border_color": "#BFBFBF"})
        self._number = book.add_format({**plain, "border_color": "#BFBFBF", "align": "center"})
        self._share = book.add_format(
            {**plain, "border_color": "#BFBFBF", "align": "center", "num_format": "0.0%"}
        )
        self._title = book.add_format(
            {"font_name": FONT, "font_size": 12, "bold": True, "font_color": "#1F4E79"}
        )
        self._row = _CHART_ROWS

    def table(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> _Range:
        """Write a table below the last one and tell where its rows lie."""
        self._row += 1
        self._sheet.write_string(self._row, 0, title, self._title)
        self._row += 1
        self._sheet.set_row(self._row, 30)
        for index, heading in enumerate(headings):
            self._sheet.write_string(self._row, index, heading, self._heading)
        first = self._row + 1
        for row in rows or [("无", *[""] * (len(headings) - 1))]:
            self._row += 1
            for index, cell in enumerate(row):
                self._write(index, cell, is_share=headings[index] in ("占比", "按期率"))
        self._row += 1
        return _Range(first, self._row - 1)

    def _write(self, index: int, cell: Cell, *, is_share: bool) -> None:
        """Write one cell of a table."""
        if isinstance(cell, str):
            self._sheet.write_string(self._row, index, cell, self._text)
        else:
            look: Format = self._share if is_share else self._number
            self._sheet.write_number(self._row, index, cell, look)

    def draw_signals(self, rows: _Range) -> None:
        """Draw the shares of the signals as a ring."""
        chart = self._book.add_chart({"type": "doughnut"})
        chart.add_series(
            {
                "categories": rows.column(0), "values": rows.column(1),
                "points": [_filled(light) for light in Signal],
                "data_labels": {"value": True, "font": _font(9)},
            }
        )  # fmt: skip
        chart.set_hole_size(50)
        self._place(chart, "时限状态", 0)

    def draw_authorities(self, rows: _Range) -> None:
        """Draw the leads of each authority as bars, parted by signal."""
        chart = self._book.add_chart({"type": "bar", "subtype": "stacked"})
        for index, light in enumerate(Signal):
            chart.add_series(
                {
                    "name": light.label, "categories": rows.column(0, _BARS),
                    "values": rows.column(3 + index, _BARS), "gap": 40, **_filled(light),
                }
            )  # fmt: skip
        chart.set_y_axis({"reverse": True, "num_font": _font(9)})
        # With the first authority on top, Excel would put the figures there as well.
        chart.set_x_axis({**_AXIS, "label_position": "high"})
        self._place(chart, "各主管单位线索", 1)

    def draw_months(self, rows: _Range) -> None:
        """Draw what came and what was closed, month by month."""
        chart = self._book.add_chart({"type": "line"})
        for index, (name, colour) in enumerate((("收到", "#2F75B5"), ("办结", "#70AD47")), start=1):
            chart.add_series(
                {
                    "name": name, "categories": rows.column(0), "values": rows.column(index),
                    "line": {"color": colour, "width": 2},
                    "marker": {
                        "type": "circle", "size": 5, "fill": {"color": colour}, "border": {"color": colour}
                    },
                }
            )  # fmt: skip
        chart.set_x_axis({"num_font": {**_font(9), "rotation": -45}})
        chart.set_y_axis(_AXIS)
        self._place(chart, "每月收到与办结", 2)

    def _place(self, chart: Any, title: str, position: int) -> None:  # noqa: ANN401 - a chart of any type
        """Put a chart above the tables, at its position from the left."""
        chart.set_title({"name": title, "name_font": {**_font(12), "bold": True}})
        chart.set_legend({"position": "bottom", "font": _font(9)})
        chart.set_size({"width": _CHART_WIDTH - 10, "height": _CHART_HEIGHT})
        self._sheet.insert_chart(0, 0, chart, {"x_offset": position * _CHART_WIDTH, "y_offset": 5})


# On a chart the colours of text serve better: backgrounds are too pale there.
_CHART_COLOURS: Mapping[Signal, str] = {
    Signal.NORMAL: "#70AD47",
    Signal.NEAR: "#FFC000",
    Signal.OVERDUE: "#C00000",
    Signal.CLOSED: "#8EA9DB",
}


def _filled(light: Signal) -> dict[str, object]:
    """Return the colour of a signal on a chart."""
    return {"fill": {"color": _CHART_COLOURS[light]}}


def _font(size: int) -> dict[str, object]:
    """Return the font of a chart in a size."""
    return {"name": FONT, "size": size, "bold": False}


_AXIS: Mapping[str, object] = {
    "num_font": _font(9), "num_format": "0", "min": 0,
    "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}},
}  # fmt: skip
