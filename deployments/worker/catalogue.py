"""What an operator may start from the Prefect UI, and the pool it runs in."""

import contextlib
from collections.abc import Mapping
from typing import Any

from prefect import Flow, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Cron, Schedule
from prefect.types.entrypoint import EntrypointType

from deployments.installation.settings import Settings
from deployments.worker.in_process import InProcessWorker
from flows.carrying import carry_matter
from flows.exporting import export_ledger
from flows.mechanisms.extensions import ask_for_extension
from flows.mechanisms.leads import import_leads, register_lead
from flows.patrol import patrol
from flows.supervision import supervise_by_hand
from tasks.runs.prefect_api import FORMER_NAMES

FLOWS: tuple[Flow[Any, Any], ...] = (
    register_lead,
    import_leads,
    carry_matter,
    ask_for_extension,
    supervise_by_hand,
    export_ledger,
    patrol,
)

_TITLES: Mapping[str, str] = {
    "number": "编号",
    "lead": "线索内容",
    "file": "文件路径",
    "person": "经办人",
    "skip_bad": "跳过不合格的行",
    "supervision": "督办内容",
    "extension": "申请内容",
    "export": "导出内容",
}


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
        await _deployment(settings.pool, flow, patrols if flow is patrol else None).aapply()
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


def _deployment(pool: str, flow: Flow[Any, Any], schedule: Schedule | None = None) -> RunnerDeployment:
    """Return the deployment of a flow under the flow's own name, found by module path."""
    deployment = RunnerDeployment.from_flow(
        flow,
        name=flow.name,
        schedules=[schedule] if schedule else None,
        description=flow.description,
        work_pool_name=pool,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    # The form of the UI takes its titles from here; Prefect itself would show the names of the parameters.
    for name, field in deployment._parameter_openapi_schema.properties.items():  # noqa: SLF001 - no public way
        field["title"] = _TITLES[name]
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
