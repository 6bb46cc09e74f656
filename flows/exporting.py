"""Exporting the 台账 from the Prefect UI: the file is saved by a click on the link of an artifact."""

from typing import Any

from prefect import flow
from prefect.artifacts import acreate_link_artifact, acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.console import Ended, carry_out
from flows.forms import ExportForm
from models.days.periods import read_period
from models.lookup.export_format import ExportFormat, download_link
from models.lookup.lead_filter import LeadFilter, Status
from notifications.texts.rendering import render_page
from tasks.lookup.leads.exporting import Exported, export_for_download
from tasks.lookup.stories import file_size
from tasks.runs.observed import observed
from tasks.workplace import Workplace

_LINK, _NOTE = "ledger-export", "ledger-export-note"


@flow(name="导出台账")
async def export_ledger(export: ExportForm) -> State[Any]:
    """把台账导出为文件；完成后在本次运行的 Artifacts 页点击链接下载。导出文件不含举报人的任何信息。

    Args:
        export: 导出内容
    """

    async def write(place: Workplace) -> Ended:
        shape = ExportFormat.parse(export.format, "格式")
        received = read_period(export.first, export.last, "收到时间")
        asked = LeadFilter(status=Status.parse(export.scope, "范围"), received=received).about(export.text)
        now = place.clock()
        done = await observed("导出", lambda: export_for_download(place, shape, asked, now))
        await _publish(done, asked)
        message = f"{done.leads}条（{asked.label}）：{done.path.name}"
        # What was looked for stays out of the name; it may be anything.
        told = f"{'符合条件' if received or asked.words else ''}{done.leads}条"
        return Ended(Completed(name="已导出", message=message), told)

    return await carry_out(write, export.scope, failed="未导出")


async def _publish(done: Exported, asked: LeadFilter) -> None:
    """Leave the link and what is to be known of the file."""
    name = done.path.name
    await acreate_link_artifact(
        key=_LINK,
        link=download_link(done.path),
        link_text=f"下载 {name}",
        description=f"台账导出：{asked.label}",
    )
    told = {"name": name, "choice": asked.label, "leads": done.leads, "size": file_size(done.size)}
    note = render_page("export.md", {**told, "sha256": done.sha256, "path": done.path})
    await acreate_markdown_artifact(key=_NOTE, markdown=note, description=f"台账导出说明：{name}")
