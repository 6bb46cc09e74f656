"""Raising a rung of the ladder by hand, from the Prefect UI."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.console import Ended, carry_out
from flows.forms import SupervisionForm
from models.errors import StartError
from models.ladder.vocabulary import Grounds, Rung
from tasks.delivery.sending import deliver_messages
from tasks.ladder.supervision import SupervisionRequest, supervise
from tasks.runs.observed import observed
from tasks.runs.showing import refresh_runs
from tasks.runs.starting import start_runs
from tasks.workplace import Workplace


@flow(name="人工督办")
async def supervise_by_hand(number: str, supervision: SupervisionForm) -> State[Any]:
    """对推诿、敷衍、拖延的单位提前督办、向市政府报告或拟稿通报；同一到期日的同一级只发一次。

    Args:
        number: 编号，如 L2026-0012
        supervision: 督办内容
    """
    request = SupervisionRequest(
        Rung.parse(supervision.rung, "督办方式"),
        Grounds.parse(supervision.grounds, "事由"),
        supervision.note,
        supervision.person,
    )

    async def raise_rung(place: Workplace) -> Ended:
        done = await observed("督办", lambda: supervise(place, number, request, place.clock()))
        await observed("发送消息", lambda: deliver_messages(place, number))
        note = await _show(place, done.circular)
        said = done.raising.label + (f"（{done.circular}）" if done.circular else "")
        message = f"{number} {request.rung.label}：{said}。{note}"
        return Ended(Completed(name=done.raising.label, message=message))

    return await carry_out(raise_rung, number, request.rung.label, failed="未督办")


async def _show(place: Workplace, circular: str) -> str:
    """Show its run anew and start that of a circular; where that fails the patrol makes up for it."""
    try:
        if circular:
            await observed("报请批准", lambda: start_runs(place, [circular]))
        await observed("更新运行显示", lambda: refresh_runs(place, place.clock()))
    except StartError as error:
        return f"运行的显示由下次巡查更新（{error}）"
    return ""
