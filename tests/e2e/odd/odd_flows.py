"""Flows that behave as badly as flows can, to see what the worker makes of it."""

import asyncio
import os
import sys
import time
from pathlib import Path
from uuid import UUID

from prefect import flow, get_client
from prefect.exceptions import Pause
from prefect.flow_runs import asuspend_flow_run
from prefect.runtime import flow_run


@flow
async def nothing() -> None:
    """Do nothing."""


@flow
async def breaks() -> None:
    """Raise an exception."""
    raise ValueError("on purpose")


@flow
async def exits() -> None:
    """Leave as if the process were its own."""
    sys.exit(3)


@flow
async def exits_aside() -> None:
    """Leave from within a task of the event loop, beside the flow itself."""

    async def leave() -> None:
        sys.exit(4)

    aside = asyncio.create_task(leave())
    await asyncio.sleep(30)
    await aside


@flow
async def computes(path: str) -> None:
    """Hold the event loop as long as a file is there, as a careless computation does."""
    while os.path.exists(path):  # noqa: ASYNC240, PTH110 - this is the point
        time.sleep(0.1)  # noqa: ASYNC251 - this is the point


@flow
async def waits(seconds: float) -> None:
    """Take a while, as a step that writes a long document."""
    await asyncio.sleep(seconds)


@flow
def synchronous(path: str) -> None:
    """Take as long as a file is there, without an event loop."""
    while Path(path).exists():
        time.sleep(0.1)


@flow
async def lingers(seconds: float) -> None:
    """Suspend once, and take its time to leave; the second time, end."""
    async with get_client() as client:
        states = await client.read_flow_run_states(UUID(str(flow_run.id)))
    if any(state.is_paused() for state in states):
        return
    try:
        await asuspend_flow_run(timeout=None)
    except Pause:
        await asyncio.sleep(seconds)
        raise
