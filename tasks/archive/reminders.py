"""What the archive owes from time to time: reviews by the bureau, new material from the authorities."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from models.archive.tables import ArchiveRecord
from models.matters.tables import Matter
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.office.vocabulary import Role
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.messages.posting import NewMessage, is_told, message_key, post
from tasks.record.ledger import append_entry
from tasks.turns import TELLING, take_turn
from tasks.workplace import Workplace, office_of, work_calendar

# The stream of what concerns the archive as a whole.
STREAM = "archive"
_SHOWN = 20


def tell_of_archive_duties(place: Workplace, now: datetime) -> int:
    """Write what is owed to the archive, each once a period and in business hours; returns how many messages.

    Once a month the bureau is told how many archives are due for review; once a period of the policy every
    authority is asked for new and updated case material, from the period after the first lead on.

    Args:
        place: The workplace.
        now: The moment (aware).

    Source: 通知§13(二), (五).
    """
    with place.writing() as session:
        # Two patrols at once would both find that nobody was told yet.
        take_turn(session, TELLING)
        if not place.policy.business_hours.is_open(now, work_calendar(session)):
            return 0
        office = office_of(session, place)
        return _tell_of_reviews(session, office, now) + _ask_for_material(session, office, now)


def _tell_of_reviews(session: Session, office: Office, now: datetime) -> int:
    """Tell the bureau once a month which archives are due for review."""
    duty, today = office.policy.archive.review, office.policy.day_of(now)
    key = message_key(STREAM, f"{today:%Y-%m}", MessageKind.ARCHIVE_REVIEW)
    if not duty.every_months or is_told(session, key):
        return 0
    due = (col(ArchiveRecord.review_on) <= today, col(ArchiveRecord.disposed_at).is_(None))
    count = session.exec(select(func.count()).select_from(ArchiveRecord).where(*due)).one()
    if not count:
        return 0
    query = select(ArchiveRecord, Matter).join(Matter).where(*due).order_by(col(ArchiveRecord.review_on))
    lines = [
        f"{record.number} {matter.title}（应于 {record.review_on} 审核）"
        for record, matter in session.exec(query.limit(_SHOWN))
    ]
    more = [f"另有{count - _SHOWN}件"] if count > _SHOWN else []
    values = {"count": count, "lines": [*lines, *more], "basis": duty.source}
    codes = [office.bureau().code]
    _tell(session, office, MessageKind.ARCHIVE_REVIEW, key, codes, values, now)
    summary = f"提醒审核档案：{count}件已到审核时间"
    append_entry(session, STREAM, now, EntryKind.ARCHIVE_REVIEW, RULE, summary, archives=count)
    return len(codes)


def _ask_for_material(session: Session, office: Office, now: datetime) -> int:
    """Ask every authority once a period for new and updated case material."""
    duty, today = office.policy.archive.collection, office.policy.day_of(now)
    period = duty.period_of(today)
    if period is None or not _at_work_before(session, office, period):
        return 0
    key = message_key(STREAM, period, MessageKind.CASE_COLLECTION)
    authorities = [unit.code for unit in office.all_with(Role.AUTHORITY)]
    if not authorities or is_told(session, key):
        return 0
    values = {"months": duty.every_months, "office": office.bureau().name, "basis": duty.source}
    _tell(session, office, MessageKind.CASE_COLLECTION, key, authorities, values, now)
    summary = f"提请{len(authorities)}个主管单位报送新收集、有更新的案例资料"
    append_entry(
        session, STREAM, now, EntryKind.CASE_COLLECTION, RULE, summary,
        units=authorities, period=period.isoformat(),
    )  # fmt: skip
    return len(authorities)


def _at_work_before(session: Session, office: Office, day: date) -> bool:
    """Tell whether the first lead came before a day: nobody is asked in the period the office starts in."""
    first = session.exec(select(func.min(Matter.created_at))).one()
    return first is not None and office.policy.day_of(first) < day


def _tell(
    session: Session, office: Office, kind: MessageKind, key: str, codes: Sequence[str],
    values: Mapping[str, object], now: datetime,
) -> None:  # fmt: skip
    """Write one message to each unit."""
    messages = [
        NewMessage(kind, code, message_key(key, code), {**values, "addressee": office.stored(code).name})
        for code in codes
    ]
    post(session, office, messages, now)
