"""What an operator may start from the Prefect UI, and the pool it runs in."""

import contextlib
from pkgutil import resolve_name
from typing import Any

from prefect import Flow, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Cron, Schedule
from prefect.types.entrypoint import EntrypointType

from deployments.installation.settings import Settings
from deployments.mechanisms import TRIGGERS
from deployments.worker.in_process import InProcessWorker
from flows.carrying import carry_matter
from flows.exporting import export_ledger
from flows.patrol import patrol
from flows.supervision import supervise_by_hand
from tasks.runs.prefect_api import FORMER_NAMES

# What serves every mechanism, then what each brings.
FLOWS: tuple[Flow[Any, Any], ...] = (
    carry_matter,
    supervise_by_hand,
    export_ledger,
    patrol,
    *(resolve_name(path) for path in TRIGGERS.values()),
)


async def register_deployments(settings: Settings) -> str:
    """Create the work pool and all deployments, or bring them up to date.

    Returns:
        The type of the pool; one of another type has workers of its own (process, docker, kubernetes).
    """
    pool = await _ensure_pool(settings.pool)
    zone = settings.read_policy().business_hours.time_zone
    patrols = Cron(settings.patrol_cron, timezone=zone)
    for flow in FLOWS:
        # Two patrols at once would do no harm, but a second one has nothing to find.
        await deployment_of(settings.pool, flow, patrols if flow is patrol else None).aapply()
    await _withdraw_former()
    return pool


async def _withdraw_former() -> None:
    """Take deployments of earlier releases out of the list: nobody can start what is not there any more.

    Their runs that wait keep their forms and what is filled in, until the reconciler replaces them.
    """
    async with get_client() as client:
        for name in FORMER_NAMES:
            with contextlib.suppress(ObjectNotFound):
                former = await client.read_deployment_by_name(f"{name}/{name}")
                await client.delete_deployment(former.id)


def deployment_of(pool: str, flow: Flow[Any, Any], schedule: Schedule | None = None) -> RunnerDeployment:
    """Return the deployment of a flow under the flow's own name, found by module path."""
    deployment = RunnerDeployment.from_flow(
        flow,
        name=flow.name,
        schedules=[schedule] if schedule else None,
        description=flow.description,
        work_pool_name=pool,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    # Prefect itself would show the names of the parameters; what the flow says of one begins with its title.
    for name, field in deployment._parameter_openapi_schema.properties.items():  # noqa: SLF001 - no public way
        field["title"], _, field["description"] = field.get("description", name).partition("，")
    return deployment


async def _ensure_pool(name: str) -> str:
    """Create the work pool unless it is there; returns its type."""
    template = InProcessWorker.get_default_base_job_template()
    async with get_client() as client:
        with contextlib.suppress(ObjectAlreadyExists):
            await client.create_work_pool(
                WorkPoolCreate(name=name, type=InProcessWorker.type, base_job_template=template)
            )
        return (await client.read_work_pool(name)).type
