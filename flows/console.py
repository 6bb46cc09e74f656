"""What operators see in the Prefect UI: names, tags, artifacts and what they typed into a form."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
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
from prefect.states import Failed, Suspended
from prefect.utilities.engine import propose_state

from models.errors import StartError, Zero137Error
from models.runs.names import run_name
from tasks.conduct.waits import KEPT, ShownForm, keys_of
from tasks.lookup.stories import Label, story_key
from tasks.runs.observed import observed
from tasks.runs.showing import refresh_runs
from tasks.runs.starting import start_runs
from tasks.workplace import Workplace, at_work

logger = logging.getLogger(__name__)

# A run waits no longer than this for a name, in seconds; Prefect's client alone would try for a minute.
NAMING_SECONDS = 20


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        state: Its last state.
        told: What it did, for its name; None where the name of the state says it.
        about: What it was about, where that is known only now.
    """

    state: State[Any]
    told: str | None = None
    about: str = ""


async def carry_out(work: Callable[[Workplace], Awaitable[Ended]], *about: str, failed: str) -> State[Any]:
    """Carry out what the current run is there for; its name tells people when it began, then what it did.

    Args:
        work: What is done, at the workplace of this process.
        about: What it is about, nothing of an informant and nothing out of a file; the name of a run about
            nothing in particular keeps the time it began at.
        failed: The name of the state where an error ends the work, and what the run is said to have done.
    """
    began, flow = "", str(this_run.flow_name)
    try:
        with at_work() as place:
            began = f"{place.policy.business_hours.local(place.clock()):%m-%d %H:%M}"
            await name_run(run_name(flow, began, *about))
            ended = await work(place)
    except Zero137Error as error:
        ended = Ended(Failed(name=failed, message=str(error)))
    except Exception:
        await name_run(run_name(flow, began, *about, "未完成"))
        raise
    named = (ended.about,) if ended.about else about or (began,)
    # The patrol's states begin as its name does.
    told = str(ended.state.name).removeprefix(flow) if ended.told is None else ended.told
    await name_run(run_name(flow, *named, told))
    return ended.state


async def bring_forward(place: Workplace, asked: str) -> str:
    """Start the run that waits for a decision and show its matter anew; the patrol makes up for it.

    Returns:
        Blank, or what is left to the patrol.
    """
    try:
        await observed("报请审批", lambda: start_runs(place, [asked]))
        await observed("更新运行显示", lambda: refresh_runs(place, place.clock()))
    except StartError as error:
        return f"审批事项由下次巡查发出（{error}）"
    return ""


async def name_run(name: str) -> None:
    """Name the current run for people; one that cannot be named is carried out all the same."""
    try:
        async with asyncio.timeout(NAMING_SECONDS), get_client() as client:
            await client.set_flow_run_name(UUID(str(this_run.id)), name)
    except Exception as error:  # noqa: BLE001 - a name is worth less than whatever the run does
        logger.warning("运行未能改名为“%s”：%s", name, type(error).__name__)


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

    A server of ours keeps what was stored (``deployments.mended.kept_forms``). Any other one deletes it when
    the run is suspended, and it is stored once more.

    Raises:
        Pause: The run is suspended, and this attempt ends here.
        Abort: The run is another attempt's by now.
    """
    waiting: State[Any] = Suspended(pause_key=key)
    keys = keyset_from_paused_state(waiting)
    waiting.state_details.run_input_keyset = {str(part): name for part, name in keys.items()}
    await _store(form, keys)
    reached = await _propose(waiting)
    if not reached.is_paused():
        # The run was scheduled anew meanwhile, because this attempt was believed lost.
        raise Abort(f"the run was not suspended: {reached}")
    waits = reached.state_details
    if waits.pause_key == key and KEPT not in (waits.run_input_keyset or {}):
        await _store(form, keys)
    raise Pause(state=reached)


async def _propose(waiting: State[Any]) -> State[Any]:
    """Propose to suspend the current run; returns its state, which is another where that was refused."""
    try:
        async with get_client() as client:
            return await propose_state(client, waiting, flow_run_id=UUID(str(this_run.id)))
    except Pause as refused:
        # It was suspended already: by another attempt, or by this proposal, whose answer got lost.
        return waiting if refused.state is None else refused.state


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
    keys = [key for _, key in waits if key.startswith(keys_of(form.assignment))]
    if not keys or keys[-1] == form.key:
        return None
    return replace(form, flow_run_id=str(this_run.id), key=keys[-1])


async def label_run(label: Label) -> None:
    """Name and tag the current run for people."""
    async with get_client() as client:
        await client.update_flow_run(UUID(str(this_run.id)), name=label.name, tags=label.tags)


async def publish_story(number: str, title: str, markdown: str, *, is_new: bool) -> None:
    """Publish the story of a matter as an artifact, unless it says what it said before.

    Args:
        number: The matter.
        title: What the artifact is called.
        markdown: The story.
        is_new: Whether it is known to say something new.
    """
    key = story_key(number)
    known = None if is_new else await Artifact.aget(key)
    if known is None or known.data != markdown:
        await acreate_markdown_artifact(key=key, markdown=markdown, description=title)
