"""Looking after the archive: listing its volumes, and their periodic review. Source: 通知§13(三), (五)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select

from models.archive.rules import check_reason, refuse_disposed
from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Barrier, Category, Importance, Retention
from models.matters.tables import Matter
from models.record.entry_kinds import EntryKind
from models.texts import check_person
from tasks.archive.archiving import find_archive
from tasks.archive.classes import Classes, all_classed
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, bureau_person, office_of


@dataclass(frozen=True)
class ArchiveFilter:
    """Which archives are wanted; None means any. ``due_on`` wants those whose review is due on that day."""

    year: int | None = None
    category: Category | None = None
    importance: Importance | None = None
    barrier: Barrier | None = None
    retention: Retention | None = None
    due_on: date | None = None
    text: str = ""


def review(place: Workplace, text: str, person: str, note: str, now: datetime) -> ArchiveRecord:
    """Note that a person reviewed an archive; the next review is due after the policy's months.

    Raises:
        NotFound: There is no such archive.
        RuleViolation: Nobody or nothing is noted, or it was disposed of.

    Source: 通知§13(五).
    """
    person, note = check_person(person), check_reason(note, "审核意见")
    with screened(place) as session:
        matter, record = find_archive(session, text, for_change=True)
        refuse_disposed(record)
        actor = bureau_person(session, place, person)
        author = Author(office_of(session, place).bureau().code, actor, now)
        refuse_naming(session, place, matter, author, note)
        record.review_on = place.policy.archive.next_review(place.policy.day_of(now))
        session.add(record)
        append_entry(
            session, matter.number, now, EntryKind.ARCHIVE_REVIEWED, actor,
            f"审核档案 {record.number}：{note}", number=record.number, note=note,
            review_on=record.review_on.isoformat(),
        )  # fmt: skip
        return record


def list_archives(place: Workplace, wanted: ArchiveFilter) -> list[tuple[ArchiveRecord, Matter, Classes]]:
    """Return archives with their matters in the order of their numbers' years; empty where there is none."""
    classed: Any = all_classed(place.mechanisms)
    query = (
        select(ArchiveRecord, Matter, classed)
        .join(Matter, col(Matter.id) == ArchiveRecord.matter_id)
        .join(classed, classed.c.matter_id == ArchiveRecord.matter_id)
    )
    for column, value in (
        (ArchiveRecord.year, wanted.year),
        (ArchiveRecord.retention, wanted.retention),
        (classed.c.category, wanted.category),
        (classed.c.importance, wanted.importance),
        (classed.c.barrier, wanted.barrier),
    ):
        if value is not None:
            query = query.where(col(column) == value)
    if wanted.due_on is not None:
        query = query.where(col(ArchiveRecord.review_on) <= wanted.due_on)
        query = query.where(col(ArchiveRecord.disposed_at).is_(None))
    if wanted.text:
        query = query.where(col(Matter.title).contains(wanted.text, autoescape=True))
    ordered = query.order_by(
        col(ArchiveRecord.year), col(ArchiveRecord.retention), col(ArchiveRecord.sequence)
    )
    with place.reading() as session:
        rows: Any = session.exec(ordered).all()
    return [(record, matter, Classes._make(classes)) for record, matter, _, *classes in rows]
