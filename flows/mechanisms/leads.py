"""Registering leads from the Prefect UI: one by its form, many from a file on the server."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.console import Ended, carry_out
from flows.forms import LeadForm
from models.errors import StartError
from models.files.file_names import kept_name
from models.files.headings import CellFault
from models.files.vocabulary import HiddenRows
from models.mechanisms.leads.intake import IntakeDefaults, LeadDraft, read_row
from notifications.papers.glyphs import unprintable_note
from tasks.mechanisms.leads.import_files import read_leads
from tasks.mechanisms.leads.registering import Registered, register_leads
from tasks.runs.observed import observed
from tasks.runs.starting import start_runs
from tasks.workplace import Workplace

logger = logging.getLogger(__name__)

HiddenChoice = Literal["询问", "导入", "不导入"]


@flow(name="登记线索")
async def register_lead(lead: LeadForm) -> State[Any]:
    """登记一条国、省、市转送的问题线索，并启动其承办流程；同一线索重复登记不会产生新的线索。

    Args:
        lead: 线索内容
    """

    async def register(place: Workplace) -> Ended:
        now = place.clock()
        draft = read_row(1, lead.model_dump(), IntakeDefaults(now), place.policy, now)
        if not isinstance(draft, LeadDraft):
            return Ended(_refused(draft))
        (one,) = await observed("登记", lambda: register_leads(place, [draft], lead.person, now))
        state = await _started(place, [one], _notes([draft]))
        return Ended(state, "" if one.created else None, one.printed_number)

    return await carry_out(register, failed="未登记")


@flow(name="批量导入")
async def import_leads(
    file: str, person: str, skip_bad: bool = False, hidden_rows: HiddenChoice = "询问"
) -> State[Any]:
    """从服务器上的文件批量登记线索（JSONL、CSV、XLSX）；有一行不合格则全部不导入，除非选择跳过。

    Args:
        file: 文件路径，在服务器上的完整路径
        person: 经办人，填姓名
        skip_bad: 跳过不合格的行
        hidden_rows: 隐藏的行，表格中被隐藏或筛选掉的行是否导入；未写明而有这样的行时，不导入任何线索
    """

    async def register(place: Workplace) -> Ended:
        now = place.clock()
        defaults = IntakeDefaults(now)
        hidden = HiddenRows.parse(hidden_rows, "隐藏的行")
        table = await observed(
            "读取文件", lambda: read_leads(Path(file), defaults, place.policy, now, hidden)
        )
        if table.faults and not skip_bad:
            return Ended(_refused(table.faults), "未导入")
        registered = await observed("登记", lambda: register_leads(place, table.drafts, person, now))
        state = await _started(place, registered, [*table.notes, *_notes(table.drafts)])
        return Ended(state, f"新登记{sum(lead.created for lead in registered)}条")

    return await carry_out(register, kept_name(file), failed="未导入")


async def _started(place: Workplace, registered: list[Registered], notes: Sequence[str] = ()) -> State[Any]:
    """Start the runs of new leads and say what came of it; what is stored stays stored."""
    new = [lead for lead in registered if lead.created]
    message = f"新登记{len(new)}条" + (
        f"：{'、'.join(lead.printed_number for lead in new[:20])}" if new else ""
    )
    known = [lead.label for lead in registered if not lead.created]
    if known:
        message += f"；{len(known)}条此前已登记，未重复登记：{'、'.join(known[:20])}"
    try:
        await observed("启动承办", lambda: start_runs(place, [lead.number for lead in new]))
    except StartError as error:
        message += f"；线索已保存，巡查时将自动开始承办（{error}）"
    return Completed(name="已登记" if new else "此前已登记", message="；".join([message, *notes]))


def _notes(drafts: Sequence[LeadDraft]) -> list[str]:
    """Return what is to be told of leads beside what became of them: characters that cannot be printed."""
    told = unprintable_note(text for draft in drafts for text in draft.texts)
    return [told.removesuffix("。")] if told else []


def _refused(faults: list[CellFault]) -> State[Any]:
    """Say which rows cannot be registered and why; nothing was registered."""
    told = "；".join(f"{fault.place}：{fault.reason}" for fault in faults[:20])
    logger.error("未登记：%s", told)
    return Failed(name="未登记", message=f"共{len(faults)}处不合格，未登记任何线索。{told}")
