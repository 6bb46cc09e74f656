"""Commands for evidence: hand in, list, hand on, and check what is stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from deployments.cli.frame import Group, emit, json_option, shortened, table, workplace
from models.errors import RuleViolation, TamperError
from models.files.file_names import kind_label
from models.files.tables import StoredFile
from models.matters.tables import Evidence
from tasks.evidence.pieces import add_evidence
from tasks.files.checks import CheckReport, check_stored_files
from tasks.files.faults import FaultyFile, faulty_files, line_of
from tasks.files.leftovers import remove_surplus, surplus_files
from tasks.lookup.listings import list_evidence
from tasks.lookup.stories import file_size
from tasks.matters.reading import key_of
from tasks.workplace import Workplace


@click.group(cls=Group)
def evidence() -> None:
    """上传、查看、转存印证材料，核对存档文件。"""


@evidence.command("add")
@click.argument("number")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--person", default="操作员", help="经办人")
@json_option
def add(*, number: str, files: tuple[Path, ...], person: str, as_json: bool) -> None:
    """上传印证材料，得到可在表单中填写的编号。"""
    with workplace() as place:
        rows = add_evidence(place, number, files, person, place.clock())
    data = [{"key": f"E{key_of(r)}", "name": r.name, "size": r.size, "sha256": r.sha256} for r in rows]
    lines = [f"E{key_of(row)}  {row.name}（{file_size(row.size)}）" for row in rows]
    emit(data, "\n".join(["已上传，填写表单时使用以下编号：", *lines]), as_json=as_json)


@evidence.command("list")
@click.argument("number")
@json_option
def show_evidence(*, number: str, as_json: bool) -> None:
    """列出一件事项的印证材料和最近一次核对的结果。"""
    with workplace() as place:
        found = list_evidence(place, number)
        data = [_told(row, stored) for row, stored in found.files]
        rows = [
            (each["key"], shortened(row.name, 48), kind_label(row.media_type), file_size(row.size),
             _day(place, row.stored_at), _day(place, each["checked_at"]) or "未核对",
             _state(each, stored, is_disposed=found.is_disposed))
            for (row, stored), each in zip(found.files, data, strict=True)
        ]  # fmt: skip
    heading = ("编号", "名称", "类型", "大小", "收到", "核对", "状态")
    emit(data, table(heading, rows) if rows else "没有印证材料。", as_json=as_json)


def _state(told: Mapping[str, object], stored: StoredFile | None, *, is_disposed: bool) -> str:
    """Return how a file is, in words."""
    if is_disposed:
        return "已销毁"
    return str(told["fault_label"] or "正常") if stored is not None else "无存档记录"


@evidence.command("export")
@click.argument("number")
@click.argument("numbers", nargs=-1, required=True)
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), default=Path(), help="存放的文件夹，默认当前"
)
@json_option
def export(*, number: str, numbers: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """转存印证材料，NUMBERS 为编号如 E12，可给多个；转存时核对内容，不覆盖已有文件。"""
    from tasks.evidence.handing_on import hand_on

    with workplace() as place:
        saved = hand_on(place, number, numbers, folder, place.clock())
    emit([str(path) for path in saved], "\n".join(f"已存为 {path}" for path in saved), as_json=as_json)


@evidence.command("check")
@click.option("--all", "everything", is_flag=True, help="同时列出存档文件夹中没有记录引用的多余文件")
@click.option("--remove-surplus", "remove", is_flag=True, help="删除存放一天以上的多余文件，与 --all 同用")
@json_option
def check(*, everything: bool, remove: bool, as_json: bool) -> None:
    """逐个核对全部存档文件与登记时是否一致，列出异常文件及其所属的全部事项。"""
    if remove and not everything:
        raise RuleViolation("--remove-surplus 应与 --all 同用，以便列出删除后仍留下的多余文件。")
    with workplace() as place:
        now = place.clock()
        report = check_stored_files(place, now, seconds=None, everything=True)
        faulty = list(faulty_files(place))
        removed = remove_surplus(place, now) if remove else 0
        surplus = list(surplus_files(place)) if everything else []
    emit(
        {
            **_counts(report),
            "surplus": surplus,
            "surplus_removed": removed,
            "faults": list(map(_matters, faulty)),
        },
        "\n".join([*_lines(report, faulty), *_surplus_lines(surplus, removed)]),
        as_json=as_json,
    )
    if faulty or report.absent:
        raise TamperError("存档文件有异常，请保全现场、查明原因，并从备份恢复或请报送单位重新提交。")


def _told(row: Evidence, stored: StoredFile | None) -> dict[str, Any]:
    """Return a piece of evidence for programs."""
    fault = stored.fault if stored else None
    return {
        "key": f"E{key_of(row)}", "name": row.name, "media_type": row.media_type, "size": row.size,
        "sha256": row.sha256, "stored_at": row.stored_at, "checked_at": stored.checked_at if stored else None,
        "fault": fault, "fault_label": fault.label if fault else "",
    }  # fmt: skip


def _day(place: Workplace, moment: datetime | None) -> str:
    """Return a moment in the office's zone; blank where there is none."""
    return f"{place.policy.business_hours.local(moment):%Y-%m-%d %H:%M}" if moment else ""


def _counts(report: CheckReport) -> dict[str, Any]:
    """Return a report for programs."""
    return {
        "checked": report.checked, "new_faults": report.found, "restored": report.restored,
        "late": report.late, "unfinished_removed": report.unfinished, "absent": list(report.absent),
    }  # fmt: skip


def _matters(file: FaultyFile) -> dict[str, Any]:
    """Return a faulty file for programs."""
    return {
        "sha256": file.sha256, "size": file.size, "fault": file.fault, "checked_at": file.checked_at,
        "matters": [
            {"number": each.stream, "printed_number": each.printed_number, "what": each.what}
            for each in file.references
        ],
    }  # fmt: skip


def _lines(report: CheckReport, faulty: Sequence[FaultyFile]) -> list[str]:
    """Return a report for people."""
    unfinished = [f"已清除中断时留下的临时文件{report.unfinished}个。"] if report.unfinished else []
    return [
        f"{report.told}。",
        *(f"  {line_of(file.fault, file.sha256, file.references)}（摘要 {file.sha256}）" for file in faulty),
        *unfinished,
    ]


def _surplus_lines(surplus: Sequence[str], removed: int) -> list[str]:
    """Return what is said of surplus files."""
    lines = [f"已删除多余文件{removed}个。"] if removed else []
    if surplus:
        lines += [
            f"多余文件{len(surplus)}个（没有任何记录引用，不影响办理）：",
            *(f"  {path}" for path in surplus),
        ]
    return lines
