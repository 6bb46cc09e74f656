"""Commands for what is put before somebody to decide: asking for an extension, listing what waits."""

from pathlib import Path

import click

from deployments.cli.conduct.answers import split_evidence, split_person
from deployments.cli.frame import Command, Group, emit, json_option, workplace
from deployments.cli.leads.lead_list import emit_matters
from deployments.mechanisms import MECHANISMS
from models.errors import StartError
from tasks.petitions.desk import PetitionDesk
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace


@click.command("extend", cls=Command)
@click.argument("lead")
@click.option("--by", required=True, metavar="单位/姓名", help="由哪个主管单位、谁提出，如 住建局/经办人姓名")
@click.option("--until", required=True, help="拟延至日期，如 2026-12-11")
@click.option("--grounds", required=True, help="不能按期完成整改的原因")
@click.option(
    "--evidence",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="文件…",
    help="书面申请文件，或已上传材料的编号如 E12；可给多个",
)
@json_option
def extend(
    *, lead: str, by: str, until: str, grounds: str, evidence: tuple[Path, ...], as_json: bool
) -> None:
    """在整改期限届满前提出延期申请，报审批单位决定。"""
    unit, person = split_person(by)
    files, references = split_evidence(evidence)
    request = ExtensionRequest(unit, person, until, grounds, files, references)
    with workplace() as place:
        asked = request_extension(place, lead, request, place.clock())
        note = _started(place, asked)
    said = f"延期申请已登记为 {asked}，待审批。"
    emit({"number": asked, "note": note}, "\n".join(filter(None, [said, note])), as_json=as_json)


@click.command("hand-back", cls=Command)
@click.argument("lead")
@click.option("--by", required=True, metavar="单位/姓名", help="由哪个承办单位、谁提出，如 住建局/经办人姓名")
@click.option("--grounds", required=True, help="为何不属于本单位职责，可写明应由哪个单位办理")
@click.option(
    "--evidence",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="文件…",
    help="依据材料，或已上传材料的编号如 E12；可给多个，可不给",
)
@json_option
def hand_back(*, lead: str, by: str, grounds: str, evidence: tuple[Path, ...], as_json: bool) -> None:
    """在反馈核查情况之前提出退办，由发展改革部门决定改派或维持。"""
    from tasks.petitions import hand_backs

    unit, person = split_person(by)
    files, references = split_evidence(evidence)
    with workplace() as place:
        request = hand_backs.HandBackRequest(unit, person, grounds, files, references)
        asked = hand_backs.hand_back(place, lead, request, place.clock())
        note = _started(place, asked)
    said = f"退办申请已登记为 {asked}，待发展改革部门决定。"
    emit({"number": asked, "note": note}, "\n".join(filter(None, [said, note])), as_json=as_json)


def _started(place: Workplace, asked: str) -> str:
    """Start the run that waits for the decision; returns what to tell where the server is not reached."""
    from tasks.runs.starting import start_runs

    try:
        start_runs(place, [asked])
    except StartError as error:
        return f"申请已保存，不会丢失；系统启动或巡查时将自动报请审批。（{error}）"
    return ""


@click.group(cls=Group)
def petitions() -> None:
    """查看待审批的延期申请、通报稿和退办申请。"""


@petitions.command("list")
@click.option("--all", "everything", is_flag=True, help="包括已办结的")
@json_option
def list_petitions(*, everything: bool, as_json: bool) -> None:
    """列出待审批的延期申请、通报稿和退办申请，按审批期限排列。"""
    kinds = [desk.kind.code for desk in MECHANISMS if isinstance(desk, PetitionDesk)]
    emit_matters(kinds, "没有待审批的事项。", everything=everything, as_json=as_json)
