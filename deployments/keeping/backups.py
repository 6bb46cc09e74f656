"""``zero137 backup``: a folder with a copy of all facts and the files they refer to, made while others work.

The facts come first: every file they refer to was there at their moment, and only a disposal takes one away;
where that happened meanwhile, everything is begun anew from a later moment. Source: ADR-0020.
"""

import shutil
import sqlite3
from contextlib import closing
from functools import partial
from importlib.metadata import version
from pathlib import Path

from deployments.installation.revisions import newest_revision
from deployments.installation.settings import Settings
from deployments.keeping.copy_ends import opened_file, require_source
from deployments.keeping.schema import migrate
from models.errors import ConflictError, InputError, StartError
from models.upkeep.backup import FACTS, MANIFEST, Backup
from tasks.database import reading, writing
from tasks.files.references import needed_files
from tasks.given.files import write_text
from tasks.store.blobs import digest_of_file, sync_folder
from tasks.store.folder import FolderStore
from tasks.store.staging import staging_beside
from tasks.upkeep.backup_files import Stock, copy_stored, take_stock
from tasks.upkeep.fact_copies import copy_facts
from tasks.workplace import Workplace

# How often a backup is begun; a disposal is one person's decision and not made every minute.
_ATTEMPTS = 3
# How many digests one statement takes.
_AT_ONCE = 500


def make_backup(settings: Settings, place: Workplace, folder: Path) -> Backup:
    """Write a backup into a folder that is not there yet: whole under its name, or not at all.

    The keys of informants are not part of it, and Prefect's database is not either: its runs are built anew
    from the facts.

    Args:
        settings: The installation.
        place: Its workplace; others may go on working with it.
        folder: Where to put it; readable for its owner alone.

    Raises:
        InputError: The folder is there already, or cannot be written.
        StartError: The database is not of the newest revision, or no stored file can be found at all.
        ConflictError: Archives were destroyed again and again meanwhile.
        TamperError: Something in the database cannot be read as what it should be.
    """
    require_source(place.engine, "数据库")
    target = folder.absolute()
    _refuse_existing(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with staging_beside(target.parent) as beside:
            made, backup = _written(settings, place, beside)
            _refuse_existing(target)
            made.rename(target)
            sync_folder(target.parent)
    except OSError as error:
        raise InputError(
            f"备份未能写入“{folder}”，没有留下不完整的备份，请检查路径、权限和磁盘空间。"
        ) from error
    return backup


def _refuse_existing(target: Path) -> None:
    """Refuse to write over anything."""
    if target.exists() or target.is_symlink():
        raise InputError(f"“{target.name}”已存在，为避免覆盖未备份，请换一个文件夹。")


def _written(settings: Settings, place: Workplace, beside: Path) -> tuple[Path, Backup]:
    """Write a whole backup into a folder of its own; returns that folder and the manifest."""
    for attempt in range(_ATTEMPTS):
        made = beside / str(attempt)
        made.mkdir(mode=0o700)
        begun_at = place.clock()
        rows = _write_facts(place, made / FACTS)
        stock = _copy_files(place, made)
        if _was_disposed(place, stock):
            continue
        backup = Backup(
            made_at=begun_at, program=version("zero137"), revision=newest_revision(), rows=rows,
            facts_sha256=digest_of_file(made / FACTS), files=stock.files, bytes=stock.bytes,
            absent=stock.absent, own=_copy_own(settings, made),
        )  # fmt: skip
        write_text(made / MANIFEST, backup.text)
        sync_folder(made)
        return made, backup
    raise ConflictError("备份期间不断有档案被销毁，未完成备份，请稍后重试。")


def _write_facts(place: Workplace, path: Path) -> dict[str, int]:
    """Copy all facts as they stand at one moment into a database file; returns the rows of each table."""
    with opened_file(path) as copy:
        migrate(copy)
        with place.reading() as source, writing(copy) as target:
            rows = copy_facts(source, target)
    with closing(sqlite3.connect(path)) as whole:
        # From here on all of it is in the one file, or this fails.
        whole.execute("PRAGMA journal_mode=DELETE")
    return rows


def _copy_files(place: Workplace, made: Path) -> Stock:
    """Copy the stored files that the copied facts refer to.

    Raises:
        StartError: None of them can be found: a disk that is not there is no store without files.
    """
    with opened_file(made / FACTS) as copy, reading(copy) as session:
        stock = take_stock(session, partial(copy_stored, source=place.store, target=FolderStore(made)))
    if stock.absent and not stock.files:
        raise StartError("存档文件一个也没有找到，未备份；请检查存放文件的磁盘是否已挂载。")
    return stock


def _was_disposed(place: Workplace, stock: Stock) -> bool:
    """Tell whether a file that could not be copied is not needed any more."""
    with place.reading() as session:
        return any(
            set(some) - needed_files(session, some)
            for first in range(0, len(stock.absent), _AT_ONCE)
            if (some := stock.absent[first : first + _AT_ONCE])
        )


def own_name(path: Path, home: Path) -> str | None:
    """Return the path of a file within the home folder; None where it does not lie there."""
    whole = path.parent.resolve() / path.name
    return whole.relative_to(home).as_posix() if whole.is_relative_to(home) else None


def _copy_own(settings: Settings, made: Path) -> dict[str, str]:
    """Copy the office's own files that lie in the home folder; returns their digests by their paths there."""
    home, found = settings.home, {}
    given = (home / "channels.yaml", *(home / "templates").rglob("*"), settings.policy, settings.units)
    for path in filter(None, given):
        name = own_name(path, home)
        if name and path.is_file():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, made / name)
            found[name] = digest_of_file(made / name)
    return found
