"""Effects as Prefect tasks, so that an operator sees each of them in the graph of a run."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

_Result = TypeVar("_Result")


async def observed(label: str, effect: Callable[[], _Result]) -> _Result:
    """Carry out one effect, in a thread of its own, as a task with a Chinese name.

    Nothing is cached: whether an effect has been done already is known by our database, not by Prefect.
    """

    @task(name=label, cache_policy=NO_CACHE, persist_result=False)
    async def carry_out() -> _Result:
        return await asyncio.to_thread(effect)

    return await carry_out()
