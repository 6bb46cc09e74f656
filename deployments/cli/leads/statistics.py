"""The command that shows statistics: on-time rates, working days used, extensions, returns, escalations."""

from collections.abc import Sequence

import click

from deployments.cli.frame import Command, emit, json_option, table, workplace
from models.days.periods import Period, read_period
from models.ladder.vocabulary import Rung
from models.lookup.statistics import Dimension, Tally, together
from models.matters.timeliness import Timeliness

_TIMELY = (
    "按期/应反馈", "按期率", "逾期反馈", "逾期未反馈", "逾期未签收", "办理中", "用时中位", "最长",
)  # fmt: skip
_NONE = "该时间范围内没有应反馈的环节，也没有延期、退回、督办和反弹。"


@click.command(cls=Command)
@click.option("--from", "first", default="", help="起始月份或日期，如 2026-01")
@click.option("--to", "last", default="", help="截止月份或日期（含），如 2026-11")
@click.option(
    "--by",
    "dimensions",
    multiple=True,
    type=click.Choice([dimension.value for dimension in Dimension]),
    help="按何分列，可重复：unit 单位，step 环节，month 月份，authority 主管单位；默认 unit 和 step",
)
@json_option
def stats(*, first: str, last: str, dimensions: Sequence[str], as_json: bool) -> None:
    """统计按期率、用时、延期、退回和督办，可按单位、环节、月份、主管单位分列。"""
    from notifications.tables.statistics_table import grouped
    from tasks.lookup.leads.counting import read_statistics
    from tasks.workplace import read_office

    period = read_period(first, last)
    chosen = [Dimension(each) for each in dict.fromkeys(dimensions)] or [Dimension.UNIT, Dimension.STEP]
    with workplace() as place:
        found = read_statistics(place, period, place.clock())
        office = read_office(place)
    rows = grouped(found, chosen, lambda code: office.stored(code).short_name)
    whole = together(tally for _, tally in rows)
    data = {
        "from": period.first,
        "to": period.last,
        "rows": [_object(chosen, words, tally) for words, tally in rows],
        "total": _figures(whole),
    }
    emit(data, _text(period, chosen, rows, whole), as_json=as_json)


def _text(
    period: Period, chosen: Sequence[Dimension], rows: Sequence[tuple[tuple[str, ...], Tally]], whole: Tally
) -> str:
    """Return the statistics as two tables: what was in time, and what it took to get there."""
    from notifications.tables.statistics_table import EVENT_HEADINGS, event_cells

    if not rows:
        return _NONE
    heads = [dimension.label for dimension in chosen]
    lines = [*rows, (("合计", *[""] * (len(heads) - 1)), whole)]
    timely = table(
        (*heads, *_TIMELY),
        [(*words, *_timely(tally)) for words, tally in lines],
    )
    moved = [(words, tally) for words, tally in lines if any(event_cells(tally))]
    events = table((*heads, *EVENT_HEADINGS), [(*words, *event_cells(tally)) for words, tally in moved])
    told = [f"统计范围：{period.label}（环节按到期日、其余按发生日计入）；用时为工作日。", "", timely]
    if Dimension.AUTHORITY in chosen:
        told.insert(1, "按主管单位统计时只计签收、核查、整改。")
    return "\n".join([*told, "", events] if moved else [*told, "", "没有延期、退回、督办和反弹。"])


def _timely(tally: Tally) -> tuple[object, ...]:
    """Return what is told of punctuality in a line."""
    stands = tally.timeliness
    return (
        f"{tally.on_time}/{tally.due}", "—" if tally.rate is None else f"{tally.rate:.1%}",
        stands[Timeliness.LATE], stands[Timeliness.UNANSWERED], stands[Timeliness.DEEMED],
        stands[Timeliness.RUNNING], "—" if tally.median_days is None else f"{tally.median_days:g}",
        "—" if tally.longest_days is None else tally.longest_days,
    )  # fmt: skip


def _object(chosen: Sequence[Dimension], words: tuple[str, ...], tally: Tally) -> dict[str, object]:
    """Return a line as an object for programs."""
    named = {dimension.value: word for dimension, word in zip(chosen, words, strict=True)}
    return {**named, **_figures(tally)}


def _figures(tally: Tally) -> dict[str, object]:
    """Return the figures of a tally under English keys; ``rate`` from 0 to 1, null where nothing was due."""
    return {
        "due": tally.due, "on_time": tally.on_time,
        "rate": None if tally.rate is None else round(tally.rate, 4),
        **{each.value: tally.timeliness[each] for each in Timeliness if each is not Timeliness.ON_TIME},
        "median_days": tally.median_days, "longest_days": tally.longest_days,
        "extensions_asked": tally.asked, "extensions_granted": tally.granted,
        "extensions_refused": tally.refused, "returns": tally.returns,
        "rungs": {rung.value: tally.rungs[rung] for rung in Rung}, "relapses": tally.relapses,
    }  # fmt: skip
