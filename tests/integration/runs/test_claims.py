"""Claiming a run that another worker was faster with: nobody comes to harm."""
# ruff: noqa: SLF001 - what a worker does between two looks has no public name

import asyncio
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import (
    OrchestrationResult,
    SetStateStatus,
    StateAbortDetails,
    StateRejectDetails,
)

from deployments.worker.in_process import InProcessWorker

_ABORTED = OrchestrationResult(
    state=None, status=SetStateStatus.ABORT, details=StateAbortDetails(reason="This run has ended.")
)


class Server:
    """Stands in for a Prefect server that refuses every state, because the run has moved on."""

    def __init__(self, refusal: OrchestrationResult[object]) -> None:
        """Answer with one refusal."""
        self._refusal = refusal

    async def set_flow_run_state(self, *args: object, **kwargs: object) -> OrchestrationResult[object]:
        """Refuse."""
        del args, kwargs
        return self._refusal


def refused_in(state: StateType) -> OrchestrationResult[object]:
    """Return what the server answers where the run is in a state already."""
    reason = StateRejectDetails(reason="This run cannot transition.")
    return OrchestrationResult(state=State(type=state), status=SetStateStatus.REJECT, details=reason)


@pytest.mark.parametrize(
    "refusal",
    [_ABORTED, refused_in(StateType.PAUSED), refused_in(StateType.RUNNING), refused_in(StateType.COMPLETED)],
)
def test_a_run_that_another_worker_took_is_left_alone(refusal: OrchestrationResult[object]) -> None:
    """It may wait again, run or have ended; the worker neither executes it nor ends with it."""
    worker = InProcessWorker("zero137", name="late")
    worker._client = Server(refusal)
    run = FlowRun(id=uuid4(), flow_id=uuid4(), name="侯线〔2026〕1号")

    async def carry() -> None:
        worker._attempts[run.id] = None
        await worker._carry(run)
        await worker._propose_crashed_state(run, "无法执行")

    asyncio.run(carry())
    assert worker._attempts == {}
