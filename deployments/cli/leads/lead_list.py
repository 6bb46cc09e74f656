"""The command that lists leads: order and pages; and the list of what is put before somebody."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from deployments.cli.frame import Command, emit, json_option, shortened, table, workplace
from deployments.cli.leads.lead_filters import asked_of, filter_options, status_of
from deployments.mechanisms import KINDS
from models.codes import MatterKind
from models.days.terms import day_label
from models.lookup.lead_filter import LEADS, LeadFilter, Page, Sorting, SortKey, Status
from tasks.lookup.leads.lead_list import FoundLeads, ListedLead, find_leads
from tasks.workplace import read_office

_LINES_A_PAGE = 50
_KINDS = "、".join(kind.code.label for kind in KINDS.all)


@click.command("list", cls=Command)
@filter_options
@click.option("--kind", "kinds", multiple=True, metavar="类型", help=f"{_KINDS}，可给多个，默认问题线索")
@click.option("--all", "everything", is_flag=True, help="包括已办结的线索")
@click.option("--closed-only", is_flag=True, help="只看已办结的线索")
@click.option("--sort", default=SortKey.DUE.label, metavar="次序", help="到期、收到、编号、标题，默认到期")
@click.option("--desc", "descending", is_flag=True, help="倒序")
@click.option("--page", type=click.IntRange(1, 10**9), metavar="页", help="第几页，默认第1页")
@click.option(
    "--per-page",
    type=click.IntRange(1, 1000),
    metavar="条数",
    help=f"每页条数，默认{_LINES_A_PAGE}，至多1000",
)
@json_option
def list_leads(
    *, everything: bool, closed_only: bool, sort: str, descending: bool, page: int | None,
    per_page: int | None, as_json: bool, **wanted: Any,  # noqa: ANN401 - texts, or several of them
) -> None:  # fmt: skip
    """列出线索：可按环节、单位、时限、来源、日期、文字等筛选，默认列出在办线索，按到期日排列。"""
    sorting = Sorting(SortKey.parse(sort, "次序"), descending)
    paged = not as_json or page is not None or per_page is not None
    shown = Page(page or 1, (per_page or _LINES_A_PAGE) if paged else None)
    status = status_of(everything=everything, closed_only=closed_only)
    with workplace() as place:
        kinds = frozenset(MatterKind.parse(kind, "类型") for kind in wanted["kinds"])
        asked = replace(asked_of(wanted, status, read_office(place)), kinds=kinds or LEADS)
        found = find_leads(place, asked, sorting, shown, place.clock())
    rows = [_row(each) for each in found.leads]
    # Programs that name no page get the bare list, as they always did.
    data: object = rows if not paged else {
        "total": found.total, "page": shown.number, "pages": shown.last(found.total), "leads": rows,
    }  # fmt: skip
    none = f"没有{'在办' if asked == LeadFilter(kinds=asked.kinds) else '符合条件的'}{asked.called}。"
    emit(data, _text(rows, found, shown, none), as_json=as_json)


def emit_matters(kinds: Sequence[MatterKind], none: str, *, everything: bool, as_json: bool) -> None:
    """Print all matters of some kinds with what is owed, or the sentence that there is none."""
    asked = LeadFilter(frozenset(kinds), Status.ALL if everything else Status.OPEN)
    with workplace() as place:
        found = find_leads(place, asked, Sorting(), Page(), place.clock())
    rows = [_row(each) for each in found.leads]
    emit(rows, _table(rows) if rows else none, as_json=as_json)


def _row(lead: ListedLead) -> dict[str, str]:
    """Return a lead as a row of the list."""
    status = lead.outcome or lead.step
    return {
        "number": lead.number, "printed_number": lead.printed_number, "title": lead.title,
        "status": status.label if status else "派发中",
        "unit": lead.unit or "",
        "due": day_label(lead.due_on, provisional=lead.provisional) if lead.due_on else "",
        "signal": lead.signal.label if lead.signal else "",
    }  # fmt: skip


def _text(rows: list[dict[str, str]], found: FoundLeads, page: Page, none: str) -> str:
    """Return the list for people; its last line tells the page and how many there are."""
    last = page.last(found.total)
    if not found.total:
        return none
    if not rows:
        return f"第{page.number}页没有内容，共{last}页，{found.total}条。"
    return f"{_table(rows)}\n第{page.number}页，共{last}页，{found.total}条"


def _table(rows: list[dict[str, str]]) -> str:
    """Return rows as aligned columns."""
    cells = [
        (r["number"], r["status"], r["unit"], r["due"], r["signal"], shortened(r["title"], 50)) for r in rows
    ]
    return table(("编号", "环节", "单位", "到期日", "时限", "标题"), cells)
