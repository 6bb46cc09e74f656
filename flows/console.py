"""What operators see in the Prefect UI: names, tags, artifacts and what they typed into a form."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any, NoReturn
from uuid import UUID

from prefect import get_client
from prefect.artifacts import Artifact, acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, ObjectNotFound, Pause, PrefectHTTPStatusError
from prefect.input import RunInput
from prefect.input.actions import acreate_flow_run_input, aread_flow_run_input
from prefect.input.run_input import Keyset, keyset_from_base_key, keyset_from_paused_state
from prefect.runtime import flow_run as this_run
from prefect.states import Suspended
from prefect.utilities.engine import propose_state

from tasks.conduct.waits import ShownForm
from tasks.lookup.stories import Label, story_key


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
        Abort: The run is another attempt's by now.
    """
    waiting: State[Any] = Suspended(pause_key=key)
    keys = keyset_from_paused_state(waiting)
    waiting.state_details.run_input_keyset = {str(part): name for part, name in keys.items()}
    await _store(form, keys)
    async with get_client() as client:
        reached = await propose_state(client, waiting, flow_run_id=UUID(str(this_run.id)))
    if not reached.is_paused():
        # The run was scheduled anew meanwhile, because this attempt was believed lost.
        raise Abort(f"the run was not suspended: {reached}")
    raise Pause(state=reached)


async def _store(form: type[RunInput], keys: Keyset) -> None:
    """Store a form, unless it is stored: a key is never used twice, but a request may be repeated."""
    try:
        await form.asave(keys)
    except PrefectHTTPStatusError as error:
        if error.response.status_code != HTTPStatus.CONFLICT:
            raise
        # The server's answer to the first part got lost, and the second one was perhaps never sent.
        with suppress(PrefectHTTPStatusError):
            await acreate_flow_run_input(keys["description"], form._description or "")  # noqa: SLF001


async def other_wait(form: ShownForm) -> ShownForm | None:
    """Return the form this run really waited with last, None where that is the one we know of.

    Two attempts at one run, one of them believed lost, may show a form each; whoever filled in the other
    one must not have written in vain.
    """
    async with get_client() as client:
        states = await client.read_flow_run_states(UUID(str(this_run.id)))
    waits = sorted((state.timestamp, state.state_details.pause_key or "") for state in states)
    keys = [key for _, key in waits if key.startswith(f"{form.assignment.step.value}-")]
    if not keys or keys[-1] == form.key:
        return None
    return replace(form, flow_run_id=str(this_run.id), key=keys[-1])


async def label_run(label: Label) -> None:
    """Name and tag the current run for people."""
    async with get_client() as client:
        await client.update_flow_run(UUID(str(this_run.id)), name=label.name, tags=label.tags)


async def publish_story(number: str, title: str, markdown: str, *, is_new: bool) -> None:
    """Publish the story of a lead as an artifact, unless it says what it said before.

    Args:
        number: The lead.
        title: What the artifact is called.
        markdown: The story.
        is_new: Whether it is known to say something new.
    """
    key = story_key(number)
    known = None if is_new else await Artifact.aget(key)
    if known is None or known.data != markdown:
        await acreate_markdown_artifact(key=key, markdown=markdown, description=title)
