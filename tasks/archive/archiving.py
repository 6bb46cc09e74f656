"""Archiving (归档): a closed matter gets its number, file index and term, once. Source: 通知§13(四)."""

import logging
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from models.archive.file_index import IndexLine, kept_label
from models.archive.rules import kept_until
from models.archive.tables import ArchiveItem, ArchiveRecord
from models.documents.vocabulary import DocumentStatus
from models.errors import ConflictError, NotFound, RuleViolation, StoreError, Zero137Error
from models.matters.tables import Matter
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.archive.classes import archived_kinds
from tasks.archive.index import documents_of_family, examine_family, index_lines
from tasks.documents.rendered import rendered
from tasks.matters.reading import find_matter, key_of, read_file
from tasks.record.ledger import append_entry
from tasks.turns import next_number, take_turn
from tasks.workplace import Workplace, office_of

logger = logging.getLogger(__name__)

# How many leftovers one patrol archives: a patrol is not to run for hours.
_AT_ONCE = 200
# The sign between 门类 and 年度 is written in many ways.
_DOTS = str.maketrans(dict.fromkeys("・•‧∙.．", "·"))


def archive_matter(place: Workplace, number: str, now: datetime) -> ArchiveRecord:
    """Archive a closed matter, unless it is archived.

    Its documents are rendered and all files looked at first; number, file index and ledger entry are one
    transaction. A file that is missing or was changed gets a note: it keeps nothing out of the archive.

    Args:
        place: The workplace.
        number: The matter.
        now: The moment (aware).

    Returns:
        Its record, whoever archived it.

    Raises:
        NotFound: There is no such matter.
        RuleViolation: The archive keeps no volume of its kind, or it is not closed.
        InputError: A document of it cannot be rendered now.

    Source: 通知§13(三), (四).
    """
    with place.reading() as session:
        matter = find_matter(session, number)
        if (record := _archived(session, place, matter)) is not None:
            return record
        documents = documents_of_family(session, matter)
    for document in documents:
        if document.status is DocumentStatus.ISSUED:
            rendered(place, document.number, now)
    examined = examine_family(place, matter)
    with place.writing() as session:
        matter = find_matter(session, number, for_change=True)
        if (record := _archived(session, place, matter)) is not None:
            return record
        lines = index_lines(session, place, matter, examined)
        if any(line.sha256 not in examined for line in lines):
            raise ConflictError(f"{matter.number} 在归档时又有新的公文，将由下次巡查归档。")
        return _archive(session, place, matter, lines, now)


def _archived(session: Session, place: Workplace, matter: Matter) -> ArchiveRecord | None:
    """Return the record of a matter, None where it is still to be archived."""
    if matter.kind not in archived_kinds(place.mechanisms):
        if matter.parent_id is not None:
            raise RuleViolation(f"{matter.number} 随所属事项归档，请填写该事项的编号。")
        raise RuleViolation(f"{matter.kind.label}不单独立卷。")
    if matter.outcome is None:
        raise RuleViolation(f"{matter.number} 尚未办结，办结后自动归档。")
    return session.get(ArchiveRecord, key_of(matter))


def _archive(
    session: Session, place: Workplace, matter: Matter, lines: Sequence[IndexLine], now: datetime
) -> ArchiveRecord:
    """Write the record of a matter, its file index and the entry that binds both."""
    rules, day_of = place.policy.archive, place.policy.day_of
    file = read_file(session, matter, place.mechanisms)
    retention = file.desk.retention(file, office_of(session, place))
    year = day_of(matter.closed_at or now).year
    series = f"档案/{year}/{retention.value}"
    take_turn(session, series)
    sequence = next_number(session, series)
    record = ArchiveRecord(
        matter_id=key_of(matter), number=rules.numbering.number_of(year, retention, sequence), year=year,
        retention=retention, sequence=sequence, archived_at=now, kept_until=kept_until(year, retention),
        review_on=rules.next_review(day_of(now)),
    )  # fmt: skip
    session.add(record)
    session.flush()
    session.add_all(ArchiveItem(matter_id=key_of(matter), **vars(line)) for line in lines)
    append_entry(
        session, matter.number, now, EntryKind.ARCHIVED, RULE,
        f"归档，档号 {record.number}，共{len(lines)}件，{kept_label(record.kept_until)}",
        number=record.number, retention=retention.value,
        kept_until=record.kept_until.isoformat() if record.kept_until else None,
        items=[{"sequence": line.sequence, "title": line.title, "sha256": line.sha256} for line in lines],
    )  # fmt: skip
    return record


def try_archive(place: Workplace, number: str, now: datetime) -> bool:
    """Archive a matter, and tell whether it is; what is wrong with it keeps nothing else from being done."""
    try:
        archive_matter(place, number, now)
    except Zero137Error as error:
        logger.error("%s 未能归档：%s", number, error)  # noqa: TRY400 - told as a sentence, not as a traceback
        return False
    except Exception:
        # Whatever it is: the matter is closed, its run has done its work, and the next patrol tries again.
        logger.exception("%s 未能归档", number)
        return False
    return True


def awaits_archiving(place: Workplace, number: str) -> bool:
    """Tell whether a matter is closed, belongs into the archive and is not there yet."""
    with place.reading() as session:
        matter = find_matter(session, number)
        if matter.kind not in archived_kinds(place.mechanisms) or matter.outcome is None:
            return False
        return session.get(ArchiveRecord, key_of(matter)) is None


def archive_leftovers(place: Workplace, now: datetime) -> int:
    """Archive closed matters that are not archived yet, the oldest first; returns how many it was.

    Raises:
        StoreError: The store cannot be used now.
    """
    query = (
        select(Matter.number)
        .outerjoin(ArchiveRecord, col(ArchiveRecord.matter_id) == Matter.id)
        .where(col(Matter.kind).in_(archived_kinds(place.mechanisms)), col(Matter.outcome).is_not(None))
        .where(col(ArchiveRecord.matter_id).is_(None))
        .order_by(col(Matter.id))
    )
    with place.reading() as session:
        waiting = session.exec(query.limit(_AT_ONCE)).all()
    if waiting and (fault := place.store.fault()):
        # Or every matter would wait for it in turn.
        raise StoreError(fault)
    return sum(try_archive(place, number, now) for number in waiting)


def matter_of(session: Session, text: str, *, for_change: bool = False) -> Matter:
    """Find a matter by what a person typed: a 档号 or its own number.

    Args:
        session: An open session.
        text: As 0137-WS·2026-D30-SCZR-0001 or L2026-0012; case and the sort of dot do not matter.
        for_change: Lock the matter until the transaction ends, where the database locks rows.

    Raises:
        NotFound: There is no such matter.
    """
    typed = unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode().strip()
    dotted = typed.translate(_DOTS)
    numbered = col(ArchiveRecord.number).in_((dotted, dotted.upper()))
    found = session.exec(select(Matter.number).join(ArchiveRecord).where(numbered)).first()
    return find_matter(session, found or typed, for_change=for_change)


def find_archive(session: Session, text: str, *, for_change: bool = False) -> tuple[Matter, ArchiveRecord]:
    """Find an archive by what a person typed; see ``matter_of``.

    Raises:
        NotFound: There is no such matter, or it is not archived.
    """
    matter = matter_of(session, text, for_change=for_change)
    record = session.get(ArchiveRecord, key_of(matter), with_for_update=for_change)
    if record is None:
        told = "尚未办结，办结后自动归档" if matter.outcome is None else "尚待归档，由下次巡查归档"
        raise NotFound(f"{matter.number} {told}。")
    return matter, record
