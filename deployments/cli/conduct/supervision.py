"""The command by which a rung of the ladder is raised by hand."""

import click

from deployments.cli.frame import Command, emit, json_option, workplace
from models.errors import StartError
from models.ladder.vocabulary import Grounds, Raising, Rung
from tasks.ladder import supervision
from tasks.workplace import Workplace


@click.command(cls=Command)
@click.argument("number")
@click.option("--rung", default=Rung.SUPERVISE.label, help="督办、报告市政府或通报，默认督办")
@click.option("--grounds", required=True, help=f"事由：{'、'.join(member.label for member in Grounds)}")
@click.option("--note", required=True, help="具体情形，将写入督办通知或报告")
@click.option("--person", required=True, help="发起人姓名")
@json_option
def supervise(*, number: str, rung: str, grounds: str, note: str, person: str, as_json: bool) -> None:
    """对推诿、敷衍、拖延的单位提前督办、向市政府报告或拟稿通报。"""
    wanted = Rung.parse(rung, "督办方式")
    request = supervision.SupervisionRequest(wanted, Grounds.parse(grounds, "事由"), note, person)
    with workplace() as place:
        done = supervision.supervise(place, number, request, place.clock())
        note = _start(place, done.circular) if done.circular else ""
    drafted = f"已拟稿（{done.circular}），待批准后发布"
    said = "已写入发件箱，由巡查发出" if done.raising is Raising.RAISED else drafted
    data = {"rung": wanted.value, "raising": done.raising.value, "circular": done.circular, "note": note}
    emit(data, "\n".join(filter(None, [f"{wanted.label}{said}。", note])), as_json=as_json)


def _start(place: Workplace, circular: str) -> str:
    """Start the run that waits for the decision; returns what to tell where the server is not reached."""
    from tasks.runs.starting import start_runs

    try:
        start_runs(place, [circular])
    except StartError as error:
        return f"通报稿已保存，不会丢失；系统启动或巡查时将自动报请批准。（{error}）"
    return ""
