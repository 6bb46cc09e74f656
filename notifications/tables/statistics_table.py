"""Statistics as tables: the same headings and figures in a terminal and in a workbook."""

from collections.abc import Callable, Sequence

from models.codes import Step
from models.ladder.vocabulary import Rung
from models.lookup.statistics import Dimension, Statistics, Tally
from models.matters.timeliness import Timeliness

Cell = str | int | float
# A unit's name by its code.
Naming = Callable[[str], str]

TIMELINESS_HEADINGS = (
    "应反馈", "按期", "按期率", "逾期反馈", "逾期未反馈", "逾期未签收", "办理中",
    "中位用时（工作日）", "最长用时（工作日）",
)  # fmt: skip
EVENT_HEADINGS = ("延期申请", "同意", "不同意", "退回", *(rung.label for rung in Rung), "反弹")
# What is told of a lead before anybody was named.
UNTRANSFERRED = "尚未移交"


def timeliness_cells(tally: Tally) -> tuple[Cell, ...]:
    """Return the figures under ``TIMELINESS_HEADINGS``: the rate from 0 to 1, blank where there is none."""
    stands = tally.timeliness
    return (
        tally.due, tally.on_time, _told(tally.rate), stands[Timeliness.LATE], stands[Timeliness.UNANSWERED],
        stands[Timeliness.DEEMED], stands[Timeliness.RUNNING], _told(tally.median_days),
        _told(tally.longest_days),
    )  # fmt: skip


def event_cells(tally: Tally) -> tuple[int, ...]:
    """Return the figures under ``EVENT_HEADINGS``."""
    rungs = (tally.rungs[rung] for rung in Rung)
    return (tally.asked, tally.granted, tally.refused, tally.returns, *rungs, tally.relapses)


def grouped(
    statistics: Statistics, dimensions: Sequence[Dimension], naming: Naming
) -> list[tuple[tuple[str, ...], Tally]]:
    """Return the figures by dimensions, whose codes are put into words."""
    return [
        (tuple(_word(part, code, naming) for part, code in zip(dimensions, key, strict=True)), tally)
        for key, tally in statistics.by(dimensions).items()
    ]


def _word(dimension: Dimension, code: str, naming: Naming) -> str:
    """Return a code of a dimension in words."""
    if dimension is Dimension.STEP:
        return Step(code).label
    if dimension is Dimension.MONTH:
        return code
    return naming(code) if code else UNTRANSFERRED


def _told(figure: float | None) -> Cell:
    """Return a figure, blank where there is none; whole numbers without a fraction."""
    if figure is None:
        return ""
    return int(figure) if figure == int(figure) and figure > 1 else figure
