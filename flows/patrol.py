"""The patrol: what only time brings about, and what an outage left undone."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.console import Ended, carry_out
from models.errors import StartError, Zero137Error
from models.ladder.vocabulary import Rung
from models.record.entries import RULE
from tasks.archive.archiving import archive_leftovers
from tasks.archive.disposal import remove_disposed
from tasks.archive.reminders import tell_of_archive_duties
from tasks.conduct.coming_due import open_due
from tasks.delivery.sending import deliver_messages
from tasks.documents.rendered import render_leftovers
from tasks.files.checks import check_stored_files
from tasks.ladder.escalation import raise_rungs
from tasks.office.ended_units import tell_of_ended_units
from tasks.office.missing_notices import tell_of_missing_notices
from tasks.office.succession import hand_on_duties
from tasks.record.seals import seal_daily
from tasks.runs.observed import observed
from tasks.runs.reconcile import reconcile, summary_of
from tasks.runs.rounds import note_round
from tasks.runs.showing import refresh_runs, show_board
from tasks.workplace import Workplace


@flow(name="巡查")
async def patrol() -> State[Any]:
    """巡查全部在办事项：到期提醒与逐级督办、到期视为签收、补发消息、核对并修复承办运行、归档、核对存档文件、封存台账；可随时手动启动。"""
    return await carry_out(_go_round, failed="巡查未完成")


async def _go_round(place: Workplace) -> Ended:
    """Look at everything once."""
    raised, unknown = await _look_at_clocks(place)
    report = await observed("补发消息", lambda: deliver_messages(place))
    fault, runs = "", ""
    try:
        runs = await _look_at_runs(place)
    except StartError as error:
        fault = str(error)
    # What takes longest comes last, and comes even where the server is not reached.
    record, troubles = await _look_after_record(place)
    if fault or troubles:
        return Ended(Failed(name="巡查未完成", message="；".join(filter(None, [fault, *troubles]))))
    note_round(place, place.clock())
    sent = f"交付消息{report.handed_over}条，失败{report.failed}条。{report.reason}"
    return Ended(Completed(name="已巡查", message=f"{raised}{unknown}；{runs}；{record}；{sent}"), raised)


async def _look_at_clocks(place: Workplace) -> tuple[str, str]:
    """Raise what has come due; returns what was raised and how much is provisional, in words."""
    # Whoever owes is settled before anybody is urged.
    handed_on = await observed("单位承继与代行", lambda: hand_on_duties(place, place.clock()))
    raised = await observed("提醒与督办", lambda: raise_rungs(place, place.clock()))
    await observed("核对停用单位", lambda: tell_of_ended_units(place, place.clock()))
    unknown = await observed("核对放假安排", lambda: tell_of_missing_notices(place, place.clock()))
    await observed("到时开启回头看", lambda: open_due(place, place.clock()))
    await observed("档案审核与案例报送提醒", lambda: tell_of_archive_duties(place, place.clock()))
    told = "；".join(filter(None, (_told(raised), handed_on.told)))
    return told, f"；{unknown}条到期日为暂定" if unknown else ""


async def _look_at_runs(place: Workplace) -> str:
    """Mend the runs and what is shown of them; returns what was done, in words.

    Raises:
        StartError: The Prefect server is not reached.
    """
    mended = await observed("核对承办运行", lambda: reconcile(place, place.clock()))
    shown = await observed("更新运行显示", lambda: refresh_runs(place, place.clock()))
    await observed("更新清零看板", lambda: show_board(place, place.clock()))
    return f"{summary_of(mended)}；更新显示{shown}条"


async def _look_after_record(place: Workplace) -> tuple[str, list[str]]:
    """Render, archive, check the files and seal the ledger, each whatever becomes of the others.

    Returns:
        What was done, in words, and what could not be done, a sentence each.
    """
    done, troubles = [], []
    for label, deed in _RECORD.items():
        try:
            done.append(await observed(label, partial(deed, place)))
        except (Zero137Error, OSError) as error:
            troubles.append(f"{label}：{error}")
    return "；".join(filter(None, done)), troubles


def _seal(place: Workplace) -> str:
    """Seal the ledger of the day; returns what was sealed, in words."""
    seal = seal_daily(place, RULE, place.clock())
    return f"封存台账第{seal.number}号" if seal is not None else ""


def _dispose(place: Workplace) -> str:
    """Remove what disposals left; returns how much it was, in words."""
    removed = remove_disposed(place)
    return f"清除已销毁档案的文件{removed}个" if removed else ""


# The seal comes last, so that it covers what the others note.
_RECORD: Mapping[str, Callable[[Workplace], str]] = {
    "生成公文": lambda place: f"生成公文{render_leftovers(place, place.clock())}件",
    "归档": lambda place: f"归档{archive_leftovers(place, place.clock())}件",
    "清除已销毁档案的文件": _dispose,
    "核对存档文件": lambda place: check_stored_files(place, place.clock()).told,
    "封存台账": _seal,
}


def _told(raised: Counter[Rung]) -> str:
    """Return what was raised in words, in the order of the ladder."""
    rungs = [f"{rung.label}{raised[rung]}条" for rung in Rung if raised[rung]]
    return "、".join(rungs) or "无到期提醒"
