"""The in-process worker: flows run inside one long-lived process instead of a process each.

``prefect worker start --type in-process`` finds it by entry point; the same deployments also run on the
stock process worker, by naming another work pool.
"""

import asyncio
import contextlib
import importlib
import logging
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import anyio
import anyio.abc
import anyio.to_thread
import httpx
from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.exceptions import Abort, ObjectNotFound, Pause, PrefectHTTPStatusError
from prefect.settings import get_current_settings
from prefect.states import Pending, Scheduled
from prefect.utilities.engine import propose_state
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from deployments.worker.attempts import Attempt
from deployments.worker.kept_workplace import KeptWorkplace
from deployments.worker.listening import listen_for_work
from tasks.runs.signatures import POOL_TYPE, claim_message, last_claim, signature
from tasks.workplace import borrow_from

logger = logging.getLogger(__name__)

# Steps under way when the worker is asked to stop may take this long to finish, in seconds.
_DRAIN_SECONDS = 10
# A withdrawn attempt that does not listen is left behind after this time, in seconds.
_WITHDRAW_SECONDS = 2
# Without a limit of its own, a worker carries out this many runs at the same time.
_MOST_AT_ONCE = 32
# A worker that hears of work looks this seldom, in seconds; each look costs the server 20 ms.
_LISTENING_INTERVAL = 2.0
# While the server does not answer, it is asked this often, in seconds.
_OUTAGE_PAUSE = 1.0
# A change is announced a moment before it is committed; whoever looks at once finds nothing, and every look
# costs the server a tenth of a step. The pauses before the looks that follow an announcement, in seconds.
_ECHOES = (0.03, 0.1)

if TYPE_CHECKING:
    _Base = BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]
else:
    _Base = BaseWorker


class InProcessResult(BaseWorkerResult):
    """How a run ended; its state is reported by the engine itself."""


