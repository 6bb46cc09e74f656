"""The command by which a rung of the ladder is raised by hand."""

import click

from deployments.cli.frame import Command, emit, json_option, workplace
from models.vocabulary import Grounds, Raising, Rung
from tasks.supervision import SupervisionRequest, supervise


@click.command("supervise", cls=Command)
@click.argument("lead")
@click.option("--rung", default=Rung.SUPERVISE.label, help="督办、报告市政府或通报，默认督办")
@click.option("--grounds", required=True, help=f"事由：{'、'.join(member.label for member in Grounds)}")
@click.option("--note", required=True, help="具体情形，将写入督办通知或报告")
@click.option("--person", required=True, help="发起人姓名")
@json_option
def supervise_lead(*, lead: str, rung: str, grounds: str, note: str, person: str, as_json: bool) -> None:
    """对推诿、敷衍、拖延的单位提前督办、向市政府报告或拟稿通报。"""
    wanted = Rung.parse(rung, "督办方式")
    request = SupervisionRequest(wanted, Grounds.parse(grounds, "事由"), note, person)
    with workplace() as place:
        raising = supervise(place, lead, request, place.clock())
    said = "已写入发件箱，由巡查发出" if raising is Raising.RAISED else "已记入台账，待批准，尚不发出"
    data = {"rung": wanted.value, "raising": raising.value}
    emit(data, f"{wanted.label}{said}。", as_json=as_json)
