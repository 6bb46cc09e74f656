"""Listening to what Prefect says of flow runs, so that the worker looks when there is something to see."""

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter

logger = logging.getLogger(__name__)

_STATE_EVENT = "prefect.flow-run."
# The states of a run that a worker may take on; a delay in the future is found by looking.
_WORK = ("Scheduled", "Resuming", "AwaitingRetry", "Late")
_CANCELLING = "Cancelling"
# After a broken connection the next one is tried this much later, in seconds.
_PAUSE = 1.0


async def listen_for_work(
    hears: asyncio.Event, on_work: Callable[[], None], on_cancelling: Callable[[UUID], None]
) -> None:
    """Listen until cancelled; what is missed while the server is away is found by looking.

    Args:
        hears: Set as long as there is a connection.
        on_work: Called when a run was scheduled or resumed, before or after the change is committed.
        on_cancelling: Called with the id of a run that somebody wants to end.
    """
    names = [_STATE_EVENT + state for state in (*_WORK, _CANCELLING)]
    heard = EventFilter(event=EventNameFilter(name=names))
    while True:
        try:
            async with get_events_subscriber(filter=heard, reconnection_attempts=0) as events:
                hears.set()
                async for event in events:
                    if event.event.endswith(_CANCELLING):
                        on_cancelling(UUID(event.resource.id.removeprefix(_STATE_EVENT)))
                    else:
                        on_work()
        except Exception as error:  # noqa: BLE001 - whatever broke the connection, a new one is tried
            logger.debug("事件连接中断：%s", error)
        hears.clear()
        await asyncio.sleep(_PAUSE)