class InProcessWorker(_Base):
    """Imports each deployment's flow once by module path and runs it in a thread of this process."""

    type = POOL_TYPE
    job_configuration = BaseJobConfiguration
    _description = "在一个常驻进程内执行流程，反馈后立即继续。"
    _display_name = "进程内"

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - what the base takes
        """Take what every Prefect worker takes; see ``BaseWorker``."""
        super().__init__(*args, **kwargs)
        self._attempts: dict[UUID, Attempt | None] = {}
        self._flows: dict[UUID, Flow[..., Any]] = {}
        self._work = asyncio.Event()
        self._hears = asyncio.Event()
        self._workplace = KeptWorkplace()
        self._threads = ThreadPoolExecutor(self._most, "attempt", borrow_from, (self._workplace.lend,))
        self._ended = asyncio.Event()
        # Whether something was seen that could not be taken on yet: then the end of an attempt tells to look.
        self._put_off = False
        self._once = self._away = False
        self.connected = asyncio.Event()

    async def start(
        self, run_once: bool = False, with_healthcheck: bool = False, printer: Callable[..., None] = print
    ) -> None:
        """Run until cancelled; ``run_once`` looks for work once and waits for what it found."""
        self._once = run_once
        await super().start(run_once, with_healthcheck, printer)

    async def setup(self) -> None:
        """Connect, and listen for work from then on."""
        await super().setup()
        if self._runs_task_group is not None and not self._once:
            self._runs_task_group.start_soon(listen_for_work, self._hears, self._work.set, self._cancel)

    async def teardown(self, *exc_info: Any) -> None:  # noqa: ANN401 - as the base
        """Finish what can be finished, hand back the rest, then disconnect."""
        with anyio.CancelScope(shield=True):
            await self._drain()
        if self._runs_task_group is not None:
            self._runs_task_group.cancel_scope.cancel()
        await super().teardown(*exc_info)
        self._workplace.close()

    async def sync_with_backend(self) -> None:
        """Send a heartbeat; while the server does not answer, the next one will do."""
        try:
            await super().sync_with_backend()
        except httpx.HTTPError as error:
            logger.warning("Prefect 服务暂无应答：%s", type(error).__name__)

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Look for work until cancelled: at once when there is some, and at least every polling interval.

        An outage of the server ends nothing: what is under way retries by itself, and looking goes on.
        """
        told = False
        while True:
            found = await self._look_closely() if told else await self._look()
            if self._once:
                await self._until_idle(math.inf)
                return found or []
            pause = _OUTAGE_PAUSE if found is None else self._interval()
            told = False
            with contextlib.suppress(TimeoutError):
                told = await asyncio.wait_for(self._work.wait(), pause)

    def _interval(self) -> float:
        """Return how long to wait for word of work before looking all the same, in seconds."""
        shortest = get_current_settings().worker.query_seconds
        return max(shortest, _LISTENING_INTERVAL) if self._hears.is_set() else shortest

    async def _look_closely(self) -> list[FlowRun] | None:
        """Look until something is found, because somebody said that there is something."""
        found: list[FlowRun] | None = []
        for pause in _ECHOES:
            await asyncio.sleep(pause)
            found = await self._look()
            if found or found is None or self._put_off:
                break
        return found

    async def _look(self) -> list[FlowRun] | None:
        """Take on what is scheduled as far as there is room; None while the server does not answer."""
        self._work.clear()
        self._last_polled_time = datetime.now(UTC)
        self._put_off = self._room == 0
        if self._put_off:
            return []
        try:
            if not self._has_successfully_synced:
                await self._sync_and_initialize()
            found = await self._submit_scheduled_flow_runs(await self._get_scheduled_flow_runs())
        except httpx.HTTPError as error:
            if not self._away:
                logger.warning("Prefect 服务暂无应答，将不断重试：%s", error)
            self._away = True
            return None
        self._away = False
        self.connected.set()
        return found

    @property
    def is_ready(self) -> bool:
        """Whether the server answered when it was asked last."""
        return self.connected.is_set() and not self._away

    @property
    def _most(self) -> int:
        """How many runs may be under way at the same time."""
        return self._limit or _MOST_AT_ONCE

    @property
    def _room(self) -> int:
        """How many more runs may be under way."""
        return max(0, self._most - len(self._attempts))

    async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
        """Ask what is to be done, for as many runs as can be under way.

        The base asks for two hundred: while many answers wait, each look would cost the server three times
        as much. Those that are still leaving their last attempt may stand first in the list, hence not only
        as many as there is room for.
        """
        wanted = {
            "work_queue_names": sorted(self._work_queues),
            "scheduled_before": (datetime.now(UTC) + timedelta(seconds=self._prefetch_seconds)).isoformat(),
            "limit": self._most,
        }
        try:
            reply = await self.client.request(
                "POST",
                "/work_pools/{name}/get_scheduled_flow_runs",
                path_params={"name": self._work_pool_name},
                json=wanted,
            )
        except PrefectHTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                # The pool was deleted; the next heartbeat makes it anew.
                return []
            raise
        return [WorkerFlowRunResponse.model_validate(entry) for entry in reply.json()]

    async def _submit_scheduled_flow_runs(
        self, flow_run_response: list[WorkerFlowRunResponse]
    ) -> list[FlowRun]:
        """Start an attempt for each run, except for one that is still leaving its last attempt.

        What cannot be taken on yet is looked for again when an attempt ends, not at the next interval.
        """
        taken = []
        for flow_run in (entry.flow_run for entry in flow_run_response):
            if self._room == 0 or flow_run.id in self._attempts:
                self._put_off = True
            elif self._runs_task_group is not None:
                self._attempts[flow_run.id] = None
                self._runs_task_group.start_soon(self._carry, flow_run)
                taken.append(flow_run)
        return taken

    async def _carry(self, flow_run: FlowRun) -> None:
        """Claim a run and carry it out; whatever happens to it harms no other."""
        try:
            if await self._propose_pending_state(flow_run):
                await self.run(flow_run, BaseJobConfiguration())
        except httpx.HTTPError:
            # The server went away between the claim and the start.
            await self._leave_no_run_behind(flow_run)
        except (Exception, SystemExit) as error:
            logger.exception("运行 %s 无法执行", flow_run.name)
            await self._propose_crashed_state(flow_run, f"无法执行：{error}")
        finally:
            del self._attempts[flow_run.id]
            self._ended.set()
            if self._put_off:
                self._work.set()

    async def _propose_pending_state(self, flow_run: FlowRun) -> bool:
        """Claim a run in this worker's name; False where somebody else was faster or it was cancelled.

        Raises:
            HTTPError: The server went away; whether it noted the claim is not known.
        """
        claim: State[Any] = Pending(message=claim_message(self.name))
        try:
            state = await propose_state(self.client, claim, flow_run_id=flow_run.id)
        except (Abort, Pause, ObjectNotFound) as error:
            # Another worker may have taken the run and let it wait again already.
            logger.info("未能领取运行 %s：%s", flow_run.name, error)
            return False
        return state.is_pending()

    async def _propose_crashed_state(self, flow_run: FlowRun, message: str, client: Any = None) -> None:  # noqa: ANN401 - as the base
        """Say that a run crashed, unless it waits again: then another worker has carried it on meanwhile."""
        with contextlib.suppress(Pause):
            await super()._propose_crashed_state(flow_run, message, client)

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> InProcessResult:
        """Run a flow to its end or to its next wait."""
        del configuration
        attempt = self._attempts[flow_run.id] = Attempt(await self._flow_of(flow_run), flow_run)
        if task_status is not None:
            task_status.started(os.getpid())
        await asyncio.get_running_loop().run_in_executor(self._threads, attempt.carry_out)
        if attempt.cancelled:
            await self._mark_flow_run_as_cancelled(flow_run)
        elif attempt.error is not None and not attempt.withdrawn:
            await self._report(flow_run, attempt.error)
        return InProcessResult(identifier=str(flow_run.id), status_code=0)

    async def _flow_of(self, flow_run: FlowRun) -> Flow[..., Any]:
        """Return the flow of a run's deployment; each is imported once."""
        if flow_run.deployment_id is None:
            raise ValueError("the in-process worker runs deployments only")
        if flow_run.deployment_id not in self._flows:
            deployment = await self.client.read_deployment(flow_run.deployment_id)
            module, _, name = (deployment.entrypoint or "").rpartition(".")
            flow = getattr(await anyio.to_thread.run_sync(importlib.import_module, module), name)
            if not isinstance(flow, Flow) or flow.isgenerator:
                raise TypeError(f"{deployment.entrypoint} is not a flow that can be run here")
            self._flows[flow_run.deployment_id] = flow
        return self._flows[flow_run.deployment_id]

    async def _setup_cancellation_observer(self) -> None:
        """Leave out the base's observer: it ends processes, and here is only one."""

    def _cancel(self, flow_run_id: UUID) -> None:
        """Stop the attempt at a run that somebody cancelled in the UI."""
        attempt = self._attempts.get(flow_run_id)
        if attempt is not None:
            attempt.cancel()

    async def _report(self, flow_run: FlowRun, error: BaseException) -> None:
        """Make sure that the server does not believe a run to go on that ended with an error here."""
        if not isinstance(error, httpx.HTTPError):
            # The engine has said so already, unless it failed before it could say anything.
            await self._propose_crashed_state(flow_run, f"{type(error).__name__}：{error}")
        await self._leave_no_run_behind(flow_run)

    async def _drain(self) -> None:
        """Let steps under way finish, withdraw the rest and hand it back to be carried on elsewhere."""
        await self._until_idle(_DRAIN_SECONDS)
        left = dict(self._attempts)
        for attempt in filter(None, left.values()):
            attempt.withdraw()
        await self._until_idle(_WITHDRAW_SECONDS)
        async with anyio.create_task_group() as handing_back:
            for flow_run_id in left:
                # What is not handed back now is found by the reconciler: its worker will be gone.
                handing_back.start_soon(partial(self._hand_back, flow_run_id, crashed=True))

    async def _until_idle(self, seconds: float) -> None:
        """Wait until no attempt is under way, but not longer."""
        with anyio.move_on_after(seconds):
            while self._attempts:
                self._ended.clear()
                await self._ended.wait()

    async def _leave_no_run_behind(self, flow_run: FlowRun) -> None:
        """Hand back a run that ended here but that the server believes to go on, when it answers again."""
        while not await self._hand_back(flow_run.id):  # noqa: ASYNC110 - the server sends no event
            await anyio.sleep(_OUTAGE_PAUSE)

    async def _hand_back(self, flow_run_id: UUID, *, crashed: bool = False) -> bool:
        """Schedule a run anew that this worker claimed last, unless it came to rest by itself.

        Args:
            flow_run_id: The run.
            crashed: Whether it also goes on if it crashed, because it was this worker that stopped it.

        Returns:
            False where the server does not answer.
        """
        again: State[Any] = Scheduled(message=f"{self.name} 未能执行到底，交回等待接续")
        try:
            with anyio.fail_after(_WITHDRAW_SECONDS):
                states = await self.client.read_flow_run_states(flow_run_id)
                now = max(states, key=lambda state: state.timestamp)
                stopped = now.is_running() or now.is_pending() or (crashed and now.is_crashed())
                claim = last_claim((state.timestamp, state.message) for state in states)
                if stopped and claim == signature(self.name):
                    await self.client.set_flow_run_state(flow_run_id, again, force=True)
        except ObjectNotFound:
            return True
        except (TimeoutError, httpx.HTTPError) as error:
            logger.warning("运行 %s 未能交回：%s", flow_run_id, error)
            return False
        return True
