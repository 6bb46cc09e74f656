"""The command that shows the zero-clearing board."""

import click

from deployments.cli.frame import Command, emit, json_option, table, workplace
from tasks.lookup.board import Board, read_board

_SHOWN_DAYS = 7


@click.command(cls=Command)
@json_option
def board(*, as_json: bool) -> None:
    """查看清零看板：在办、今日到期、临期、逾期，按主管单位和环节，以及每日趋势。"""
    with workplace() as place:
        found = read_board(place, place.clock())
    emit(found, "\n".join(board_lines(found)), as_json=as_json)


def board_lines(found: Board) -> list[str]:
    """Return the board as lines for a terminal."""
    lines = [
        "在办 {open} 条，今日到期 {due_today}，临期 {near}，逾期 {overdue}".format_map(found),
        "累计办结：各环节均按期 {closed_on_time} 条，有环节逾期 {closed_late} 条".format_map(found),
    ]
    if found["rows"]:
        cells = [
            (row["authority"], row["step"], row["open"], row["due_today"], row["near"], row["overdue"])
            for row in found["rows"]
        ]
        lines += ["", table(("主管单位", "环节", "在办", "今日到期", "临期", "逾期"), cells)]
    trend = [(day["day"], day["open"], day["overdue"]) for day in found["trend"][-_SHOWN_DAYS:]]
    return [*lines, "", table(("日期（终了时）", "在办", "逾期环节"), trend)]
