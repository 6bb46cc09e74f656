"""Commands for official documents: list, show, render, open, consult, withdraw."""

from datetime import date
from pathlib import Path, PurePath

import click

from deployments.cli.frame import Group, emit, json_option, shortened, table, workplace
from models.documents.official import OfficialDocument, document_from_json
from models.documents.vocabulary import DocumentKind
from models.errors import InputError, NotFound
from notifications.papers.glyphs import named_characters, undrawable
from tasks.conduct.withdrawing import withdraw_by_hand
from tasks.delivery.sending import deliver_messages
from tasks.documents.issuing import find_document
from tasks.documents.rendered import rendered, save_copy
from tasks.lookup.listings import list_documents
from tasks.mechanisms.leads.consulting import Consultation, consult
from tasks.store.blobs import digest_of_file


@click.group(cls=Group)
def document() -> None:
    """查看、生成、打开、撤回公文，发征询函。"""


@document.command("list")
@click.option("--lead", "number", default="", help="只看某件事项，如 L2026-0012")
@click.option("--kind", default="", help=f"只看某种公文：{'、'.join(kind.label for kind in DocumentKind)}")
@json_option
def show_documents(*, number: str, kind: str, as_json: bool) -> None:
    """列出公文，按编号先后；撤回的保留文号并写明原因。"""
    wanted = DocumentKind.parse(kind, "公文种类") if kind else None
    with workplace() as place:
        found = list_documents(place, number, wanted)
    lacking = [undrawable(document_from_json(d.content).texts) for d in found]
    rows = [
        (f"G{d.id}", d.number, d.kind.label, d.status.label, d.content["dated"],
         shortened(d.content["recipient"], 24), shortened(d.note or d.content["title"], 50), missing)
        for d, missing in zip(found, lacking, strict=True)
    ]  # fmt: skip
    heading = ("编号", "文号", "种类", "状态", "日期", "主送", "标题或撤回原因", "印作〓的字")
    data = [
        {**each.model_dump(mode="json"), "unprintable": missing}
        for each, missing in zip(found, lacking, strict=True)
    ]
    emit(data, table(heading, rows) if rows else "没有公文。", as_json=as_json)


@document.command("show")
@click.argument("number")
@json_option
def show(*, number: str, as_json: bool) -> None:
    """查看一件公文的全文；文号中的括号怎么写都认，也可写编号，如 G12。"""
    with workplace() as place, place.reading() as session:
        row = find_document(session, number)
    text = document_from_json(row.content)
    note = f"（{row.note}）" if row.note else ""
    printed = (
        _printed(text)
        if text.body
        else f"{text.number} {text.title}：所属的档案保管期满已销毁，正文不再保存。"
    )
    missing = undrawable(text.texts)
    lines = [f"{row.status.label}{note}", printed]
    if missing:
        lines.append(f"注意：{named_characters(missing)}没有可用字体，PDF 中印作〓，DOCX 中保留原字。")
    data = {**row.model_dump(mode="json"), "unprintable": missing}
    emit(data, "\n".join(lines), as_json=as_json)


def _printed(text: OfficialDocument) -> str:
    """Return a document as plain text."""
    lines = [
        f"{text.number}", f"{text.title}", "", f"{text.recipient}：",
        *(("" if block.level else "　　") + block.text for block in text.body),
        "", text.signature, text.printed_date,
    ]  # fmt: skip
    return "\n".join([*lines, *([f"抄送：{'，'.join(text.copies)}"] if text.copies else [])])


@document.command("render")
@click.argument("number")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), default=Path(), help="存放的文件夹，默认当前"
)
@json_option
def render(*, number: str, folder: Path, as_json: bool) -> None:
    """把一件公文存成 PDF 和 DOCX（可编辑）两个文件。"""
    saved = _save(number, folder)
    emit([str(path) for path in saved], "\n".join(f"已存为 {path}" for path in saved), as_json=as_json)


def _save(number: str, folder: Path) -> list[Path]:
    """Write both forms of a document into a folder, without overwriting anything."""
    saved = []
    with workplace() as place:
        files = rendered(place, number, place.clock())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, suffix in ((files.pdf, "pdf"), (files.word, "docx")):
                target = folder / f"{files.name}.{suffix}"
                # What is stored is called by its digest.
                if target.exists() and digest_of_file(target) != PurePath(name).name:
                    raise InputError(
                        f"文件 {target.name} 已存在且内容不同，为避免覆盖未写入，请换一个文件夹。"
                    )
                save_copy(place, name, target)
                saved.append(target)
        except OSError as error:
            raise InputError(f"无法写入文件夹 {folder}，请检查权限和磁盘空间。") from error
    return saved


@document.command("open")
@click.argument("number")
@click.option("--word", is_flag=True, help="打开可编辑的 DOCX，默认打开 PDF")
@json_option
def open_document(*, number: str, word: bool, as_json: bool) -> None:
    """用本机程序打开一件公文；文件存到临时文件夹，改动不影响留存的原件。"""
    from tempfile import mkdtemp

    saved = _save(number, Path(mkdtemp(prefix="zero137-")))
    path = saved[1 if word else 0]
    if click.launch(str(path)) != 0:
        raise NotFound(f"本机没有能打开该文件的程序，文件已存为 {path}。")
    emit({"file": str(path)}, f"已打开 {path}", as_json=as_json)


@document.command("consult")
@click.argument("lead")
@click.option("--to", "units", required=True, multiple=True, help="征询的单位，可写多次")
@click.option("--question", required=True, help="征询事项")
@click.option("--reply-by", required=True, type=click.DateTime(["%Y-%m-%d"]), help="回复期限，如 2026-12-11")
@click.option("--person", required=True, help="经办人姓名")
@json_option
def send_consultation(
    *, lead: str, units: tuple[str, ...], question: str, reply_by: date, person: str, as_json: bool
) -> None:
    """就一条线索向有关单位发征询函（通知§1(三)）。"""
    with workplace() as place:
        day = date(reply_by.year, reply_by.month, reply_by.day)
        number = consult(place, lead, Consultation(units, question, day, person), place.clock())
        report = deliver_messages(place, document=number)
    emit(
        {"document": number},
        f"征询函 {number} 已印发，消息已交付渠道{report.handed_over}条。{report.reason}",
        as_json=as_json,
    )


@document.command("withdraw")
@click.argument("number")
@click.option("--reason", required=True, help="撤回原因，随文号保留")
@click.option("--person", required=True, help="经办人姓名")
@json_option
def withdraw_document(*, number: str, reason: str, person: str, as_json: bool) -> None:
    """撤回一件公文：文号保留、不再使用，原因记入台账；已经送出的请另行告知对方。"""
    with workplace() as place:
        taken = withdraw_by_hand(place, number, reason, person, place.clock())
    text = "\n".join(filter(None, [f"{taken.number} 已撤回，文号保留。", taken.effect]))
    emit({"document": taken.number, "note": taken.note, "effect": taken.effect}, text, as_json=as_json)
