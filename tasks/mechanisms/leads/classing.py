"""Classing a lead for the archive, by importance and barrier. Source: 通知§13(三)."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.archive.file_index import kept_label
from models.archive.rules import check_reason, kept_until, refuse_disposed
from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Barrier, Importance
from models.codes import MatterKind
from models.errors import RuleViolation
from models.matters.tables import Matter
from models.record.entry_kinds import EntryKind
from models.texts import check_person
from tasks.archive.archiving import matter_of
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import key_of, read_file
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, bureau_person, office_of


@dataclass(frozen=True)
class Classing:
    """How a lead is to be classed; None leaves what it is."""

    importance: Importance | None
    barrier: Barrier | None
    person: str
    reason: str


def classify(place: Workplace, number: str, wanted: Classing, now: datetime) -> ArchiveRecord | None:
    """Class a lead by importance and barrier, before or after it is archived.

    The 档号 stays. A file that comes to matter more is kept longer; none is ever kept shorter than its number
    says.

    Returns:
        The record of the archive, None where the lead is not archived yet.

    Raises:
        NotFound: There is no such lead.
        RuleViolation: It is no lead, nothing changes, nobody or no reason is named, or it was disposed of.

    Source: 通知§13(三).
    """
    person, reason = check_person(wanted.person), check_reason(wanted.reason)
    with screened(place) as session:
        matter, record = _found(session, number)
        refuse_disposed(record)
        file = read_file(session, matter, place.mechanisms)
        lead = file.subject
        before = {"importance": lead.importance.value, "barrier": lead.barrier and lead.barrier.value}
        lead.importance, lead.barrier = wanted.importance or lead.importance, wanted.barrier or lead.barrier
        after = {"importance": lead.importance.value, "barrier": lead.barrier and lead.barrier.value}
        if after == before:
            raise RuleViolation("分类与现有的一致，没有需要改动的内容。")
        actor = bureau_person(session, place, person)
        author = Author(office_of(session, place).bureau().code, actor, now)
        refuse_naming(session, place, matter, author, reason)
        session.add(lead)
        told = lead.importance.label + (
            f"，壁垒类型{lead.barrier.value}{lead.barrier.label}" if lead.barrier else ""
        )
        if record is not None:
            # A term is only ever lengthened.
            if record.kept_until is not None:
                now_wanted = file.desk.retention(file, office_of(session, place))
                wanted_until = kept_until(record.year, record.retention, now_wanted)
                record.kept_until = wanted_until and max(wanted_until, record.kept_until)
            session.add(record)
            told += f"；{kept_label(record.kept_until)}"
        append_entry(
            session, matter.number, now, EntryKind.CLASSIFIED, actor,
            f"分类为{told}：{reason}", before=before, after=after,
            kept_until=record.kept_until.isoformat() if record and record.kept_until else None,
        )  # fmt: skip
        return record


def _found(session: Session, text: str) -> tuple[Matter, ArchiveRecord | None]:
    """Return a lead, locked, by its number or its 档号, and its record where it is archived."""
    matter = matter_of(session, text, for_change=True)
    if matter.kind is not MatterKind.LEAD:
        raise RuleViolation("只对问题线索分类，请填写线索编号。")
    return matter, session.get(ArchiveRecord, key_of(matter), with_for_update=True)
