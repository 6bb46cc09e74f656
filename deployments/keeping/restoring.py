"""``zero137 restore``: a backup is checked, and fills an empty home folder and an empty database.

An older backup is migrated first, in a copy: the backup itself is never written to. Source: ADR-0020.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import gettempdir

from sqlalchemy import Engine

from deployments.installation.home import instance_lock
from deployments.installation.opening import open_workplace
from deployments.installation.revisions import is_known, newest_revision
from deployments.installation.settings import Settings
from deployments.keeping.backups import own_name
from deployments.keeping.copy_ends import opened_file, prepare_target
from deployments.keeping.schema import migrate
from models.errors import ConflictError, InputError, NotFound, TamperError
from models.upkeep.backup import FACTS, MANIFEST, Backup, read_backup
from tasks.database import reading
from tasks.given.files import decode_text, read_bytes
from tasks.store.blobs import digest_of_file
from tasks.store.folder import FolderStore
from tasks.store.staging import staging_beside
from tasks.upkeep.backup_files import Stock, copy_stored, stored_size, take_stock
from tasks.upkeep.fact_copies import Proof, copy_facts, count_rows, prove
from tasks.workplace import Workplace


@dataclass(frozen=True)
class Checked:
    """A backup that is in order: what it says of itself, and what was found in order within its facts."""

    backup: Backup
    proof: Proof


def check_backup(settings: Settings, folder: Path) -> Checked:
    """Check a backup as a whole; nothing is written that stays.

    Args:
        settings: The installation, for its policy; nothing of it is changed.
        folder: The backup.

    Raises:
        NotFound: There is no backup.
        InputError: It was made by a later release.
        TamperError: Something was changed, removed or damaged; its position is the first such place.
    """
    with _opened(folder, Path(gettempdir())) as (backup, facts):
        _check_own(backup, folder)
        with closing(_workplace(settings, backup, folder)) as place, reading(facts) as session:
            _check_rows(backup, count_rows(session))
            proof = prove(place, session)
            _check_stock(backup, take_stock(session, partial(stored_size, store=FolderStore(folder))))
    return Checked(backup, proof)


def restore_backup(settings: Settings, folder: Path) -> Checked:
    """Fill an empty home folder and an empty database from a backup.

    The database is committed last, after its ledger was verified and every file lies in its place: where
    something fails or is killed before, the database is empty and the same can be done again.

    Args:
        settings: The installation to fill; it must not run.
        folder: The backup.

    Raises:
        NotFound: There is no backup.
        InputError: It was made by a later release, or the home folder cannot be written.
        StartError: The installation runs, or its database cannot be used.
        ConflictError: The database is not empty, or one of the office's own files is there and another one.
        TamperError: As ``check_backup``.
    """
    try:
        with instance_lock(settings), _opened(folder, settings.home) as (backup, facts):
            _check_own(backup, folder)
            _refuse_other_own(backup, settings.home)
            with closing(_workplace(settings, backup, folder)) as place:
                prepare_target(place.engine, "本机设置的数据库")
                proof = _fill(place, backup, folder, facts)
    except OSError as error:
        raise InputError(
            f"备份未能恢复到“{settings.home}”，数据库没有写入，请检查权限和磁盘空间后重试。"
        ) from error
    return Checked(backup, proof)


def _fill(place: Workplace, backup: Backup, folder: Path, facts: Engine) -> Proof:
    """Fill database and store, in one transaction of the database."""
    with reading(facts) as source, place.writing() as target:
        _check_rows(backup, copy_facts(source, target))
        proof = prove(place, target)
        copy = partial(copy_stored, source=FolderStore(folder), target=place.store)
        _check_stock(backup, take_stock(source, copy))
        for name, digest in backup.own.items():
            if (place.home / name).is_file() and digest_of_file(place.home / name) == digest:
                # It may be mounted from elsewhere, and not to be written.
                continue
            (place.home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, place.home / name)
            (place.home / name).chmod(0o600)
    return proof


@contextmanager
def _opened(folder: Path, scratch: Path) -> Iterator[tuple[Backup, Engine]]:
    """Give the manifest of a backup and a copy of its facts, brought to the newest revision.

    Args:
        folder: The backup.
        scratch: Where the copy lies meanwhile.
    """
    try:
        backup = read_backup(decode_text(read_bytes(folder / MANIFEST), folder / MANIFEST))
    except NotFound as error:
        raise NotFound(f"“{folder}”中没有 {MANIFEST}，不是完整的备份，请核对路径。") from error
    if not is_known(backup.revision):
        raise InputError(f"备份由更新的版本（{backup.program}）制作，请升级程序后再恢复。")
    if not (folder / FACTS).is_file():
        raise TamperError(f"备份中缺少 {FACTS}，请换一份备份。", FACTS)
    with staging_beside(scratch) as beside:
        copy = beside / FACTS
        shutil.copyfile(folder / FACTS, copy)
        if digest_of_file(copy) != backup.facts_sha256:
            raise TamperError(f"{FACTS} 与备份清单登记的摘要不符，已被改动或损坏，请换一份备份。", FACTS)
        with opened_file(copy) as facts:
            migrate(facts)
            yield backup, facts


def _workplace(settings: Settings, backup: Backup, folder: Path) -> Workplace:
    """Open the workplace; a policy that lies in the home folder may only be in the backup yet."""
    name = own_name(settings.policy, settings.home) if settings.policy else None
    if name in backup.own:
        settings = settings.model_copy(update={"policy": folder / str(name)})
    return open_workplace(settings)


def _check_own(backup: Backup, folder: Path) -> None:
    """Compare the office's own files with the manifest."""
    for name, digest in sorted(backup.own.items()):
        path = folder / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise TamperError(f"{MANIFEST} 中的文件名“{name}”不合规，可能被改动，请换一份备份。", MANIFEST)
        if not path.is_file() or digest_of_file(path) != digest:
            raise TamperError(f"备份中的文件“{name}”缺失、被改动或损坏，请换一份备份。", name)


def _refuse_other_own(backup: Backup, home: Path) -> None:
    """Refuse to write over one of the office's own files."""
    for name, digest in backup.own.items():
        path = home / name
        if path.exists() and not (path.is_file() and digest_of_file(path) == digest):
            raise ConflictError(f"{home} 中已有另一份“{name}”，为避免覆盖未恢复，请先移走它。")


def _check_rows(backup: Backup, found: dict[str, int]) -> None:
    """Compare the rows of every table with the manifest; a migration since may have added some."""
    if backup.revision != newest_revision():
        return
    for name in sorted(found.keys() | backup.rows.keys()):
        if found.get(name) != backup.rows.get(name):
            told = f"表 {name} 应有{backup.rows.get(name, 0)}行，实有{found.get(name, 0)}行"
            raise TamperError(f"备份不完整：{told}，请换一份备份。", name)


def _check_stock(backup: Backup, stock: Stock) -> None:
    """Refuse a backup that lacks a stored file which it had when it was made."""
    lacking = sorted(set(stock.absent) - set(backup.absent))
    if lacking:
        raise TamperError(f"备份中的存档文件 {lacking[0]} 缺失或已损坏，请换一份备份。", lacking[0])
    if (stock.files, stock.bytes) != (backup.files, backup.bytes):
        raise TamperError(f"备份应有{backup.files}个存档文件，实有{stock.files}个，请换一份备份。", MANIFEST)
