"""Started by a site: registers what a worker needs, ``in-process`` for ours, ``process`` for the stock's."""

import asyncio
import sys

from prefect import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType
from prefect.workers.process import ProcessWorker
from ways import POOL

from deployments.installation.settings import load_settings
from deployments.worker.catalogue import register_deployments
from flows.carrying import carry_matter
from tasks.runs.prefect_api import CARRY_MATTER


async def register_stock() -> None:
    """Create a pool of the stock type and the one deployment that is measured."""
    template = ProcessWorker.get_default_base_job_template()
    async with get_client() as client:
        await client.create_work_pool(
            WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template)
        )
    deployment = RunnerDeployment.from_flow(
        carry_matter, name=CARRY_MATTER, work_pool_name=POOL, entrypoint_type=EntrypointType.MODULE_PATH
    )
    await deployment.aapply()


async def register(executor: str) -> None:
    """Register for an executor, once the server answers."""
    if executor == "in-process":
        await register_deployments(load_settings())
    else:
        await register_stock()


if __name__ == "__main__":
    asyncio.run(register(sys.argv[1]))
