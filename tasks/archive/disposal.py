"""Disposal (销毁): only after its term, by a person's decision, leaving the tombstone in the ledger.

What is destroyed: the files, and the words of facts, answers, requests, documents and messages. What stays:
the registration, numbers, titles, digests and the ledger. Source: ADR-0015; 机关档案管理规定.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from models.archive.rules import check_reason, refuse_disposed
from models.archive.tables import ArchiveItem, ArchiveRecord
from models.documents.tables import Document
from models.errors import RuleViolation, StoreError, TamperError
from models.files.tables import StoredFile
from models.informants.tables import Informant
from models.ladder.tables import Escalation
from models.matters.duties import Reading
from models.matters.tables import Answer, Assignment, Evidence, Matter
from models.messages.tables import Message
from models.record.entry_kinds import EntryKind
from models.record.tables import LedgerEntry
from models.texts import check_person
from tasks.archive.archiving import find_archive
from tasks.audit.comparison import check_facts
from tasks.audit.verification import verify_stream
from tasks.desks import Mechanisms
from tasks.files.references import needed_files
from tasks.files.stored_files import copies, note_file
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import family_of, key_of
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of

logger = logging.getLogger(__name__)

# What stands where words were destroyed.
DESTROYED = "（保管期满，已销毁）"
# How long after a disposal its files are looked for: every patrol asks the store for each of them.
_LOOKED_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Disposal:
    """What was destroyed, and what stays because another file needs it, by digest in alphabetical order."""

    number: str
    destroyed: tuple[str, ...]
    needed: tuple[str, ...]


def may_be_disposed(place: Workplace, number: str, now: datetime) -> ArchiveRecord:
    """Return an archive that may be disposed of today.

    Raises:
        NotFound: There is no such archive.
        RuleViolation: It is kept for ever, its term is not over, or it was disposed of.
        TamperError: The ledger, or what stands beside it, was changed.
    """
    with place.reading() as session:
        matter, record = find_archive(session, number)
    _check(place, record, now)
    # What the row says of the term is believed only where the ledger says the same.
    verify_stream(place, matter.number)
    check_facts(place, matter.number)
    return record


def dispose(place: Workplace, number: str, person: str, reason: str, now: datetime) -> Disposal:
    """Destroy an archive because a person decided so, once its term is over.

    The words go and the tombstone comes in one transaction; the files go after it. Killed in between, the
    next disposal or patrol removes them.

    Args:
        place: The workplace.
        number: The 档号, or the number of the matter.
        person: Who decided it (经办人).
        reason: Why, as the report of the appraisal (鉴定) says.
        now: The moment (aware).

    Raises:
        NotFound: There is no such archive.
        RuleViolation: It may not be disposed of, or nobody or no reason is named.
        TamperError: The ledger, or what stands beside it, was changed.
        StoreError: The store does not answer; what was decided stands, and the patrol removes the files.
    """
    person, reason = check_person(person), check_reason(reason, "销毁理由")
    may_be_disposed(place, number, now)
    with screened(place) as session:
        matter, record = find_archive(session, number, for_change=True)
        _check(place, record, now)
        bureau = office_of(session, place).bureau()
        actor = f"{bureau.short_name} {person}"
        refuse_naming(session, place, matter, Author(bureau.code, actor, now), reason)
        record.disposed_at = now
        session.add(record)
        session.flush()
        family = family_of(session, matter)
        digests = _digests(session, [key_of(each) for each in family])
        needed = needed_files(session, digests)
        destroyed = sorted(digests - needed)
        _destroy_words(session, place.mechanisms, family)
        session.connection().execute(delete(StoredFile).where(col(StoredFile.sha256).in_(destroyed)))
        append_entry(
            session, matter.number, now, EntryKind.DISPOSED, actor,
            f"销毁档案 {record.number}（{matter.title}），共{len(destroyed)}个文件：{reason}",
            number=record.number, title=matter.title, reason=reason,
            kept_until=record.kept_until.isoformat() if record.kept_until else None,
            destroyed=destroyed, needed=sorted(needed),
        )  # fmt: skip
    try:
        remove_disposed(place)
    except StoreError as error:
        raise StoreError(
            f"档案 {record.number} 的销毁已登记，但存储连接不上，文件尚未删除，恢复后由巡查自动删除。"
        ) from error
    return Disposal(record.number, tuple(destroyed), tuple(sorted(needed)))


def _check(place: Workplace, record: ArchiveRecord, now: datetime) -> None:
    """Refuse to destroy what is still to be kept."""
    refuse_disposed(record)
    if record.kept_until is None:
        raise RuleViolation(f"档案 {record.number} 永久保存，不得销毁。")
    if place.policy.day_of(now) <= record.kept_until:
        raise RuleViolation(f"档案 {record.number} 应保管至 {record.kept_until}，期满后方可销毁。")


def _digests(session: Session, family: Sequence[int]) -> set[str]:
    """Return the digests of every file of a matter and its parts."""
    documents = session.exec(select(Document).where(col(Document.matter_id).in_(family))).all()
    evidence = session.exec(select(Evidence.sha256).where(col(Evidence.matter_id).in_(family)))
    items = session.exec(select(ArchiveItem.sha256).where(col(ArchiveItem.matter_id).in_(family)))
    rendered = {digest for each in documents for digest in (each.pdf_sha256, each.word_sha256)}
    return {digest for digest in {*evidence, *items, *rendered} if digest}


def _destroy_words(session: Session, mechanisms: Mechanisms, matters: Sequence[Matter]) -> None:
    """Destroy what was written about a matter and its parts, and who reported it."""
    for desk, of_kind in mechanisms.sorted(matters):
        desk.destroy(session, list(of_kind), DESTROYED)
    family = [key_of(matter) for matter in matters]
    # What people wrote into the fields of an answer; the others hold units, dates and decisions.
    words = {
        field.key
        for duty in mechanisms.kinds.duties
        for field in duty.fields
        if field.reading is Reading.TEXT
    }
    run = session.connection().execute
    assigned = select(Assignment.id).where(col(Assignment.matter_id).in_(family))
    run(delete(Informant).where(col(Informant.matter_id).in_(family)))
    run(update(Escalation).where(col(Escalation.assignment_id).in_(assigned)).values(reason=""))
    run(update(Message).where(col(Message.matter_id).in_(family)).values(body=DESTROYED))
    for answer in session.exec(select(Answer).where(col(Answer.assignment_id).in_(assigned))).all():
        answer.explanation = answer.explanation and DESTROYED
        answer.fields = {k: DESTROYED if k in words else v for k, v in answer.fields.items()}
        session.add(answer)
    for document in session.exec(select(Document).where(col(Document.matter_id).in_(family))).all():
        document.content = {**document.content, "body": [], "attachments": []}
        session.add(document)


def remove_disposed(place: Workplace) -> int:
    """Remove the files of disposed archives that nothing else refers to; returns how many were there.

    Only the tombstone in the ledger counts: a row that merely says so destroys nothing. A file is removed
    while its row is taken: who stores the same file at that moment waits, and stores it
    anew. What was stored since the disposal has a row again, and stays. What comes back later than a month
    after it, as from an old copy of the store, is surplus.
    """
    with place.reading() as session:
        disposed = (
            select(ArchiveRecord.matter_id)
            .join(Matter, col(Matter.id) == ArchiveRecord.matter_id)
            .join(LedgerEntry, col(LedgerEntry.stream) == Matter.number)
            .where(
                col(ArchiveRecord.disposed_at) > place.clock() - _LOOKED_FOR,
                LedgerEntry.kind == EntryKind.DISPOSED,
            )
        )
        keys = session.exec(disposed).all()
        parts = session.exec(select(Matter.id).where(col(Matter.root_id).in_(keys))).all()
        digests = _digests(session, [*keys, *filter(None, parts)])
    there = {digest: names for digest in sorted(digests) if (names := _stored(place, digest))}
    return sum(_removed(place, digest, names) for digest, names in there.items())


def _removed(place: Workplace, digest: str, names: Sequence[str]) -> int:
    """Remove one file wherever it lies, unless something refers to it; returns how many were removed."""
    with place.writing() as session:
        if not note_file(session, digest, 0, place.clock()):
            return 0
        gone = [] if needed_files(session, [digest]) else names
        for name in gone:
            place.store.remove(name)
        session.connection().execute(delete(StoredFile).where(col(StoredFile.sha256) == digest))
        return len(gone)


def _stored(place: Workplace, digest: str) -> list[str]:
    """Return under which names a file still lies, by its digest."""
    try:
        return copies(place, digest)
    except TamperError as error:
        logger.error("%s", error)  # noqa: TRY400 - told as a sentence, not as a traceback
        return []
