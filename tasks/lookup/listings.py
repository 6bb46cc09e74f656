"""Lists of what is stored: messages, documents, evidence, rungs, and how many there are."""

from collections import Counter
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from models.archive.tables import ArchiveRecord
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind
from models.errors import NotFound
from models.files.tables import StoredFile
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Rung
from models.matters.tables import Assignment, Evidence, Matter
from models.messages.tables import Message
from models.messages.vocabulary import WAITING, Delivery
from tasks.evidence.pieces import evidence_of
from tasks.matters.reading import OWED, STANDING, find_matter, key_of
from tasks.workplace import Workplace


def list_messages(place: Workplace, number: str = "", status: Delivery | None = None) -> list[Message]:
    """Return the messages of all matters or of one, in the order they were written.

    Raises:
        NotFound: There is no such matter.
    """
    query = select(Message).order_by(col(Message.id))
    if status is not None:
        query = query.where(col(Message.status) == status)
    with place.reading() as session:
        if number:
            query = query.where(Message.matter_id == find_matter(session, number).id)
        return list(session.exec(query))


def find_message(place: Workplace, message_id: int) -> Message:
    """Return a message.

    Raises:
        NotFound: There is no such message.
    """
    with place.reading() as session:
        message = session.get(Message, message_id)
    if message is None:
        raise NotFound(f"没有编号为 {message_id} 的消息，可用 zero137 messages list 查看。")
    return message


def list_documents(place: Workplace, number: str = "", kind: DocumentKind | None = None) -> list[Document]:
    """Return the documents of all matters or of one, in the order they were numbered.

    Raises:
        NotFound: There is no such matter.
    """
    query = select(Document).order_by(col(Document.id))
    if kind is not None:
        query = query.where(col(Document.kind) == kind)
    with place.reading() as session:
        if number:
            query = query.where(Document.matter_id == find_matter(session, number).id)
        return list(session.exec(query))


class ListedEvidence(NamedTuple):
    """The files of a matter, each with its row of the store (None where it has none).

    ``is_disposed`` tells whether the archive they belong to was destroyed.
    """

    files: list[tuple[Evidence, StoredFile | None]]
    is_disposed: bool


def list_evidence(place: Workplace, number: str) -> ListedEvidence:
    """Return the files of a matter in the order they came.

    Raises:
        NotFound: There is no such matter.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
        record = session.get(ArchiveRecord, matter.root_id or key_of(matter))
        rows = evidence_of(session, matter)
        query = select(StoredFile).where(col(StoredFile.sha256).in_([row.sha256 for row in rows]))
        stored = {row.sha256: row for row in session.exec(query)}
    is_disposed = record is not None and record.disposed_at is not None
    return ListedEvidence([(row, stored.get(row.sha256)) for row in rows], is_disposed)


def count_rungs(place: Workplace) -> Counter[tuple[Rung, Raising]]:
    """Return how often each rung was raised, skipped or waits."""
    with place.reading() as session:
        return Counter((each.rung, each.raising) for each in session.exec(select(Escalation)))


def count_matters(place: Workplace) -> dict[str, int]:
    """Return how many matters stand by themselves, open and overdue, and messages unsent and given up."""
    overdue = (
        select(func.count(func.distinct(func.coalesce(Matter.root_id, Matter.id))))
        .select_from(Assignment)
        .join(Matter)
        .where(OWED, col(Assignment.answered_at).is_(None), col(Assignment.due_at) < place.clock())
    )
    with place.reading() as session:
        return {
            "leads": _count(session, Matter, STANDING),
            "open": _count(session, Matter, STANDING, col(Matter.outcome).is_(None)),
            "overdue": session.exec(overdue).one(),
            "unsent": _count(session, Message, col(Message.status).in_(WAITING)),
            "given_up": _count(session, Message, col(Message.status) == Delivery.GIVEN_UP),
        }


def _count(session: Session, table: type[Matter] | type[Message], *conditions: object) -> int:
    """Return how many rows of a table meet some conditions."""
    return session.exec(select(func.count()).select_from(table).where(*conditions)).one()  # type: ignore[arg-type]
