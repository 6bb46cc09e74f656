"""Putting a file index together from what is stored of a matter and of its parts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlmodel import Session, col, select

from models.archive.file_index import FileIndex, IndexLine
from models.archive.tables import ArchiveItem, ArchiveRecord
from models.documents.tables import Document
from models.documents.vocabulary import DocumentStatus
from models.files.file_names import kept_name, safe_name
from models.files.vocabulary import FileFault
from models.matters.tables import Answer, AnswerEvidence, Assignment, Evidence, Matter
from tasks.archive.classes import classes_of
from tasks.archive.page_count import Examined, examine
from tasks.desks import Mechanisms
from tasks.matters.reading import family_of, key_of
from tasks.store.blobs import blob_name
from tasks.store.protocol import DOCUMENTS, EVIDENCE
from tasks.workplace import Workplace, office_of

PDF = "application/pdf"
_FAULTS = {
    FileFault.MISSING: "归档时文件缺失",
    FileFault.CHANGED: "归档时文件内容与登记的摘要不符",
}


def documents_of_family(session: Session, matter: Matter) -> list[Document]:
    """Return the documents that went out about a matter, in order; what stayed a draft is none of them."""
    family = [key_of(each) for each in family_of(session, matter)]
    query = select(Document).where(
        col(Document.matter_id).in_(family),
        # What was withdrawn before it had a file never left the office.
        (col(Document.status) == DocumentStatus.ISSUED)
        | ((col(Document.status) == DocumentStatus.WITHDRAWN) & col(Document.pdf_sha256).is_not(None)),
    )
    return list(session.exec(query.order_by(col(Document.created_at), col(Document.id))))


def evidence_of_family(session: Session, matter: Matter) -> list[Evidence]:
    """Return what was handed in about a matter, in the order in which it came."""
    family = [key_of(each) for each in family_of(session, matter)]
    query = select(Evidence).where(col(Evidence.matter_id).in_(family))
    return list(session.exec(query.order_by(col(Evidence.id))))


def examine_family(place: Workplace, matter: Matter) -> dict[str, Examined]:
    """Look at every file of a matter, whatever it holds; returns what was found by digest."""
    with place.reading() as session:
        documents = documents_of_family(session, matter)
        evidence = evidence_of_family(session, matter)
    found: dict[str, Examined] = {}
    for digest in filter(None, (document.pdf_sha256 for document in documents)):
        found[digest] = examine(place.store, blob_name(DOCUMENTS, digest), digest, PDF)
    for piece in evidence:
        name = blob_name(EVIDENCE, piece.sha256)
        found[piece.sha256] = examine(place.store, name, piece.sha256, piece.media_type)
    return found


def index_lines(
    session: Session, place: Workplace, matter: Matter, examined: Mapping[str, Examined]
) -> list[IndexLine]:
    """Return the lines of a matter's file index: documents, then what was handed in, each as it came."""
    lines = [
        *(_document_line(document) for document in documents_of_family(session, matter)),
        *_evidence_lines(session, place, matter),
    ]
    return [_numbered(line, number, examined) for number, line in enumerate(lines, start=1)]


def _document_line(document: Document) -> IndexLine:
    """Return the line of a document."""
    name = safe_name(f"{document.number} {document.kind.label}.pdf", PDF)
    withdrawn = document.status is DocumentStatus.WITHDRAWN
    return IndexLine(
        0, document.number, document.content["issuer"], document.content["title"],
        date.fromisoformat(document.content["dated"]), None, document.pdf_sha256 or "", name,
        f"已撤回：{document.note}" if withdrawn else "",
    )  # fmt: skip


def _evidence_lines(session: Session, place: Workplace, matter: Matter) -> Iterator[IndexLine]:
    """Give the lines of what was handed in, each with the unit it came from."""
    office, authors = office_of(session, place), _authors(session, place.mechanisms, matter)
    for piece in evidence_of_family(session, matter):
        unit = authors.get(key_of(piece))
        author = office.called(unit or office.bureau().code, piece.stored_at)
        yield IndexLine(
            0, "", author.name, kept_name(piece.name), office.policy.day_of(piece.stored_at), None,
            piece.sha256, safe_name(piece.name, piece.media_type),
        )  # fmt: skip


def _authors(session: Session, mechanisms: Mechanisms, matter: Matter) -> dict[int, str]:
    """Return the units that handed files in first, by the key of the file."""
    family = family_of(session, matter)
    authors: dict[int, str] = {}
    for desk, of_kind in mechanisms.sorted(family):
        authors.update(desk.senders(session, list(of_kind)))
    answered = (
        select(AnswerEvidence.evidence_id, Answer.unit_code)
        .join(Answer)
        .join(Assignment)
        .where(col(Assignment.matter_id).in_([key_of(each) for each in family]))
        .order_by(col(Answer.id).desc())
    )
    return {**authors, **dict(session.exec(answered).all())}


def _numbered(line: IndexLine, sequence: int, examined: Mapping[str, Examined]) -> IndexLine:
    """Return a line with its number, its pages and what is wrong with its file."""
    found = examined.get(line.sha256, Examined())
    fault = _FAULTS[found.fault] if found.fault else ""
    note = "；".join(filter(None, (line.note, fault)))
    return replace(line, sequence=sequence, pages=found.pages, note=note)


def stored_lines(session: Session, record: ArchiveRecord) -> tuple[IndexLine, ...]:
    """Return the lines of a file index as they were archived."""
    query = select(ArchiveItem).where(ArchiveItem.matter_id == record.matter_id)
    rows: Sequence[ArchiveItem] = session.exec(query.order_by(col(ArchiveItem.sequence))).all()
    return tuple(IndexLine(**row.model_dump(exclude={"matter_id"})) for row in rows)


def read_index(session: Session, place: Workplace, record: ArchiveRecord) -> FileIndex:
    """Return the file index of an archived matter."""
    matter, office = session.get_one(Matter, record.matter_id), office_of(session, place)
    # An index that is printed again says what it said when the matter was archived.
    bureau = office.called(office.bureau().code, record.archived_at)
    classes = classes_of(session, place.mechanisms, record.matter_id).labels
    day_of = place.policy.day_of
    return FileIndex(
        number=record.number, lead=f"{matter.printed_number}（{matter.number}）", title=matter.title,
        office=bureau.name, closed_on=day_of(matter.closed_at or record.archived_at),
        outcome=matter.outcome.label if matter.outcome else "", archived_on=day_of(record.archived_at),
        retention=record.retention, kept_until=record.kept_until, classes=classes,
        lines=stored_lines(session, record),
    )  # fmt: skip
