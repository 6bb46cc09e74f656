"""Commands for the archive: list, show, classify, review, export, verify, dispose."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployments.cli.frame import Group, emit, json_option, shortened, table, workplace
from models.archive.file_index import FileIndex, kept_label
from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Barrier, Category, Importance, Retention
from models.errors import RuleViolation, TamperError
from models.matters.tables import Matter
from models.record.entry_kinds import EntryKind
from tasks.archive.archiving import find_archive
from tasks.archive.care import ArchiveFilter, list_archives, review
from tasks.archive.classes import Classes, classes_of
from tasks.archive.index import read_index
from tasks.audit.kept_seals import read_kept_seals
from tasks.mechanisms.leads.classing import Classing, classify
from tasks.record.ledger import entries_of

if TYPE_CHECKING:
    from tasks.archive.exports.verifying import VerifiedExport

# What the history of an archive tells of.
_CARE = frozenset(
    {
        EntryKind.ARCHIVED,
        EntryKind.CLASSIFIED,
        EntryKind.ARCHIVE_REVIEWED,
        EntryKind.ARCHIVE_EXPORTED,
        EntryKind.DISPOSED,
    }
)
_BARRIERS = "、".join(f"{barrier.value}{barrier.label}" for barrier in Barrier)
_IMPORTANCE = "、".join(importance.label for importance in Importance)


@click.group(cls=Group)
def archive() -> None:
    """查看、分类、审核、导出、核验、销毁档案。"""


@archive.command("list")
@click.option("--year", type=click.IntRange(1949, 9999), help="归档年度，如 2026")
@click.option("--category", default="", help=f"类别：{'、'.join(category.label for category in Category)}")
@click.option("--importance", default="", help=f"重要程度：{_IMPORTANCE}")
@click.option("--barrier", default="", help=f"壁垒类型，填编号或名称：{_BARRIERS}")
@click.option("--retention", default="", help=f"保管期限：{'、'.join(term.label for term in Retention)}")
@click.option("--due", is_flag=True, help="只看已到审核时间的")
@click.option("--text", default="", help="题名中含有的文字")
@json_option
def list_all(  # noqa: PLR0913 - one for each way to narrow the list
    *, year: int | None, category: str, importance: str, barrier: str, retention: str, due: bool, text: str,
    as_json: bool,
) -> None:  # fmt: skip
    """按年度、保管期限和件号列出档案；可按类别、重要程度、壁垒类型筛选。"""
    with workplace() as place:
        wanted = ArchiveFilter(
            year=year, text=text.strip(),
            category=Category.parse(category, "类别") if category else None,
            importance=Importance.parse(importance, "重要程度") if importance else None,
            barrier=Barrier.parse(barrier, "壁垒类型") if barrier.strip() else None,
            retention=Retention.parse(retention, "保管期限") if retention else None,
            due_on=place.policy.day_of(place.clock()) if due else None,
        )  # fmt: skip
        found = list_archives(place, wanted)
    heading = ("档号", "编号", "类别", "重要程度", "壁垒", "保管至", "下次审核", "题名")
    rows = [
        (record.number, matter.number, classes.category.label if classes.category else "",
         classes.importance.label, classes.barrier or "", _kept(record),
         "" if record.disposed_at else record.review_on, shortened(matter.title, 46))
        for record, matter, classes in found
    ]  # fmt: skip
    told = f"{table(heading, rows)}\n共{len(rows)}件。" if rows else "没有符合条件的档案。"
    emit([_data(*each) for each in found], told, as_json=as_json)


def _kept(record: ArchiveRecord) -> str:
    """Return until when an archive is kept, or that it is gone."""
    return "已销毁" if record.disposed_at else str(record.kept_until or "永久")


def _data(record: ArchiveRecord, matter: Matter, classes: Classes) -> dict[str, object]:
    """Return an archive as JSON values."""
    return {
        **record.model_dump(mode="json", exclude={"matter_id"}), "lead": matter.number,
        "printed_number": matter.printed_number, "title": matter.title, **classes._asdict(),
    }  # fmt: skip


@archive.command("show")
@click.argument("number")
@json_option
def show(*, number: str, as_json: bool) -> None:
    """查看一份档案：登记、卷内目录和审核、导出等经过；填档号或编号。"""
    with workplace() as place, place.reading() as session:
        matter, record = find_archive(session, number)
        classes = classes_of(session, place.mechanisms, record.matter_id)
        index = read_index(session, place, record)
        history = [
            (f"{place.policy.business_hours.local(entry.at):%Y-%m-%d %H:%M}", entry.actor, entry.summary)
            for entry in entries_of(session, matter.number)
            if entry.kind in _CARE
        ]
    data = {
        **_data(record, matter, classes),
        "items": [{**vars(line), "dated": line.dated.isoformat()} for line in index.lines],
        "history": [dict(zip(("at", "actor", "summary"), each, strict=True)) for each in history],
    }
    emit(data, "\n".join([*_told(index, record), *("  ".join(each) for each in history)]), as_json=as_json)


def _told(index: FileIndex, record: ArchiveRecord) -> list[str]:
    """Return an archive in words, up to its history."""
    rows = [
        (line.sequence, line.document_number, shortened(line.author, 26), shortened(line.title, 44),
         f"{line.dated:%Y%m%d}", "" if line.pages is None else line.pages, line.sha256[:16], line.note)
        for line in index.lines
    ]  # fmt: skip
    heading = ("序号", "文号", "责任者", "题名", "日期", "页数", "SHA-256", "备注")
    state = "已销毁，只保留登记和台账" if record.disposed_at else f"下次审核 {record.review_on}"
    return [
        *(f"{name}：{value}" for name, value in index.cover),
        f"状态：{state}",
        "",
        "卷内目录",
        table(heading, rows) if rows else "（无）",
        "",
        "经过",
    ]


@archive.command("classify")
@click.argument("lead")
@click.option("--importance", default="", help=f"重要程度：{_IMPORTANCE}")
@click.option("--barrier", default="", help=f"壁垒类型，填编号或名称：{_BARRIERS}")
@click.option("--person", required=True, help="经办人姓名")
@click.option("--reason", required=True, help="分类的理由")
@json_option
def classify_lead(
    *, lead: str, importance: str, barrier: str, person: str, reason: str, as_json: bool
) -> None:
    """对一条线索按重要程度、壁垒类型分类；归档后也可以，档号不变，保管期限只延不缩。"""
    if not importance and not barrier:
        raise RuleViolation("请用 --importance 或 --barrier 填写分类。")
    wanted = Classing(
        Importance.parse(importance, "重要程度") if importance else None,
        Barrier.parse(barrier, "壁垒类型") if barrier.strip() else None,
        person, reason,
    )  # fmt: skip
    with workplace() as place:
        record = classify(place, lead, wanted, place.clock())
    number = record.number if record else None
    kept = (
        f"档号 {record.number}，{kept_label(record.kept_until)}。"
        if record
        else "尚未归档，归档时按此确定保管期限。"
    )
    data = {"number": number, "kept_until": record and record.kept_until}
    emit(data, f"已分类。{kept}", as_json=as_json)


@archive.command("review")
@click.argument("lead")
@click.option("--person", required=True, help="经办人姓名")
@click.option("--note", required=True, help="审核意见")
@json_option
def review_archive(*, lead: str, person: str, note: str, as_json: bool) -> None:
    """登记一次定期审核（通知§13(五)）；下次审核时间随之顺延。"""
    with workplace() as place:
        record = review(place, lead, person, note, place.clock())
    data = {"number": record.number, "review_on": record.review_on}
    emit(data, f"{record.number} 已审核，下次审核 {record.review_on}。", as_json=as_json)


@archive.command("export")
@click.argument("lead")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="存放的文件夹")
@click.option("--zip", "as_zip", is_flag=True, help="导出为一个压缩包，默认为文件夹")
@click.option("--person", required=True, help="经办人姓名")
@json_option
def export(*, lead: str, folder: Path, as_zip: bool, person: str, as_json: bool) -> None:
    """导出一份档案：卷内目录、全部公文和材料、办理情况、台账证明；不用数据库即可核验。"""
    # Imported here and below: what typesets and packs is slow to import.
    from tasks.archive.exports.exporting import export_archive

    with workplace() as place:
        done = export_archive(place, lead, folder, person, place.clock(), as_zip=as_zip)
    lines = [
        f"已导出为 {done.path}（{done.files}个文件），已自行核验。",
        *done.faults,
        f"核验：zero137 archive verify {shlex.quote(str(done.path))}",
    ]
    data = {"path": str(done.path), "number": done.number, "files": done.files, "faults": done.faults}
    emit(data, "\n".join(lines), as_json=as_json)


@archive.command("verify")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--seals", type=click.Path(path_type=Path), help="另行保存的封存摘要文件，用来比对")
@json_option
def verify(*, path: Path, seals: Path | None, as_json: bool) -> None:
    """核验导出的文件夹或压缩包，不需要数据库；有改动时指出第一处。"""
    from tasks.archive.exports.verifying import verify_export

    found = verify_export(path)
    if seals is not None and found.seal_hash not in {seal["hash"] for seal in read_kept_seals(seals)}:
        place = f"封存第{found.seal_number}号"
        raise TamperError(f"导出件依据的{place}不在另行保存的封存摘要中，或与其不符。", place)
    data = {**vars(found), "compared": seals is not None}
    emit(data, _proven(found, compared=seals is not None), as_json=as_json)


def _proven(found: "VerifiedExport", *, compared: bool) -> str:
    """Return what a verified copy was proven to be, and what is still to be compared."""
    left_out = f"，其中第{'、'.join(map(str, found.missing))}件导出时已缺失" if found.missing else ""
    seal = f"封存第{found.seal_number}号"
    rest = (
        "已与另行保存的封存摘要比对一致：本档案自该次封存起未被改动。"
        if compared
        else f"请与另行保存的{seal}摘要比对：{found.seal_hash}\n"
        "两者一致的，说明本档案自该次封存起未被改动；未比对的，只说明本档案前后一致。"
    )
    return (
        f"档案 {found.number}（{found.lead}）核验通过：{found.files}个文件与清单逐一相符，"
        f"卷内{found.items}件与归档时的登记一致{left_out}。\n"
        f"{found.exported_at} 由{found.exported_by}导出；台账{found.entries}条记录前后相接，由{seal}证明。\n"
        f"{rest}"
    )


@archive.command("dispose")
@click.argument("lead")
@click.option("--person", required=True, help="经办人姓名")
@click.option("--reason", required=True, help="销毁理由，如鉴定意见")
@click.option("--yes", is_flag=True, help="确认销毁，不再询问")
@json_option
def dispose_archive(*, lead: str, person: str, reason: str, yes: bool, as_json: bool) -> None:
    """销毁保管期满的档案：文件和文字不可恢复，登记、档号、题名和台账保留。"""
    from tasks.archive.disposal import dispose, may_be_disposed

    with workplace() as place:
        record = may_be_disposed(place, lead, place.clock())
        if not yes:
            _confirm(record, as_json=as_json)
        done = dispose(place, lead, person, reason, place.clock())
    shared = f"；另有{len(done.needed)}个文件为其他档案所共用，予以保留" if done.needed else ""
    told = f"{done.number} 已销毁，共{len(done.destroyed)}个文件{shared}；登记和台账保留。"
    emit({"number": done.number, "destroyed": done.destroyed, "needed": done.needed}, told, as_json=as_json)


def _confirm(record: ArchiveRecord, *, as_json: bool) -> None:
    """Let a person type the number of what is to be destroyed.

    Raises:
        RuleViolation: Something else was typed, or nobody can be asked.
    """
    if as_json:
        raise RuleViolation("销毁须经确认，请加 --yes。")
    typed = click.prompt(f"销毁后不可恢复。确认销毁请输入档号 {record.number}", prompt_suffix="：", err=True)
    if typed.strip() != record.number:
        raise RuleViolation("输入的档号不一致，未销毁。")
