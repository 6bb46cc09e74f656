"""The command that shows the zero-clearing board."""

import click

from deployments.cli.frame import Command, emit, json_option, table, workplace
from tasks.board import read_board

_COLUMNS = ("open", "due_today", "near", "overdue")
_SHOWN_DAYS = 7


@click.command(cls=Command)
@json_option
def board(*, as_json: bool) -> None:
    """查看清零看板：在办、今日到期、临期、逾期，按主管单位和环节，以及每日趋势。"""
    with workplace() as place:
        found = read_board(place, place.clock())
    lines = [
        "在办 {open} 条，今日到期 {due_today}，临期 {near}，逾期 {overdue}".format_map(found),
        "累计办结：各环节均按期 {closed_on_time} 条，有环节逾期 {closed_late} 条".format_map(found),
    ]
    rows: list[dict[str, object]] = found["rows"]  # type: ignore[assignment]
    if rows:
        cells = [(row["authority"], row["step"], *(str(row[name]) for name in _COLUMNS)) for row in rows]
        lines += ["", table(("主管单位", "环节", "在办", "今日到期", "临期", "逾期"), cells)]
    days: list[dict[str, object]] = found["trend"][-_SHOWN_DAYS:]  # type: ignore[index]
    trend = [(day["day"], str(day["open"]), str(day["overdue"])) for day in days]
    lines += ["", table(("日期（终了时）", "在办", "逾期环节"), trend)]
    emit(found, "\n".join(lines), as_json=as_json)
