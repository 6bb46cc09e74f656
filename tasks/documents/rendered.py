"""The files of official documents: rendered once numbered, stored by digest, listed in the ledger."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlmodel import col, select

from models.documents.official import document_from_json
from models.documents.tables import Document
from models.documents.vocabulary import DocumentStatus
from models.errors import InputError, RuleViolation
from models.matters.tables import Matter
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.documents.issuing import find_document
from tasks.documents.unprintable import note_unprintable
from tasks.files.checks import check_files
from tasks.files.stored_files import keep_files
from tasks.matters.reading import lock_matters
from tasks.record.ledger import append_entry
from tasks.store.blobs import blob_name, copied
from tasks.store.protocol import DOCUMENTS, Staged, digest_in
from tasks.workplace import Workplace, office_of

logger = logging.getLogger(__name__)

# How many leftovers one patrol renders: a patrol is not to run for hours.
_AT_ONCE = 500


@dataclass(frozen=True)
class DocumentFiles:
    """What a document is called when handed on, and the names of its two forms in the store."""

    name: str
    pdf: str
    word: str


def rendered(place: Workplace, number: str, now: datetime) -> DocumentFiles:
    """Return the files of a document, rendering them where they are not there or not as they were.

    A fault of a file is reported before it is mended. What was rendered first is what the ledger lists; a
    draft is not listed, since its text may not go out.

    Raises:
        NotFound: There is no such document.
        InputError: It cannot be rendered or stored.
        StoreError: The store does not answer.
    """
    with place.reading() as session:
        row = find_document(session, number)
    names = [_intact(place, digest) for digest in (row.pdf_sha256, row.word_sha256)]
    pdf, word = names if all(names) else _render(place, row, now)
    return DocumentFiles(f"{row.number} {row.kind.label}", pdf, word)


def save_copy(place: Workplace, name: str, target: Path) -> None:
    """Write a file of a document that was rendered to a file of this machine.

    Raises:
        OSError: It cannot be read, or the file cannot be written.
        StoreError: The store does not answer.
    """
    with place.store.open(name) as source:
        copied(source, target)


def render_leftovers(place: Workplace, now: datetime, number: str | None = None) -> int:
    """Render issued documents that have no files yet, of all matters or of one; returns how many it was.

    Raises:
        StoreError: The store does not answer: then none of the others can be stored either.
    """
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
        StoreError: The store does not answer.
    """
    if not number:
        yield ()
        return
    with place.reading() as session:
        row = find_document(session, number)
    if row.status is DocumentStatus.WITHDRAWN:
        raise RuleViolation(f"公文 {number} 已撤回（{row.note}），所附消息不再发送。")
    files = rendered(place, number, now)
    with ExitStack() as kept:
        try:
            named = Path(kept.enter_context(TemporaryDirectory(prefix="zero137-"))) / f"{files.name}.pdf"
            save_copy(place, files.pdf, named)
        except OSError as error:
            raise InputError(f"公文 {number} 的文件无法读取，请检查存储和临时文件夹后重试。") from error
        yield (named,)


def _intact(place: Workplace, digest: str | None) -> str:
    """Return the name of a stored file; blank where it is not there as it was rendered."""
    if digest is None:
        return ""
    name = blob_name(DOCUMENTS, digest)
    try:
        return name if digest_in(place.store, name) == digest else ""
    except OSError:
        return ""


def _render(place: Workplace, row: Document, now: datetime) -> tuple[str, str]:
    """Render both forms, store them and note their digests."""
    # Typesetting is slow to import, and most commands never need it.
    from notifications.papers.pdf import render_pdf
    from notifications.papers.word import render_word

    # A letter that was sent may come out another way today: that the one sent is gone has to be known.
    check_files(place, list(filter(None, (row.pdf_sha256, row.word_sha256))), now)
    document = document_from_json(row.content)
    if not document.body:
        raise InputError(f"公文 {row.number} 所属的档案保管期满已销毁，不再生成文件。")
    pages, text = render_pdf(document), render_word(document)
    try:
        with place.store.staged(DOCUMENTS, [pages]) as pdf, place.store.staged(DOCUMENTS, [text]) as word:
            _keep(place, row, pdf, word, now)
            return pdf.name, word.name
    except OSError as error:
        raise InputError(f"公文 {row.number} 的文件无法保存（磁盘已满或没有权限），请处理后重试。") from error


def _keep(place: Workplace, row: Document, pdf: Staged, word: Staged, now: datetime) -> None:
    """Store the files and note them with the document and in the ledger, unless another one was faster."""
    with place.writing() as session:
        # The matter before the document, as everywhere.
        lock_matters(session, row.matter_id)
        kept = session.get_one(Document, row.id)
        if kept.status is not DocumentStatus.ISSUED or kept.pdf_sha256 != row.pdf_sha256:
            # Nothing refers to these files: the text of a draft may not go out.
            pdf.place()
            word.place()
            return
        keep_files(session, (pdf, word), now)
        if (kept.pdf_sha256, kept.word_sha256) == (pdf.sha256, word.sha256):
            return
        kept.pdf_sha256, kept.word_sha256 = pdf.sha256, word.sha256
        session.add(kept)
        matter = session.get_one(Matter, row.matter_id)
        # Told when it was numbered, unless that was done by another release or where other fonts are.
        note_unprintable(session, office_of(session, place), matter, document_from_json(kept.content), now)
        again = "重新" if row.pdf_sha256 else ""
        append_entry(
            session, matter.number, now, EntryKind.DOCUMENT_RENDERED, RULE,
            f"{again}生成{row.kind.label} {row.number} 的文件",
            document=row.number, pdf_sha256=pdf.sha256, word_sha256=word.sha256,
        )  # fmt: skip
