"""Asking for an extension, from the Prefect UI."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.console import Ended, bring_forward, carry_out
from flows.forms import ExtensionForm, references_in
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.runs.observed import observed
from tasks.workplace import Workplace


@flow(name="延期申请")
async def ask_for_extension(number: str, extension: ExtensionForm) -> State[Any]:
    """由主管单位在整改期限届满前申请延期，报审批单位决定；审批期间暂缓到期后的督办。

    Args:
        number: 编号，如 L2026-0012
        extension: 申请内容
    """
    request = ExtensionRequest(
        extension.unit,
        extension.person,
        extension.until,
        extension.grounds,
        references=references_in(extension.evidence),
    )

    async def ask(place: Workplace) -> Ended:
        asked = await observed("登记申请", lambda: request_extension(place, number, request, place.clock()))
        note = await bring_forward(place, asked)
        return Ended(Completed(name="待审批", message=f"{number} 的延期申请已登记为 {asked}。{note}"))

    return await carry_out(ask, number, failed="未受理")
