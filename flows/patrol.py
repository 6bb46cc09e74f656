"""The patrol: what only time brings about, and what an outage left undone."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from models.errors import StartError
from tasks.observed import observed
from tasks.outbox import deliver_messages
from tasks.reconcile import reconcile, summary_of
from tasks.reminders import remind_of_receipts
from tasks.workplace import at_work


@flow(name="巡查")
async def patrol() -> State[Any]:
    """巡查全部在办线索：提醒签收、到期视为签收、补发消息、核对并修复承办运行；可随时手动启动。"""
    with at_work() as place:
        reminded = await observed("提醒签收", lambda: remind_of_receipts(place, place.clock()))
        report = await observed("补发消息", lambda: deliver_messages(place))
        try:
            mended = await observed("核对承办运行", lambda: reconcile(place, place.clock()))
        except StartError as error:
            return Failed(name="巡查未完成", message=str(error))
    message = (
        f"提醒签收{reminded}条；{summary_of(mended)}；"
        f"交付消息{report.handed_over}条，失败{report.failed}条。{report.reason}"
    )
    return Completed(name="已巡查", message=message)
