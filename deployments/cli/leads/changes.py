"""Commands for what goes wrong with a lead: hand it over anew, correct it, call it off."""

from collections.abc import Callable
from datetime import datetime

import click

from deployments.cli.frame import Command, emit, json_option, workplace
from models.errors import StartError
from models.mechanisms.leads.vocabulary import CallOff
from tasks.workplace import Workplace

_PERSON = click.option("--person", required=True, help="经办人姓名")
_CORRECTABLE = {
    "title": ("--title", "标题"),
    "facts": ("--facts", "事实情况"),
    "source_level": ("--source", "来源层级"),
    "document_number": ("--document", "来文文号；填“无”则改为没有"),
    "category": ("--category", "类别"),
    "received_at": ("--received", "收到时间，如 2026-11-27 15:30"),
}


@click.command("redirect", cls=Command)
@click.argument("number")
@click.option("--to", "authority", required=True, help="改派的主管单位，简称或代码")
@click.option("--cooperating", default="", help="协办单位，可留空；多个单位用顿号隔开")
@click.option("--grounds", required=True, help="改派理由，将告知原单位")
@_PERSON
@json_option
def redirect(
    *, number: str, authority: str, cooperating: str, grounds: str, person: str, as_json: bool
) -> None:
    """在核查反馈之前改派：撤回原移交函，向新的主管单位重新移交、重新计算期限。"""
    from tasks.mechanisms.leads.changes.redirecting import RedirectionRequest, redirect_lead

    request = RedirectionRequest(authority, cooperating, grounds, person)
    with workplace() as place:
        now = place.clock()
        number = redirect_lead(place, number, request, now)
        note = _went_on(place, number, now)
    told = f"{number} 已改派，原移交函已撤回，将向新单位重新移交。"
    emit({"number": number, "note": note}, "\n".join(filter(None, [told, note])), as_json=as_json)


def _correctable(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for everything that can be corrected."""
    for name, (flag, told) in reversed(_CORRECTABLE.items()):
        function = click.option(flag, name, default="", help=f"{told}；不写则不变")(function)
    return function


@click.command("correct", cls=Command)
@click.argument("number")
@_correctable
@click.option("--grounds", required=True, help="更正理由，将告知承办单位")
@_PERSON
@json_option
def correct(*, number: str, grounds: str, person: str, as_json: bool, **given: str) -> None:
    """更正在办线索登记有误的内容；原内容和更正后的都留在台账中。"""
    from tasks.mechanisms.leads.changes.correcting import CorrectionRequest, correct_lead

    with workplace() as place:
        done = correct_lead(place, number, CorrectionRequest(given, grounds, person), place.clock())
    lines = [f"{done.number} 已更正：", *(f"  {change}" for change in done.changes)]
    lines.append("已印发的公文不变；需要换发移交函的，请先撤回，再用 zero137 lead redirect 重新移交。")
    emit({"number": done.number, "changes": done.changes}, "\n".join(lines), as_json=as_json)


@click.command("call-off", cls=Command)
@click.argument("number")
@click.option("--because", required=True, help=f"终止原因：{'、'.join(each.label for each in CallOff)}")
@click.option("--reference", default="", help="撤回时必填：转送单位撤回的来文文号")
@click.option("--into", default="", help="重复时必填：并入的在办线索编号")
@click.option("--grounds", required=True, help="理由，将告知承办单位")
@_PERSON
@json_option
def call_off_lead(
    *, number: str, because: str, reference: str, into: str, grounds: str, person: str, as_json: bool
) -> None:
    """终止办理：转送单位撤回、与另一线索重复，或误登记；不计入任何按期率。"""
    from tasks.mechanisms.leads.changes.calling_off import CallOffRequest, call_off

    why = CallOff.parse(because, "终止原因")
    request = CallOffRequest(why, grounds, person, reference, into)
    with workplace() as place:
        now = place.clock()
        done = call_off(place, number, request, now)
        note = _went_on(place, done.number, now)
    told = [f"{done.number} 已终止办理：{done.outcome.label}。"]
    if done.into:
        told.append(f"其来文和印证材料已并入 {done.into}，办结时一并答复。")
    if done.report:
        told.append(f"已拟发报告 {done.report}。")
    data = {
        "number": done.number, "outcome": done.outcome.value, "into": done.into, "report": done.report,
        "note": note,
    }  # fmt: skip
    emit(data, "\n".join([*told, *([note] if note else [])]), as_json=as_json)


def _went_on(place: Workplace, number: str, since: datetime) -> str:
    """Let the runs of a lead and of what ended with it go on; returns what to tell where that has to wait."""
    from tasks.runs.starting import wake_ended, wake_matter

    fault = wake_ended(place, since)
    try:
        wake_matter(place, number, since)
    except StartError as error:
        fault = str(error)
    return f"已保存，不会丢失；系统启动或巡查时将自动继续。（{fault}）" if fault else ""
