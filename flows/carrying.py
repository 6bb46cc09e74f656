"""The conduct of one matter: read, decide, act, record; wait where somebody owes an answer.

Every line may be executed again at any time: after a resume, a crash, a redeployment, on another worker
or in another run. What comes next is decided from the stored facts alone.
"""

import asyncio
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run as this_run
from prefect.settings import get_current_settings
from prefect.states import Completed, Failed

from flows.console import label_run, name_run, other_wait, publish_story, read_form, run_count, suspend_with
from flows.forms import form_for, submission_of
from models.errors import Zero137Error
from models.matters.facts import Assign, Await, Close, DeemReceived, NextStep, OpenParts
from models.runs.names import run_name
from tasks.archive.archiving import awaits_archiving, try_archive
from tasks.conduct.answers import try_answer
from tasks.conduct.steps import peek_step, take_step
from tasks.conduct.waits import show_form, shown_form
from tasks.delivery.sending import can_deliver, deliver_messages
from tasks.lookup.stories import Telling, tell_matter
from tasks.runs.observed import observed
from tasks.runs.prefect_api import CARRY_MATTER
from tasks.runs.starting import adopt_run, start_parts, wake_ended, wake_parent
from tasks.workplace import Workplace, at_work


# Nothing is kept but the error that ended a run; saying where spares the engine two questions to the server.
@flow(
    name=CARRY_MATTER,
    persist_result=False,
    result_storage=get_current_settings().results.local_storage_path,
)
async def carry_matter(number: str) -> State[Any]:
    """承办一件事项（问题线索、延期申请、通报稿等）：等待反馈时挂起，反馈后继续。

    Args:
        number: 编号，如 L2026-0012；同一事项只由一个运行承办。
    """
    try:
        with at_work() as place:
            return await _carry(place, number)
    except Zero137Error as error:
        await name_run(run_name(CARRY_MATTER, number, "无法承办"))
        return Failed(name="无法承办", message=str(error))


async def _carry(place: Workplace, number: str) -> State[Any]:
    """Carry a matter from the form last shown to the next one, or to its end."""
    refusal, moved, carries = "", False, _carries(place, number)
    if carries:
        refusal = await _take_in_form(place, number)
    while carries and (step := peek_step(place, number, place.clock())) is not None:
        if isinstance(step, Await):
            await _wait_for_answer(place, number, refusal, moved=moved)
        else:
            await _go_on(place, number, step)
            moved = True
        # Another run may take over at any moment, because this one is believed lost.
        carries = _carries(place, number)
    if not carries:
        await name_run(run_name(CARRY_MATTER, number, "已有运行承办"))
        return Completed(name="已有运行承办", message=f"{number} 由另一个运行承办，本运行到此为止。")
    return await _finish(place, number, moved=moved)


def _carries(place: Workplace, number: str) -> bool:
    """Tell whether this run carries the matter; a matter without a run becomes its own."""
    return adopt_run(place, number, str(this_run.id)) == str(this_run.id)


async def _take_in_form(place: Workplace, number: str) -> str:
    """Record what was filled into the form last shown; returns why it was refused, else blank."""
    form = shown_form(place, number)
    filled = await read_form(form) if form is not None else None
    if form is not None and filled is None and form.assignment.answered_at is None:
        # Nobody answered, and yet the run goes on.
        form = await other_wait(form)
        filled = await read_form(form) if form is not None else None
    if form is None or filled is None:
        return ""
    submission = submission_of(form.assignment, filled)
    since = place.clock()
    refusal = await observed("登记反馈", lambda: try_answer(place, number, submission, place.clock()))
    if not refusal:
        await asyncio.to_thread(wake_ended, place, since)
    return refusal


async def _go_on(place: Workplace, number: str, step: NextStep) -> None:
    """Take a step that needs nobody, and hand over the messages that tell of it."""
    since = place.clock()
    await observed(_label_of(place, step), lambda: take_step(place, number, place.clock()))
    if isinstance(step, OpenParts):
        await observed("启动分件", lambda: start_parts(place, number))
    if isinstance(step, Close):
        await asyncio.to_thread(wake_ended, place, since, number)
    await _send(place, number)


async def _send(place: Workplace, number: str) -> None:
    """Hand over the messages of a matter; each task costs the server as much as a state, so none is idle."""
    if can_deliver(place, number):
        await observed("发送消息", lambda: deliver_messages(place, number))


def _label_of(place: Workplace, step: NextStep) -> str:
    """Return what a step is called in the list of what a run did."""
    match step:
        case Assign():
            return "交办"
        case OpenParts():
            return "分件交办"
        case DeemReceived():
            return place.kinds.duty(step.assignment.step).lapse
        case _:
            return "销号"


async def _wait_for_answer(place: Workplace, number: str, refusal: str, *, moved: bool) -> None:
    """Publish the story, then suspend with the form of the open assignment.

    The form's key is stored before the run is suspended, so that the answer is found whatever happens
    in between. Suspending leaves this run by an exception; it only returns where nobody owes anything
    any more or another run took over.
    """
    told = await _show(place, number, moved=moved)
    form = show_form(place, number, str(this_run.id), run_count())
    if form is None:
        return
    duty = place.kinds.duty(form.assignment.step)
    await suspend_with(form_for(duty, told.office, told.form_text(refusal)), form.key)


async def _finish(place: Workplace, number: str, *, moved: bool) -> State[Any]:
    """Archive a matter, publish the whole story and end the run with the outcome as its state's name."""
    await _send(place, number)
    if awaits_archiving(place, number):
        # What keeps it out of the archive now is made up for by the patrol: it is closed all the same.
        await observed("归档", lambda: try_archive(place, number, place.clock()))
    await asyncio.to_thread(wake_parent, place, number, place.clock())
    label = (await _show(place, number, moved=moved)).label
    return Completed(name=label.outcome, message=f"{label.title}：{label.outcome}")


async def _show(place: Workplace, number: str, *, moved: bool) -> Telling:
    """Bring name, tags and artifact of the run up to date; returns what was told.

    A matter that has just moved on has a new story, which need not be compared with the one published last.
    """
    told = tell_matter(place, number, place.clock())
    story = publish_story(number, told.label.title, told.markdown, is_new=moved)
    await asyncio.gather(story, label_run(told.label))
    return told
