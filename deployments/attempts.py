"""One attempt to carry out a flow run: in a thread with an event loop of its own.

A thread each keeps the runs apart: one that computes, blocks or calls ``sys.exit`` holds up nobody else, and
the signal handlers that Prefect installs around a run in the main thread never come into play.
"""

import asyncio
import inspect
import logging
import threading
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow

logger = logging.getLogger(__name__)


class Attempt:
    """A flow run under way in this process; ``withdraw`` may be called from any thread."""

    def __init__(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        """Prepare an attempt; nothing runs yet. ``cancelled`` tells that the run shall not go on."""
        self.flow_run = flow_run
        self._flow = flow
        self._lock = threading.Lock()
        self._withdrawn = False
        self.cancelled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def carry_out(self) -> None:
        """Run the flow to its end or to its next wait; blocks the thread.

        Nothing is raised: an exception or ``sys.exit`` inside a run is that run's alone, and the engine has
        reported it to the server already.
        """
        try:
            # A synchronous flow runs here and now, an asynchronous one gives something to wait for.
            if self._flow.isasync:
                asyncio.run(self._wait_for_end())
            else:
                run_flow(self._flow, flow_run=self.flow_run, return_type="state")
        except (Pause, Abort):
            # The run waits for somebody, or another worker carries it; either way the server knows.
            logger.debug("运行 %s 已挂起或移交", self.flow_run.name)
        except asyncio.CancelledError:
            logger.info("运行 %s 已中止，交回等待接续", self.flow_run.name)
        except (Exception, SystemExit, KeyboardInterrupt):
            logger.exception("运行 %s 异常结束", self.flow_run.name)

    async def _wait_for_end(self) -> None:
        """Await the flow as a task that can be withdrawn."""
        with self._lock:
            if self._withdrawn:
                return
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        ending = run_flow(self._flow, flow_run=self.flow_run, return_type="state")
        if inspect.isawaitable(ending):
            await ending

    def withdraw(self) -> None:
        """Ask the flow to stop at its next await; a synchronous flow cannot be asked."""
        with self._lock:
            self._withdrawn = True
            if self._loop is not None and self._task is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._task.cancel)

    def cancel(self) -> None:
        """Withdraw because somebody cancelled the run for good."""
        self.cancelled = True
        self.withdraw()
