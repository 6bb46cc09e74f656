"""The files of official documents: rendered once numbered, stored by digest, listed in the ledger."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from sqlmodel import col, select

from models.documents import document_from_json
from models.errors import InputError, RuleViolation
from models.tables import Document, Matter
from models.vocabulary import DocumentStatus
from tasks.blobs import blob_path, store_bytes
from tasks.documents import find_document
from tasks.ledger import append_entry
from tasks.matters import lock_matters
from tasks.workplace import Workplace

logger = logging.getLogger(__name__)

_RULE = "规则"
# How many leftovers one patrol renders: a patrol is not to run for hours.
_AT_ONCE = 500


@dataclass(frozen=True)
class DocumentFiles:
    """Where the two forms of a document lie, and what they are called when handed on."""

    name: str
    pdf: Path
    word: Path


def rendered(place: Workplace, number: str, now: datetime) -> DocumentFiles:
    """Return the files of a document, rendering them where they are not there.

    What was rendered first is what the ledger lists; a draft is not listed, since its text may not go out.

    Raises:
        NotFound: There is no such document.
        InputError: It cannot be rendered or stored.
    """
    with place.reading() as session:
        row = find_document(session, number)
    paths = [_stored(place, digest) for digest in (row.pdf_sha256, row.word_sha256)]
    pdf, word = paths if all(paths) else _render(place, row, now)
    if pdf is None or word is None:
        raise InputError(f"公文 {row.number} 的文件无法读取，请检查数据文件夹中的 documents。")
    return DocumentFiles(f"{row.number} {row.kind.label}", pdf, word)


def render_leftovers(place: Workplace, now: datetime, number: str | None = None) -> int:
    """Render issued documents that have no files yet, of all matters or of one; returns how many it was."""
    query = select(Document.number).where(
        col(Document.pdf_sha256).is_(None), col(Document.status) == DocumentStatus.ISSUED
    )
    if number is not None:
        query = query.join(Matter).where(Matter.number == number)
    with place.reading() as session:
        waiting = session.exec(query.order_by(col(Document.id)).limit(_AT_ONCE)).all()
    return sum(_tried(place, each, now) for each in waiting)


def _tried(place: Workplace, number: str, now: datetime) -> bool:
    """Render one document; what is wrong with it keeps nothing else from being done."""
    try:
        rendered(place, number, now)
    except InputError as error:
        logger.error("%s", error)  # noqa: TRY400 - told as a sentence, not as a traceback
        return False
    return True


@contextmanager
def attached(place: Workplace, number: str, now: datetime) -> Iterator[Sequence[Path]]:
    """Give the PDF of a document under the name people see; nothing where the number is blank.

    Raises:
        RuleViolation: The document was withdrawn: its message must not go out any more.
        InputError: It cannot be rendered or stored.
    """
    if not number:
        yield ()
        return
    with place.reading() as session:
        row = find_document(session, number)
    if row.status is DocumentStatus.WITHDRAWN:
        raise RuleViolation(f"公文 {number} 已撤回（{row.note}），所附消息不再发送。")
    files = rendered(place, number, now)
    with TemporaryDirectory(prefix="zero137-") as folder:
        named = Path(folder) / f"{files.name}.pdf"
        copyfile(files.pdf, named)
        yield (named,)


def _stored(place: Workplace, digest: str | None) -> Path | None:
    """Return where a stored file lies, None where it is not there."""
    path = blob_path(place.documents_folder, digest) if digest else None
    return path if path is not None and path.exists() else None


def _render(place: Workplace, row: Document, now: datetime) -> tuple[Path, Path]:
    """Render both forms, store them and note their digests."""
    # Typesetting is slow to import, and most commands never need it.
    from notifications.pdf import render_pdf
    from notifications.word import render_word

    document = document_from_json(row.content)
    try:
        place.documents_folder.mkdir(parents=True, exist_ok=True)
        pdf = store_bytes(place.documents_folder, render_pdf(document))
        word = store_bytes(place.documents_folder, render_word(document))
    except OSError as error:
        raise InputError(f"公文 {row.number} 的文件无法保存（磁盘已满或没有权限），请处理后重试。") from error
    if row.status is DocumentStatus.ISSUED and (row.pdf_sha256, row.word_sha256) != (pdf, word):
        _note(place, row, pdf, word, now)
    return blob_path(place.documents_folder, pdf), blob_path(place.documents_folder, word)


def _note(place: Workplace, row: Document, pdf: str, word: str, now: datetime) -> None:
    """Keep the digests with the document and in the ledger, unless another one was faster."""
    with place.writing() as session:
        # The matter before the document, as everywhere.
        lock_matters(session, row.matter_id)
        kept = session.get_one(Document, row.id)
        if kept.status is not DocumentStatus.ISSUED or kept.pdf_sha256 != row.pdf_sha256:
            return
        kept.pdf_sha256, kept.word_sha256 = pdf, word
        session.add(kept)
        again = "重新" if row.pdf_sha256 else ""
        append_entry(
            session, session.get_one(Matter, row.matter_id).number, now, "document_rendered", _RULE,
            f"{again}生成{row.kind.label} {row.number} 的文件",
            document=row.number, pdf_sha256=pdf, word_sha256=word,
        )  # fmt: skip
