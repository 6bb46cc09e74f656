"""The command that plays the whole system through on fictional leads, by an accelerated clock."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from deployments.cli.frame import Command, emit, json_option, table
from deployments.cli.leads.board import board_lines
from models.days.moments import read_day
from models.errors import TamperError
from models.ladder.vocabulary import Raising, Rung
from tasks.lookup.board import read_board
from tasks.lookup.listings import count_rungs
from tasks.workplace import Workplace


@click.command(cls=Command)
@click.option("--leads", type=click.IntRange(1, 1000), default=30, show_default=True, help="演练线索条数")
@click.option("--days", type=click.IntRange(2, 366), default=30, show_default=True, help="演练多少日")
@click.option("--speed", type=click.FloatRange(0), default=0.0, help="每秒演练多少秒；默认尽快")
@click.option("--first", default="2026-11-23", show_default=True, help="演练的第一日")
@click.option("--seed", type=int, default=137, show_default=True, help="随机种子，相同则情节相同")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=Path("drill"), help="新的空文件夹，默认 drill"
)
@json_option
def drill(*, leads: int, days: int, speed: float, first: str, seed: int, folder: Path, as_json: bool) -> None:
    """在独立文件夹中演练：虚构线索、各种性格的单位、加速的时钟，绝不触及正式数据。"""
    from deployments.drill.conductor import Conductor, Script
    from deployments.drill.referee import judge
    from deployments.drill.stage import open_stage

    script = Script(leads, days, read_day(first, "第一日"), seed, speed)
    begin = datetime.fromisoformat(f"{script.first}T08:00:00+08:00")
    with open_stage(folder, begin) as stage:
        place = stage.place
        conductor = Conductor(stage, script, _teller(place, stage.mailbox.received, as_json=as_json))
        click.echo(f"演练系统已启动：{stage.settings.ui_url}（文件夹 {folder}）", err=True)
        conductor.run()
        judgement = judge(place, conductor.patrols)
        told = {
            "characters": {each.label: number for each, number in conductor.characters.items()},
            "patrols": len(conductor.patrols),
            "refused": conductor.refused,
            "rungs": _rungs(place),
            "mails": sum(stage.mailbox.received.values()),
            "checked": judgement.rungs,
            "faults": judgement.faults,
            "board": read_board(place, place.clock()),
        }
    emit(told, "\n".join(_report(told)), as_json=as_json)
    if judgement.faults:
        raise TamperError(f"有{len(judgement.faults)}级督办与规则不符，见上。")


def _teller(place: Workplace, mails: Counter[str], *, as_json: bool) -> Callable[[datetime], None]:
    """Return what tells the beginning of each day, on standard error."""

    def tell(now: datetime) -> None:
        board = read_board(place, now)
        day = place.policy.business_hours.local(now)
        closed = board["closed_on_time"] + board["closed_late"]
        counts = {"在办": board["open"], "今日到期": board["due_today"], "逾期": board["overdue"],
                  "办结": closed, "邮件": sum(mails.values())}  # fmt: skip
        said = "  ".join(f"{name}{number:>4}" for name, number in counts.items())
        click.echo(f"{day:%Y-%m-%d}  {said}", err=True)

    return (lambda _: None) if as_json else tell


def _rungs(place: Workplace) -> dict[str, dict[str, int]]:
    """Return how many rungs were raised, skipped or wait, in the order of the ladder."""
    found = count_rungs(place)
    return {
        rung.label: {raising.label: found[rung, raising] for raising in Raising if found[rung, raising]}
        for rung in Rung
        if any(found[rung, raising] for raising in Raising)
    }


def _report(told: dict[str, object]) -> list[str]:
    """Return the end of a drill as lines."""
    rungs: dict[str, dict[str, int]] = told["rungs"]  # type: ignore[assignment]
    rows = [(rung, "，".join(f"{name}{n}" for name, n in counts.items())) for rung, counts in rungs.items()]
    characters: dict[str, int] = told["characters"]  # type: ignore[assignment]
    faults: tuple[str, ...] = told["faults"]  # type: ignore[assignment]
    verdict = f"有 {len(faults)} 级不符" if faults else "全部符合规则"
    return [
        "单位性格：" + "，".join(f"{name}{number}条" for name, number in characters.items()),
        f"巡查 {told['patrols']} 次，拒收不合格反馈 {told['refused']} 次，本机邮箱收到 {told['mails']} 封",
        "",
        table(("督办", "结果"), rows),
        "",
        *board_lines(told["board"]),  # type: ignore[arg-type]
        "",
        f"逐级核对：{told['checked']} 级督办，{verdict}。",
        *faults,
    ]
