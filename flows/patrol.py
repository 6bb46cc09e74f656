"""The patrol: what only time brings about, and what an outage left undone."""

from collections import Counter
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from models.errors import StartError
from models.vocabulary import Rung
from tasks.document_files import render_leftovers
from tasks.escalation import raise_rungs
from tasks.missing_notices import tell_of_missing_notices
from tasks.observed import observed
from tasks.outbox import deliver_messages
from tasks.reconcile import reconcile, summary_of
from tasks.showing import refresh_runs, show_board
from tasks.workplace import at_work


@flow(name="巡查")
async def patrol() -> State[Any]:
    """巡查全部在办线索：到期提醒与逐级督办、到期视为签收、补发消息、核对并修复承办运行；可随时手动启动。"""
    with at_work() as place:
        raised = await observed("提醒与督办", lambda: raise_rungs(place, place.clock()))
        unknown = await observed("核对放假安排", lambda: tell_of_missing_notices(place, place.clock()))
        report = await observed("补发消息", lambda: deliver_messages(place))
        written = await observed("生成公文", lambda: render_leftovers(place, place.clock()))
        try:
            mended = await observed("核对承办运行", lambda: reconcile(place, place.clock()))
            shown = await observed("更新运行显示", lambda: refresh_runs(place, place.clock()))
            await observed("更新清零看板", lambda: show_board(place, place.clock()))
        except StartError as error:
            return Failed(name="巡查未完成", message=str(error))
    waiting = f"{unknown}条到期日为暂定；" if unknown else ""
    message = (
        f"{_told(raised)}；{waiting}{summary_of(mended)}；更新显示{shown}条；生成公文{written}件；"
        f"交付消息{report.handed_over}条，失败{report.failed}条。{report.reason}"
    )
    return Completed(name="已巡查", message=message)


def _told(raised: Counter[Rung]) -> str:
    """Return what was raised in words, in the order of the ladder."""
    rungs = [f"{rung.label}{raised[rung]}条" for rung in Rung if raised[rung]]
    return "、".join(rungs) or "无到期提醒"
