"""Handing a lead over anew, correcting it and calling it off, from the Prefect UI."""

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.console import Ended, carry_out
from flows.forms import CallOffForm, CorrectionForm, RedirectionForm
from models.errors import StartError
from models.matters.vocabulary import Channel
from models.mechanisms.leads.vocabulary import CallOff
from tasks.delivery.sending import deliver_messages
from tasks.mechanisms.leads.changes.calling_off import CallOffRequest, call_off
from tasks.mechanisms.leads.changes.correcting import CorrectionRequest, correct_lead
from tasks.mechanisms.leads.changes.redirecting import RedirectionRequest, redirect_lead
from tasks.runs.observed import observed
from tasks.runs.showing import refresh_runs
from tasks.runs.starting import wake_ended, wake_matter
from tasks.workplace import Workplace


@flow(name="改派")
async def redirect_by_hand(number: str, redirection: RedirectionForm) -> State[Any]:
    """在核查反馈之前把线索改派给另一个主管单位：撤回原移交函，重新移交、重新计算期限。

    Args:
        number: 编号，如 L2026-0012
        redirection: 改派内容
    """
    request = RedirectionRequest(
        redirection.authority,
        redirection.cooperating,
        redirection.grounds,
        redirection.person,
        Channel.CONSOLE,
    )

    async def redirect(place: Workplace) -> Ended:
        now = place.clock()
        lead = await observed("改派", lambda: redirect_lead(place, number, request, now))
        note = await _go_on(place, lead, now)
        return Ended(Completed(name="已改派", message=f"{lead} 已改派{redirection.authority}。{note}"))

    return await carry_out(redirect, number, failed="未改派")


@flow(name="更正登记")
async def correct_by_hand(number: str, correction: CorrectionForm) -> State[Any]:
    """更正在办线索登记有误的内容；原内容和更正后的都留在台账中，并告知承办单位。

    Args:
        number: 编号，如 L2026-0012
        correction: 更正内容
    """
    request = CorrectionRequest(correction.given, correction.grounds, correction.person)

    async def correct(place: Workplace) -> Ended:
        now = place.clock()
        done = await observed("更正", lambda: correct_lead(place, number, request, now))
        note = await _go_on(place, done.number, now)
        return Ended(Completed(name="已更正", message=f"{done.number} 已更正{len(done.changes)}项。{note}"))

    return await carry_out(correct, number, failed="未更正")


@flow(name="终止办理")
async def call_off_by_hand(number: str, ending: CallOffForm) -> State[Any]:
    """终止办理一条在办线索：转送单位撤回、与另一线索重复，或误登记；不计入任何按期率。

    Args:
        number: 编号，如 L2026-0012
        ending: 终止内容
    """
    why = CallOff.parse(ending.why, "终止原因")
    request = CallOffRequest(why, ending.grounds, ending.person, ending.reference, ending.into)

    async def end(place: Workplace) -> Ended:
        now = place.clock()
        done = await observed("终止办理", lambda: call_off(place, number, request, now))
        note = await _go_on(place, done.number, now)
        merged = f"，并入 {done.into}" if done.into else ""
        message = f"{done.number} {done.outcome.label}{merged}。{note}"
        return Ended(Completed(name=done.outcome.label, message=message))

    return await carry_out(end, number, failed="未终止")


async def _go_on(place: Workplace, number: str, since: datetime) -> str:
    """Hand over what was written and let the runs go on; returns what has to wait, else blank."""
    await observed("发送消息", lambda: deliver_messages(place, number))
    fault = await observed("结束承办", lambda: wake_ended(place, since))
    try:
        await observed("继续承办", lambda: wake_matter(place, number, since))
        await observed("更新运行显示", lambda: refresh_runs(place, place.clock()))
    except StartError as error:
        fault = str(error)
    return f"运行由下次巡查继续（{fault}）" if fault else ""
