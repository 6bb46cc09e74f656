"""Commands for the working-day calendar: show, due, import."""

import re
from datetime import date
from pathlib import Path

import click

from deployments.cli.frame import Group, emit, json_option, table, workplace
from models.codes import Step
from models.days.calendar import YearNotice
from models.days.moments import read_moment
from models.days.terms import Term, TermUnit, due_date, explanation_lines
from models.errors import RuleViolation
from models.office.policy import Policy
from tasks.office.notice_files import GivenDays, read_days
from tasks.office.year_notices import import_notice
from tasks.workplace import Workplace, work_calendar

_TERM = re.compile(r"(\d{1,3})\s*(个?工作日|w|日|天|d)?")


@click.group(cls=Group)
def calendar() -> None:
    """查看放假安排、推算期限、导入年度通知。"""


@calendar.command("show")
@click.argument("year", type=click.IntRange(2004, 2099))
@json_option
def show(*, year: int, as_json: bool) -> None:
    """列出某年的放假和调休上班日。"""
    with workplace() as place, place.reading() as session:
        found = work_calendar(session)
    days = found.named_days(year)
    loaded = found.covers(year)
    rows = [(d.day, "上班" if d.works else "放假", d.reason) for d in days]
    told = "" if loaded else f"{year}年放假安排尚未导入，涉及该年的到期日均为暂定（按法定节假日推算）。"
    data = {
        "year": year,
        "loaded": loaded,
        "days": [{"date": str(d.day), "works": d.works, "reason": d.reason} for d in days],
    }
    emit(data, "\n".join(filter(None, [told, table(("日期", "安排", "说明"), rows)])), as_json=as_json)


@calendar.command("due")
@click.argument("start")
@click.argument("term")
@json_option
def due(*, start: str, term: str, as_json: bool) -> None:
    """推算到期日：START 为起算事件的日期或时间，TERM 为环节名称，或 3个工作日、7日 这样的期限。"""
    with workplace() as place, place.reading() as session:
        policy = place.policy
        moment = read_moment(start, "起算日", policy.business_hours, not_before=None, now=place.clock())
        # The day of the event does not count, whatever its hour.
        found = due_date(policy.day_of(moment), _read_term(term, policy), work_calendar(session))
        ends = policy.deadline(found.day)
    data = {
        "start": str(found.start),
        "due": str(found.day),
        "ends": ends.isoformat(),
        "provisional": found.provisional,
        "days": [
            {"date": str(d.day), "ordinal": d.ordinal, "reason": d.reason, "provisional": d.provisional}
            for d in found.days
        ],
    }
    told = "\n".join(explanation_lines(found))
    emit(data, f"{told} {policy.business_hours.ending}", as_json=as_json)


def _read_term(text: str, policy: Policy) -> Term:
    """Read a term: a step's name, or a number with its unit."""
    found = _TERM.fullmatch(text.strip())
    if found is None:
        return policy.terms.of(Step.parse(text, "期限"))
    natural = found[2] in ("日", "天", "d")
    unit = TermUnit.CALENDAR_DAYS if natural else TermUnit.WORKING_DAYS
    value = int(found[1])
    if not 0 < value <= 365:  # noqa: PLR2004 - a year
        raise RuleViolation("期限应为1至365日。")
    return Term(value=value, unit=unit, start="手工推算", source="手工推算", valid_from=date.min)


def _notices(place: Workplace, given: GivenDays, *, supplement: bool) -> list[YearNotice]:
    """Return the notices of whole years that a file stands for."""
    if not supplement:
        return given.whole_years()
    with place.reading() as session:
        return given.supplementing(work_calendar(session), place.policy.day_of(place.clock()))


@calendar.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--year", type=click.IntRange(2004, 2099), help="通知所属年份；跨年的通知应写明")
@click.option("--supplement", is_flag=True, help="补充通知：文件只含有变动的几天，其余各日不变")
@json_option
def import_file(*, file: Path, year: int | None, supplement: bool, as_json: bool) -> None:
    """导入国务院办公厅年度放假安排或补充通知（CSV 或 JSON），并重算全部在办期限。"""
    from tasks.runs.starting import wake_ended

    given = read_days(file, year)
    lines, data = [], []
    with workplace() as place:
        for notice in _notices(place, given, supplement=supplement):
            now = place.clock()
            done = import_notice(place, notice, now)
            state = f"已导入，调整{len(done.moved)}个在办期限" if done.created else "此前已导入，未重复导入"
            lines.append(f"{notice.year}年放假安排{state}。")
            lines += [f"  {m.number} {m.step}：{m.before} → {m.after}" for m in done.moved]
            fault = wake_ended(place, now)
            note = f"无需再办的事项将由巡查结束。{fault}" if fault else ""
            lines += [f"  注意：{note}"] if note else []
            lines += [f"  注意：{day} 与另一年度的安排不一致，以较晚年度的为准" for day in done.overlaps]
            data.append(
                {
                    "year": notice.year,
                    "created": done.created,
                    "moved": [vars(m) for m in done.moved],
                    "overlaps": [str(day) for day in done.overlaps],
                    "note": note,
                }
            )
    emit(data, "\n".join(lines), as_json=as_json)
