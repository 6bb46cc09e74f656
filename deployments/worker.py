"""The in-process worker: async flows run inside one long-lived process instead of a process each.

``prefect worker start --type in-process`` finds it by entry point; the same deployments also run on the
stock process worker, by naming another work pool.
"""

import importlib
import inspect
import logging
import os
from typing import TYPE_CHECKING, Any

import anyio.abc
import anyio.to_thread
from prefect import Flow
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    _Base = BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]
else:
    _Base = BaseWorker


class InProcessResult(BaseWorkerResult):
    """How a run ended; its state is reported by the engine itself."""


class InProcessWorker(_Base):
    """Imports each deployment's flow by module path and runs it in this process."""

    type = "in-process"
    job_configuration = BaseJobConfiguration
    _description = "在一个常驻进程内执行流程，反馈后立即继续。"
    _display_name = "进程内"

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> InProcessResult:
        """Run a flow to its end or to its next wait.

        An exception or ``sys.exit`` inside a run is that run's alone: the engine has reported it.
        """
        del configuration
        flow = await self._flow_of(flow_run)
        if task_status is not None:
            task_status.started(os.getpid())
        try:
            await _awaited(flow, flow_run)
        except (Pause, Abort):
            # The run waits for somebody, or another worker carries it; either way the server knows.
            logger.debug("运行 %s 已挂起或移交", flow_run.name)
        except (Exception, SystemExit):
            logger.exception("运行 %s 异常结束", flow_run.name)
        return InProcessResult(identifier=str(flow_run.id), status_code=0)

    async def _flow_of(self, flow_run: FlowRun) -> Flow[..., Any]:
        """Return the flow of a run's deployment; modules are imported once per process."""
        if flow_run.deployment_id is None:
            raise ValueError("the in-process worker runs deployments only")
        deployment = await self.client.read_deployment(flow_run.deployment_id)
        module, _, name = (deployment.entrypoint or "").rpartition(".")
        flow = getattr(importlib.import_module(module), name)
        if not isinstance(flow, Flow):
            raise TypeError(f"{deployment.entrypoint} is not a flow")
        return flow


async def _awaited(flow: Flow[..., Any], flow_run: FlowRun) -> None:
    """Run a flow; a synchronous one in a thread, so that it holds up nobody."""
    if not flow.isasync:
        await anyio.to_thread.run_sync(lambda: run_flow(flow, flow_run=flow_run, return_type="state"))
        return
    ending = run_flow(flow, flow_run=flow_run, return_type="state")
    if inspect.isawaitable(ending):
        await ending
