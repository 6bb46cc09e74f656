"""The command that exports the 台账."""

import io
import sys
from pathlib import Path
from typing import Any

import click

from deployments.cli.frame import Command, emit, json_option, workplace
from deployments.cli.leads.lead_filters import asked_of, filter_options, status_of
from tasks.workplace import read_office

# A bar moves once for so many leads: more often nobody can see.
_EVERY = 500


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@filter_options
@click.option("--open", "open_only", is_flag=True, help="只导出在办的线索")
@click.option("--closed-only", is_flag=True, help="只导出已办结的线索")
@click.option("--force", is_flag=True, help="覆盖已有的文件")
@json_option
def export(
    *, file: Path, open_only: bool, closed_only: bool, force: bool, as_json: bool,
    **wanted: Any,  # noqa: ANN401 - texts, or several of them
) -> None:  # fmt: skip
    """导出台账（默认全部线索）；FILE 的后缀决定格式：.xlsx（含汇总图表）、.csv、.jsonl（含全部办理经过）。"""
    from tasks.lookup.leads.exporting import Exported, count_leads, export_leads, format_of

    status = status_of(
        everything=not (open_only or closed_only), closed_only=closed_only, open_only=open_only
    )
    format_of(file)
    with workplace() as place:
        asked = asked_of(wanted, status, read_office(place))
        now = place.clock()
        watched = sys.stderr.isatty() and not as_json
        stream = sys.stderr if watched else io.StringIO()
        with click.progressbar(length=count_leads(place, asked, now), label="导出台账", file=stream) as bar:
            done: Exported = export_leads(
                place, file, asked, now, replace=force,
                progress=lambda count: None if count % _EVERY else bar.update(_EVERY),
            )  # fmt: skip
    data = {"file": str(file), "leads": done.leads, "bytes": done.size, "sha256": done.sha256}
    text = f"已导出 {done.leads} 条线索（{asked.label}）到 {file}。\nSHA-256：{done.sha256}"
    emit(data, text, as_json=as_json)
