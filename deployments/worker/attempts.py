"""One attempt to carry out a flow run, in a thread with an event loop and API clients of its own.

A thread each keeps the runs apart: one that computes, blocks or calls ``sys.exit`` holds up nobody else, and
the signal handlers that Prefect installs around a run in the main thread never come into play. A thread
serves one run after another, because making the clients alone would take as long as a step.
"""

import asyncio
import contextlib
import contextvars
import inspect
import logging
import threading
from collections.abc import Coroutine
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun
from prefect.context import AsyncClientContext, SyncClientContext
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow

logger = logging.getLogger(__name__)


class Attempt:
    """A flow run under way in this process; ``withdraw`` and ``cancel`` may be called from any thread."""

    def __init__(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        """Prepare an attempt; nothing runs yet.

        ``withdrawn`` tells that it was asked to stop, ``cancelled`` that the run shall not go on elsewhere.
        """
        # With a deployment the engine opens a connection a run to hear of a suspension from outside, and
        # waits for it to close; our runs suspend themselves. It reads the run anew before the flow begins.
        self.flow_run = flow_run.model_copy(update={"deployment_id": None})
        self.cancelled = False
        self.error: BaseException | None = None
        self._flow = flow
        self._lock = threading.Lock()
        self.withdrawn = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def carry_out(self) -> None:
        """Run the flow to its end or to its next wait; blocks the thread.

        Nothing is raised: an exception or ``sys.exit`` inside a run is that run's alone. It is kept in
        ``error``, because the server may not know of it and believe that the run goes on.
        """
        try:
            _lane().run(self._wait_for_end())
        except (Pause, Abort):
            # The run waits for somebody, or another worker carries it; either way the server knows.
            return
        except asyncio.CancelledError as error:
            logger.info("运行 %s 已中止", self.flow_run.name)
            self.error = error
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            logger.exception("运行 %s 异常结束", self.flow_run.name)
            self.error = error

    async def _wait_for_end(self) -> None:
        """Await the flow as a task that can be withdrawn; a synchronous flow runs here and now."""
        with self._lock:
            if self.withdrawn:
                return
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            ending = run_flow(self._flow, flow_run=self.flow_run, return_type="state")
            if inspect.isawaitable(ending):
                await ending
        finally:
            with self._lock:
                self._loop = self._task = None

    def withdraw(self) -> None:
        """Ask the flow to stop at its next await; a synchronous flow cannot be asked."""
        with self._lock:
            self.withdrawn = True
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    def cancel(self) -> None:
        """Withdraw because somebody cancelled the run for good."""
        self.cancelled = True
        self.withdraw()


class _Lane:
    """An event loop of one thread, with the clients that every run in it shares."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._context = contextvars.copy_context()
        self._runner.run(self._connect(), context=self._context)

    async def _connect(self) -> None:
        """Enter the clients for as long as the lane lasts."""
        await AsyncClientContext().__aenter__()
        SyncClientContext().__enter__()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run one attempt in a context of its own; a lane that broke is replaced by the next attempt."""
        try:
            self._runner.run(work, context=self._context.copy())
            if asyncio.all_tasks(self._runner.get_loop()):
                # Whatever a flow left running must not run on beside the next one.
                self.close()
        except (Pause, Abort):
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Cancel what is left and let go of the loop."""
        _local.lane = None
        with contextlib.suppress(BaseException):
            self._runner.close()


_local = threading.local()


def _lane() -> _Lane:
    """Return the lane of this thread."""
    if getattr(_local, "lane", None) is None:
        _local.lane = _Lane()
    lane: _Lane = _local.lane
    return lane
