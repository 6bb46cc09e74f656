"""Handing stored evidence on into a folder, compared with its digest on the way."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from models.archive.rules import refuse_disposed
from models.archive.tables import ArchiveRecord
from models.errors import InputError, TamperError
from models.files.file_names import safe_name
from models.matters.tables import Evidence
from tasks.evidence.pieces import referenced_evidence
from tasks.files.checks import check_files
from tasks.files.stored_files import locate
from tasks.matters.reading import find_matter, root_of
from tasks.store.blobs import copied, digest_of_file
from tasks.workplace import Workplace


def hand_on(
    place: Workplace, number: str, references: Sequence[str], folder: Path, now: datetime
) -> list[Path]:
    """Copy evidence of a matter into a folder, under names that any system takes; nothing is overwritten.

    Args:
        place: The workplace.
        number: The matter.
        references: The numbers of the evidence, as E12.
        folder: Where to; it is created where it is not there.
        now: The moment (aware).

    Returns:
        Where each lies, in order.

    Raises:
        NotFound: Unknown matter or number.
        TamperError: A stored file is missing or not as it was handed in; the fault is noted and told.
        RuleViolation: The archive it belongs to was disposed of.
        InputError: The folder cannot be written, or holds another file of that name.
        StoreError: The store does not answer.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
        rows = referenced_evidence(session, matter, references)
        record = session.get(ArchiveRecord, root_of(session, matter).id)
    if record is not None:
        refuse_disposed(record)
    return [_hand_on(place, row, folder, now) for row in rows]


def _hand_on(place: Workplace, row: Evidence, folder: Path, now: datetime) -> Path:
    """Hand one file on."""
    target = folder / f"E{row.id} {safe_name(row.name, row.media_type)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if target.exists():
            _refuse_other(target, row)
        else:
            _copy(place, row, target, now)
    except OSError as error:
        raise InputError(f"无法写入文件夹 {folder}，请检查权限和磁盘空间。") from error
    return target


def _copy(place: Workplace, row: Evidence, target: Path, now: datetime) -> None:
    """Copy a file beside its new place, and give it its name once it proved to be the right one."""
    part = target.with_name(f"{target.name}.part")
    try:
        if not _copied(place, row, part):
            _refuse_faulty(place, row, now)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _copied(place: Workplace, row: Evidence, part: Path) -> bool:
    """Copy a stored file; tells whether it is what was handed in."""
    try:
        name = locate(place, row.sha256)
        source = place.store.open(name) if name else None
    except OSError:
        source = None
    if source is None:
        return False
    with source:
        return copied(source, part) == row.sha256


def _refuse_other(target: Path, row: Evidence) -> None:
    """Refuse to overwrite a file that is not this one."""
    if not target.is_file() or digest_of_file(target) != row.sha256:
        raise InputError(f"文件 {target.name} 已存在且内容不同，为避免覆盖未写入，请换一个文件夹。")


def _refuse_faulty(place: Workplace, row: Evidence, now: datetime) -> NoReturn:
    """Note the fault of a file that cannot be handed on."""
    fault = check_files(place, [row.sha256], now).get(row.sha256)
    what = f"的存档文件{fault.label}，已记入台账" if fault else "没有存档记录，或在读取时有变化"
    raise TamperError(f"印证材料 E{row.id} {row.name} {what}；未转存，请用 zero137 evidence check 核对。")
