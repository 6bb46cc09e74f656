"""Faults of stored files: noted in the ledger of every matter they belong to, and told to the bureau."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.files.tables import StoredFile
from models.files.vocabulary import FileFault
from models.messages.kinds import MessageKind
from models.record.entries import RULE, Fact
from models.record.entry_kinds import EntryKind
from tasks.files.references import FileReference, references_of
from tasks.matters.reading import lock_matters
from tasks.messages.posting import NewMessage, message_key, post
from tasks.record.ledger import append_facts
from tasks.workplace import Workplace, office_of, work_calendar

# What is noted of a file that belongs to no matter.
_STREAM = "files"
# How many files one message names; the command line shows all of them.
_SHOWN = 50
_AT_ONCE = 500

Findings = Mapping[str, FileFault | None]


@dataclass(frozen=True)
class FaultyFile:
    """A stored file that is not as it was handed in, and every matter it belongs to."""

    sha256: str
    size: int
    fault: FileFault
    checked_at: datetime | None
    references: Sequence[FileReference]


def faulty_files(place: Workplace) -> Iterator[FaultyFile]:
    """Give the files whose last check found a fault, some at a time."""
    after = ""
    while True:
        query = select(StoredFile).where(col(StoredFile.fault).is_not(None), StoredFile.sha256 > after)
        with place.reading() as session:
            rows = session.exec(query.order_by(StoredFile.sha256).limit(_AT_ONCE)).all()
            references = references_of(session, [row.sha256 for row in rows])
        for row in rows:
            if row.fault is not None:
                yield FaultyFile(row.sha256, row.size, row.fault, row.checked_at, references[row.sha256])
        if not rows:
            return
        after = rows[-1].sha256


def record_findings(place: Workplace, findings: Findings, now: datetime) -> tuple[int, int]:
    """Note what a check found; only what changed is told, and once.

    Args:
        place: The workplace.
        findings: What was found of each file, by digest; None where it is as it was.
        now: The moment of the check (aware).

    Returns:
        How many faults are new, and how many are gone.
    """
    with place.writing() as session:
        before = {row.sha256: row.fault for row in _rows(session, findings)}
        news = [digest for digest, fault in before.items() if findings[digest] != fault]
        references = references_of(session, news)
        # The matters before the files, as whoever stores a file does; in one order, so that nobody blocks.
        lock_matters(session, *sorted({each.matter_id for refs in references.values() for each in refs}))
        facts: list[Fact] = []
        faults: dict[str, FileFault] = {}
        for row in _rows(session, findings, for_change=True):
            if row.fault != before[row.sha256]:
                # Another check was faster; this file is looked at again.
                continue
            fault = findings[row.sha256]
            if fault != row.fault:
                facts += _facts(row, fault, references[row.sha256], now)
                faults |= {row.sha256: fault} if fault else {}
            row.checked_at, row.fault = now, fault
            session.add(row)
        append_facts(session, facts)
        lines = [line_of(fault, digest, references[digest]) for digest, fault in faults.items()]
        # A fault that comes back after it was gone is told again: it has another moment.
        first = next((f"{digest}-{fault}" for digest, fault in faults.items()), "")
        tell_bureau(place, session, lines, f"{first}/{now:%Y%m%d%H%M%S%f}", now)
        restored = sum(1 for digest in news if findings[digest] is None)
    return len(faults), restored


def tell_bureau(place: Workplace, session: Session, lines: Sequence[str], key: str, now: datetime) -> None:
    """Write one message to the bureau about files, to be handed over in business hours.

    Args:
        place: The workplace.
        session: The transaction that noted the faults.
        lines: What is wrong, file by file; nothing is written where there are none.
        key: What tells this message from others; it is written once.
        now: The moment (aware).
    """
    if not lines:
        return
    office = office_of(session, place)
    bureau, kind = office.bureau(), MessageKind.FILE_FAULT
    more = len(lines) - _SHOWN
    shown = [*lines[:_SHOWN], *([f"另有{more}个，可用 zero137 evidence check 查看全部"] if more > 0 else [])]
    values = {"addressee": bureau.name, "unit": bureau.name, "count": len(lines), "lines": shown}
    opening = place.policy.business_hours.next_opening(now, work_calendar(session))
    message = NewMessage(kind, bureau.code, message_key(_STREAM, kind, key), values, not_before=opening)
    post(session, office, [message], now)


def line_of(fault: FileFault, sha256: str, references: Sequence[FileReference]) -> str:
    """Return a fault in one line: its kind, and as what the file belongs to which matter."""
    named = "；".join(f"{each.printed_number} {each.what}" for each in references)
    return f"{fault.label}：{named or f'不属于任何事项的文件 {sha256}'}"


def _rows(session: Session, findings: Findings, *, for_change: bool = False) -> Sequence[StoredFile]:
    """Return the rows of files in the order in which everybody takes them."""
    query = select(StoredFile).where(col(StoredFile.sha256).in_(list(findings))).order_by(StoredFile.sha256)
    if for_change:
        query = query.with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).all()


def _facts(
    row: StoredFile, fault: FileFault | None, references: Sequence[FileReference], now: datetime
) -> list[Fact]:
    """Return one entry for the ledger of every matter a file belongs to."""
    kind = EntryKind.FILE_FAULT if fault else EntryKind.FILE_RESTORED
    change = f"存档文件{fault.label}" if fault else "存档文件已复原，与登记时一致"
    detail = {"sha256": row.sha256, "size": row.size, "before": row.fault, "fault": fault}
    return [
        Fact(stream, now, kind, RULE, f"{what} 的{change}", detail)
        for stream, what in [(each.stream, each.what) for each in references] or [(_STREAM, row.sha256)]
    ]
