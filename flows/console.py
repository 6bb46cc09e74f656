"""What operators see in the Prefect UI: names, tags, artifacts and what they typed into a form."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NoReturn
from uuid import UUID

from prefect import get_client
from prefect.artifacts import Artifact, acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectNotFound, Pause, PrefectHTTPStatusError
from prefect.input import RunInput
from prefect.input.actions import aread_flow_run_input
from prefect.input.run_input import keyset_from_base_key, keyset_from_paused_state
from prefect.runtime import flow_run as this_run
from prefect.states import Suspended
from prefect.utilities.engine import propose_state

from tasks.forms import ShownForm
from tasks.story import Label


def run_count() -> int:
    """Return how often the current run was started; Retry in the UI counts it up, a resume does not."""
    context = FlowRunContext.get()
    return context.flow_run.run_count if context and context.flow_run else 0


async def read_form(form: ShownForm) -> Mapping[str, object] | None:
    """Return what was filled into a form, None where nobody filled it in."""
    keys = keyset_from_base_key(f"suspended-{form.key}")
    try:
        filled = await aread_flow_run_input(keys["response"], flow_run_id=UUID(form.flow_run_id))
    except ObjectNotFound:
        return None
    return filled if isinstance(filled, Mapping) else None


async def suspend_with(form: type[RunInput], key: str) -> NoReturn:
    """Suspend the current run until somebody fills in a form.

    As ``suspend_flow_run``, but the form is stored before the run is suspended: killed in between, that one
    leaves a run that nobody can ever resume. There is no time limit either: our deadlines live in our
    database, and a pause that ran out in Prefect would fail the run for good.

    Raises:
        Pause: The run is suspended, and this attempt ends here.
    """
    waiting: State[Any] = Suspended(pause_key=key)
    keys = keyset_from_paused_state(waiting)
    waiting.state_details.run_input_keyset = {str(part): name for part, name in keys.items()}
    try:
        await form.asave(keys)
    except PrefectHTTPStatusError as error:
        # A key is never used twice: it is there already because the server's answer got lost.
        if error.response.status_code != HTTPStatus.CONFLICT:
            raise
    async with get_client() as client:
        reached = await propose_state(client, waiting, flow_run_id=UUID(str(this_run.id)))
    if not reached.is_paused():
        raise RuntimeError(f"the run cannot be suspended: {reached}")
    raise Pause(state=reached)


async def label_run(label: Label) -> None:
    """Name and tag the current run for people."""
    async with get_client() as client:
        await client.update_flow_run(UUID(str(this_run.id)), name=label.name, tags=label.tags)


async def publish_story(number: str, title: str, markdown: str) -> None:
    """Publish the story of a lead as an artifact, unless it says what it said before."""
    key = f"lead-{number.lower()}"
    known = await Artifact.aget(key)
    if known is None or known.data != markdown:
        await acreate_markdown_artifact(key=key, markdown=markdown, description=title)
