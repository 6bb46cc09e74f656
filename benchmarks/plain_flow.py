"""The peer of a life cycle: a plain Prefect flow with four waits for a person, and nothing else."""

from prefect import flow
from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput
from ways import FOUR_WAITS


class Reply(RunInput):
    """What a person fills in."""

    person: str


@flow(name=FOUR_WAITS)
async def four_waits(number: str) -> str:
    """Wait for four answers."""
    for step in ("transfer", "receipt", "verify", "review"):
        await asuspend_flow_run(wait_for_input=Reply, key=step, timeout=None)
    return number
