"""Handing a matter back, from the Prefect UI."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.console import Ended, bring_forward, carry_out
from flows.forms import HandBackForm, references_in
from tasks.petitions.hand_backs import HandBackRequest, hand_back
from tasks.runs.observed import observed
from tasks.workplace import Workplace


@flow(name="退办申请")
async def ask_to_hand_back(number: str, request: HandBackForm) -> State[Any]:
    """由承办单位在反馈核查情况之前提出退办，由发展改革部门决定改派或维持；其间暂缓到期后的督办，也不视为签收。

    Args:
        number: 编号，如 L2026-0012
        request: 退办内容
    """
    asked_for = HandBackRequest(
        request.unit, request.person, request.grounds, references=references_in(request.evidence)
    )

    async def ask(place: Workplace) -> Ended:
        asked = await observed("登记退办", lambda: hand_back(place, number, asked_for, place.clock()))
        note = await bring_forward(place, asked)
        return Ended(Completed(name="待决定", message=f"{number} 的退办申请已登记为 {asked}。{note}"))

    return await carry_out(ask, number, failed="未受理")
