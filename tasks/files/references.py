"""Which matters a stored file belongs to, and as what."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.archive.tables import ArchiveItem, ArchiveRecord
from models.documents.tables import Document
from models.matters.tables import Evidence, Matter
from models.petitions.tables import PetitionEvidence
from models.record.entry_kinds import EntryKind
from models.record.tables import LedgerEntry
from tasks.matters.reading import key_of, with_parts


@dataclass(frozen=True)
class FileReference:
    """One matter that a file belongs to.

    Attributes:
        matter_id: The matter.
        stream: Its number, which is also the stream of its ledger.
        printed_number: Its number as people print it.
        what: What the file is there, as 印证材料 E12 核查记录.pdf.
    """

    matter_id: int
    stream: str
    printed_number: str
    what: str


def references_of(session: Session, digests: Sequence[str]) -> Mapping[str, Sequence[FileReference]]:
    """Return for each file the matters it belongs to, each once, with a parent and without alike.

    Args:
        session: An open session.
        digests: The files; at most some thousand, as one statement takes.

    Returns:
        Every digest is a key; a file that nothing refers to has an empty sequence.
    """
    by_matter: dict[str, dict[int, FileReference]] = {digest: {} for digest in digests}
    if not digests:
        return {}
    for source in (_evidence, _petitions, _documents, _archive):
        for digest, reference in source(session, digests):
            by_matter[digest].setdefault(reference.matter_id, reference)
    for digest, references in by_matter.items():
        if not references:
            references |= {each.matter_id: each for each in _superseded(session, digest)}
    return {digest: list(references.values()) for digest, references in by_matter.items()}


def needed_files(session: Session, digests: Collection[str]) -> set[str]:
    """Return those of some digests that a file which was not disposed of refers to."""
    needed: set[str] = set()
    for column, query in digests_needed():
        needed.update(filter(None, session.exec(query.where(col(column).in_(digests)))))
    return needed


def digests_needed() -> Iterator[tuple[str | None, SelectOfScalar[Any]]]:
    """Give each column that holds digests, with the query for those in it that were not disposed of."""
    disposed: Any = select(col(ArchiveRecord.matter_id).label("id")).where(
        col(ArchiveRecord.disposed_at).is_not(None)
    )
    gone = with_parts(disposed)
    for owner, column in (
        (Evidence, Evidence.sha256),
        (Document, Document.pdf_sha256),
        (Document, Document.word_sha256),
    ):
        yield column, select(column).where(col(owner.matter_id).not_in(gone))


def _reference(matter: Matter, what: str) -> FileReference:
    """Return a reference from a matter."""
    return FileReference(key_of(matter), matter.number, matter.printed_number, what)


def _evidence(session: Session, digests: Sequence[str]) -> Iterator[tuple[str, FileReference]]:
    """Give the matters that files are evidence of."""
    query = select(Evidence, Matter).join(Matter).where(col(Evidence.sha256).in_(digests))
    for row, matter in session.exec(query.order_by(col(Evidence.id))):
        yield row.sha256, _reference(matter, f"印证材料 E{row.id} {row.name}")


def _petitions(session: Session, digests: Sequence[str]) -> Iterator[tuple[str, FileReference]]:
    """Give the petitions that rest on files of their parents."""
    query = (
        select(Evidence, Matter)
        .join(PetitionEvidence, col(PetitionEvidence.evidence_id) == Evidence.id)
        .join(Matter, col(Matter.id) == PetitionEvidence.matter_id)
        .where(col(Evidence.sha256).in_(digests))
    )
    for row, matter in session.exec(query.order_by(col(Evidence.id))):
        yield row.sha256, _reference(matter, f"印证材料 E{row.id} {row.name}")


def _documents(session: Session, digests: Sequence[str]) -> Iterator[tuple[str, FileReference]]:
    """Give the matters whose official documents were rendered to files."""
    for column, form in ((Document.pdf_sha256, "PDF"), (Document.word_sha256, "DOCX")):
        query = select(column, Document.number, Matter).join(Matter).where(col(column).in_(digests))
        for digest, number, matter in session.exec(query.order_by(col(Document.id))):
            if digest is not None:
                yield digest, _reference(matter, f"公文 {number}（{form}）")


def _archive(session: Session, digests: Sequence[str]) -> Iterator[tuple[str, FileReference]]:
    """Give the matters in whose archived file they are listed."""
    query = (
        select(ArchiveItem, Matter)
        .join(Matter, col(Matter.id) == ArchiveItem.matter_id)
        .where(col(ArchiveItem.sha256).in_(digests))
    )
    for row, matter in session.exec(query):
        yield row.sha256, _reference(matter, f"卷内文件 {row.sequence} {row.title}")


def _superseded(session: Session, digest: str) -> Iterator[FileReference]:
    """Give the matter of a document that was rendered anew since: only the ledger knows the old file."""
    query = (
        select(LedgerEntry.detail, Matter)
        .join(Matter, col(Matter.number) == LedgerEntry.stream)
        .where(LedgerEntry.kind == EntryKind.DOCUMENT_RENDERED)
        .where(cast(LedgerEntry.detail, String).contains(digest, autoescape=True))
    )
    for detail, matter in session.exec(query):
        yield _reference(matter, f"公文 {detail['document']} 先前生成的文件")
