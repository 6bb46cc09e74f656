"""Exporting the 台账: the leads that were chosen, into one file that is there as a whole or not at all."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import BinaryIO

from sqlmodel import Session, col, func, select

from models.days.periods import Period
from models.errors import ConflictError, InputError
from models.lookup.export_format import ExportFormat
from models.lookup.lead_account import LeadAccount, LeadCounts, Reading, account_of
from models.lookup.lead_filter import LeadFilter
from models.record.tables import Seal
from notifications.tables.ledger_texts import CsvLedger, JsonLedger
from tasks.lookup.leads.counting import count_statistics
from tasks.lookup.leads.reading_records import at_one_moment, read_leads_of
from tasks.lookup.leads.selection import LeadKeys, matching
from tasks.store.blobs import chunks_in, digest_of_file, give_name, sync_folder
from tasks.store.protocol import EXPORTS
from tasks.store.staging import staging_beside
from tasks.workplace import Workplace, office_of, work_calendar

# Told how many leads were written so far.
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Exported:
    """A file that was written: where, in which shape, how many leads, its size in bytes and SHA-256."""

    path: PurePath
    format: ExportFormat
    leads: int
    size: int
    sha256: str


def format_of(path: Path) -> ExportFormat:
    """Return the shape that the suffix of a file asks for.

    Raises:
        InputError: It asks for none we know.
    """
    for each in ExportFormat:
        if path.suffix.lower() == f".{each.value}":
            return each
    raise InputError(f"文件名 {path.name} 应以 .xlsx、.csv 或 .jsonl 结尾，由后缀决定导出格式。")


def export_leads(
    place: Workplace,
    path: Path,
    asked: LeadFilter,
    now: datetime,
    *,
    replace: bool = False,
    progress: Progress = lambda _: None,
) -> Exported:
    """Write the leads that are meant into a file; whoever reads it meanwhile sees the old one or none.

    Args:
        place: The workplace.
        path: The file; its suffix decides the shape.
        asked: Which leads.
        now: The moment (aware) whose signals are told.
        replace: Whether a file that is there may be replaced.
        progress: Told now and then how many leads were written.

    Raises:
        InputError: The suffix is unknown, or the file cannot be written; nothing is left of it then.
        ConflictError: The file is there already.
    """
    shape = format_of(path)
    _check_target(path, replace=replace)
    try:
        with staging_beside(path.parent) as folder:
            part = folder / "part"
            with part.open("wb") as stream:
                leads = _Export(place, asked, now, progress).write(shape, stream, folder)
                stream.flush()
                os.fsync(stream.fileno())
            done = Exported(path, shape, leads, part.stat().st_size, digest_of_file(part))
            _put(part, path, replace=replace)
    except OSError as error:
        raise InputError(f"无法写入 {path}，请检查磁盘空间和权限；没有留下不完整的文件。") from error
    return done


def export_for_download(place: Workplace, shape: ExportFormat, asked: LeadFilter, now: datetime) -> Exported:
    """Write the leads that are meant into the exports of the store, named by scope and moment.

    Returns:
        What was written; its path is the name in the store.

    Raises:
        InputError: The file cannot be written.
        StoreError: The store does not answer.
    """
    stem = f"台账-{asked.status.label}-{place.policy.business_hours.local(now):%Y-%m-%d-%H%M%S}"
    try:
        with staging_beside(place.home) as folder:
            file = folder / f"{stem}.{shape.value}"
            done = export_leads(place, file, asked, now)
            return replace(done, path=PurePath(_offered(place, file)))
    except OSError as error:
        raise InputError("导出文件无法保存，请检查存储的空间和权限；没有留下不完整的文件。") from error


def _offered(place: Workplace, file: Path) -> str:
    """Put a file into the exports of the store under a name of its own; returns that."""
    with place.store.staged(EXPORTS, chunks_in(file)) as staged:
        for number in itertools.count(1):
            name = f"{EXPORTS}/{file.stem}{'' if number == 1 else f'-{number}'}{file.suffix}"
            # Somebody else may export in the same second.
            with suppress(FileExistsError):
                place.store.move(staged.incoming, name, replace=False)
                return name
    raise AssertionError("there is always one more number")


def count_leads(place: Workplace, asked: LeadFilter, now: datetime) -> int:
    """Return how many leads are meant at a moment (aware)."""
    with place.reading() as session:
        keys = matching(session, asked, place.policy, work_calendar(session), now).subquery()
        return session.exec(select(func.count()).select_from(keys)).one()


@dataclass(frozen=True)
class _Export:
    """One export: what is read, and the moment it is read at."""

    place: Workplace
    asked: LeadFilter
    now: datetime
    progress: Progress

    def write(self, shape: ExportFormat, stream: BinaryIO, folder: Path) -> int:
        """Write all leads into a stream and tell how many; ``folder`` takes what is put by meanwhile."""
        with self.place.reading() as session:
            at_one_moment(session)
            calendar = work_calendar(session)
            reading = Reading(office_of(session, self.place), calendar, self.now)
            keys = matching(session, self.asked, self.place.policy, calendar, self.now)
            accounts = self._accounts(session, keys, reading)
            if shape is ExportFormat.XLSX:
                return self._write_workbook(session, keys, accounts, reading, stream, folder)
            ledger = CsvLedger(stream) if shape is ExportFormat.CSV else JsonLedger(stream)
            leads = 0
            for account in accounts:
                ledger.add(account)
                leads = account.sequence
            ledger.finish()
            return leads

    def _accounts(self, session: Session, keys: LeadKeys, reading: Reading) -> Iterator[LeadAccount]:
        """Read the leads one after the other."""
        for sequence, record in enumerate(read_leads_of(session, keys), start=1):
            yield account_of(sequence, record, reading)
            self.progress(sequence)

    def _write_workbook(
        self, session: Session, keys: LeadKeys, accounts: Iterator[LeadAccount], reading: Reading,
        stream: BinaryIO, folder: Path,
    ) -> int:  # fmt: skip
        """Write a workbook: the leads, the summary of just these, and the notes."""
        from notifications.tables.workbook import LedgerBook
        from notifications.tables.workbook_notes import Notes, write_notes
        from notifications.tables.workbook_summary import Summary, write_summary

        counts, book = LeadCounts(), LedgerBook(stream, folder)
        try:
            for account in accounts:
                book.add(account)
                counts.add(account)
            book.end_leads()
            found = count_statistics(session, self.place, self.now, period=Period(), keys=keys)
            write_summary(book.book, Summary(counts, found, reading.name))
            seal = _last_seal(session, reading)
            write_notes(book.book, Notes(reading.local(self.now), self.asked.label, counts.leads, seal))
            book.close()
        except BaseException:
            book.abandon()
            raise
        return counts.leads


def _last_seal(session: Session, reading: Reading) -> str:
    """Return the last seal of the ledger in words; blank where there is none."""
    seal = session.exec(select(Seal).order_by(col(Seal.number).desc()).limit(1)).first()
    if seal is None:
        return ""
    return f"第{seal.number}号，{reading.local(seal.at):%Y-%m-%d %H:%M} 封存，摘要 {seal.hash}"


def _check_target(path: Path, *, replace: bool) -> None:
    """Refuse a target before any work is done for it."""
    if path.is_dir():
        raise InputError(f"{path} 是文件夹，请写明文件名。")
    if not path.parent.is_dir():
        raise InputError(f"文件夹 {path.parent} 不存在，请先建立或换一个位置。")
    if path.exists() and not replace:
        raise ConflictError(_taken(path))


def _taken(path: Path) -> str:
    """Return what is told where a file is there already."""
    return f"文件 {path.name} 已存在，未覆盖；请换一个文件名，或加 --force 覆盖。"


def _put(part: Path, path: Path, *, replace: bool) -> None:
    """Give a finished file its name.

    Raises:
        ConflictError: Somebody else was first meanwhile.
    """
    try:
        give_name(part, path, replace=replace)
    except FileExistsError as error:
        raise ConflictError(_taken(path)) from error
    with suppress(OSError):
        sync_folder(path.parent)
