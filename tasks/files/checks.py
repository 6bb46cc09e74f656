"""Checking stored files against their digests: new ones first, then faulty ones, then all the others."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select

from models.documents.tables import Document
from models.errors import TamperError
from models.files.tables import StoredFile
from models.files.vocabulary import FileFault
from models.matters.tables import Evidence
from tasks.files.faults import record_findings, tell_bureau
from tasks.files.leftovers import remove_unfinished
from tasks.files.stored_files import copies, note_unlisted
from tasks.store.protocol import DOCUMENTS, EVIDENCE, digest_in
from tasks.workplace import Workplace

# How many files are recorded in one transaction: other writers wait for it.
_BATCH = 500
# What one patrol may take of the disk.
_SECONDS = 20.0
_BYTES = 2 << 30


@dataclass(frozen=True)
class CheckReport:
    """What a check of the stored files came to.

    Attributes:
        checked: How many files were compared.
        found: How many faults are new.
        restored: How many faults are gone.
        faulty: How many files are faulty now.
        late: How many files were not checked within the days the policy allows.
        recheck_days: Those days.
        unfinished: How many files of killed processes were removed.
        absent: The folders of the store that are not there; then nothing was compared.
    """

    checked: int = 0
    found: int = 0
    restored: int = 0
    faulty: int = 0
    late: int = 0
    recheck_days: int = 0
    unfinished: int = 0
    absent: Sequence[str] = ()

    @property
    def told(self) -> str:
        """The report in one phrase."""
        if self.absent:
            return f"存档文件夹 {'、'.join(self.absent)} 不存在或是空的，未能核对，请检查磁盘是否已挂载"
        late = f"，{self.late}个超过{self.recheck_days}天未核对" if self.late else ""
        faulty = f"，异常{self.faulty}个（zero137 evidence check 查看）" if self.faulty else ""
        restored = f"，复原{self.restored}个" if self.restored else ""
        return f"核对存档文件{self.checked}个{faulty}{restored}{late}"


def check_stored_files(
    place: Workplace, now: datetime, seconds: float | None = _SECONDS, *, everything: bool = False
) -> CheckReport:
    """Compare stored files with their digests, as far as time allows, and clear away what is unfinished.

    Files are due again after half the days the policy allows, so that the other half is left for a large
    store. What is found is recorded batch by batch: a check that is killed goes on where it was.

    Args:
        place: The workplace.
        now: The moment of the check (aware).
        seconds: How long it may take, and with it how much it reads; None for as long as it takes.
        everything: Compare every file, not only those that are due.

    Raises:
        StoreError: The store does not answer; what was not recorded before is checked the next time.
    """
    unfinished = remove_unfinished(place)
    if absent := _absent(place):
        _tell_of_absence(place, absent, now)
        return CheckReport(absent=absent, unfinished=unfinished)
    note_unlisted(place, now)
    rounds = _Round(place, now, seconds, now if everything else now - _allowed(place) / 2)
    checked, found, restored = rounds.run()
    with place.reading() as session:
        faulty = session.exec(select(func.count()).where(col(StoredFile.fault).is_not(None))).one()
        late = session.exec(select(func.count()).where(_unchecked_since(now - _allowed(place)))).one()
    days = place.policy.evidence.recheck_days
    return CheckReport(checked, found, restored, faulty, late, days, unfinished)


def check_files(place: Workplace, digests: Sequence[str], now: datetime) -> dict[str, FileFault]:
    """Compare some stored files with their digests, whether they are due or not; returns their faults."""
    query = select(StoredFile).where(col(StoredFile.sha256).in_(digests))
    with place.reading() as session:
        rows = session.exec(query).all()
    findings = {row.sha256: examine(place, row.sha256) for row in rows}
    if findings:
        record_findings(place, findings, now)
    return {digest: fault for digest, fault in findings.items() if fault}


def examine(place: Workplace, sha256: str) -> FileFault | None:
    """Return what is wrong with a stored file; None where it is as it was handed in. Nothing is written."""
    try:
        there = copies(place, sha256)
        if not there:
            return FileFault.MISSING
        # What is no ordinary file, as a pipe, is not even opened.
        intact = all(
            place.store.size(name) != -1 and digest_in(place.store, name) == sha256 for name in there
        )
    except TamperError:
        return FileFault.CHANGED
    except OSError:
        return FileFault.UNREADABLE
    return None if intact else FileFault.CHANGED


@dataclass(frozen=True)
class _Round:
    """One round through the files that are due."""

    place: Workplace
    now: datetime
    seconds: float | None
    due_before: datetime

    def run(self) -> tuple[int, int, int]:
        """Check until nothing is due or time is up; returns how many were checked, found and restored."""
        ends = None if self.seconds is None else time.monotonic() + self.seconds
        checked = found = restored = 0
        left = _BYTES
        while batch := self._due():
            findings: dict[str, FileFault | None] = {}
            for row in batch:
                findings[row.sha256] = examine(self.place, row.sha256)
                left -= row.size
                if over := ends is not None and (time.monotonic() > ends or left < 0):
                    break
            new, gone = record_findings(self.place, findings, self.now)
            checked, found, restored = checked + len(findings), found + new, restored + gone
            if over:
                break
        return checked, found, restored

    def _due(self) -> Sequence[StoredFile]:
        """Return some files that are due; what this round has checked is not among them."""
        checked_at = col(StoredFile.checked_at)
        conditions = (
            checked_at.is_(None),
            col(StoredFile.fault).is_not(None) & (checked_at != self.now),
            # A clock that was set back leaves moments that have not come yet.
            or_(checked_at < self.due_before, checked_at > self.now),
        )
        with self.place.reading() as session:
            for condition in conditions:
                query = select(StoredFile).where(condition).order_by(checked_at, col(StoredFile.sha256))
                if rows := session.exec(query.limit(_BATCH)).all():
                    return rows
        return ()


def _allowed(place: Workplace) -> timedelta:
    """Return within which time every file is to be checked."""
    return timedelta(days=place.policy.evidence.recheck_days)


def _unchecked_since(moment: datetime) -> ColumnElement[bool]:
    """Return the condition of files that were last checked, or else stored, before a moment."""
    checked_at = col(StoredFile.checked_at)
    return or_(checked_at < moment, checked_at.is_(None) & (col(StoredFile.stored_at) < moment))


def _absent(place: Workplace) -> list[str]:
    """Return the folders of the store that ought to hold files and hold nothing at all.

    A disk that is not there is one fault, and not one of every file: it comes back with all of them.
    """
    with place.reading() as session:
        filled = {
            folder: session.exec(select(StoredFile.sha256).join(owner, column == StoredFile.sha256).limit(1))
            for folder, owner, column in (
                (EVIDENCE, Evidence, col(Evidence.sha256)),
                (DOCUMENTS, Document, col(Document.pdf_sha256)),
            )
        }
        held = [folder for folder, row in filled.items() if row.first() is not None]
    return [folder for folder in held if place.store.is_bare(folder)]


def _tell_of_absence(place: Workplace, absent: Sequence[str], now: datetime) -> None:
    """Tell the bureau, once a day, that a folder of the store is gone."""
    lines = [f"文件夹 {name} 不存在或是空的，其中全部文件无法核对" for name in absent]
    with place.writing() as session:
        tell_bureau(place, session, lines, f"absent/{place.policy.day_of(now)}", now)
