"""Starting an inquiry from the Prefect UI: as a mechanism of ``flows/mechanisms`` brings it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.console import Ended, carry_out
from inquiry.opening import open_inquiry
from tasks.runs.observed import observed
from tasks.runs.starting import start_runs
from tasks.workplace import Workplace


@flow(name="发起问询")
async def start_inquiry(title: str, person: str) -> State[Any]:
    """发起一次专项问询。

    Args:
        title: 问询标题，一行
        person: 经办人，填姓名
    """

    async def start(place: Workplace) -> Ended:
        number = await observed("登记", lambda: open_inquiry(place, title, person, place.clock()))
        await observed("启动承办", lambda: start_runs(place, [number]))
        return Ended(Completed(name="已发起", message=number))

    return await carry_out(start, failed="未发起")
