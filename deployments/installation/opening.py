"""Opening the workplace that the settings of an installation describe."""

import re
from pathlib import Path

from sqlalchemy.exc import ArgumentError

from deployments.installation.clock import Clock, clock_of
from deployments.installation.revisions import refuse_later_facts
from deployments.installation.settings import Settings, load_settings
from deployments.mechanisms import MECHANISMS
from models.errors import InputError
from tasks.database import open_engine
from tasks.store.bucket import ObjectStore
from tasks.store.folder import FolderStore
from tasks.store.protocol import Store
from tasks.workplace import Workplace

# A bucket by the rules of AWS, and below it a prefix of plain segments.
_BUCKET = re.compile(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[\w=-][\w.=-]*)*)/?", re.ASCII)


def open_store(settings: Settings) -> Store:
    """Return where an installation keeps evidence, documents and exports; nothing is looked at there yet.

    Raises:
        InputError: The address is none of a store.
    """
    scheme, _, where = settings.store_url.rpartition("://")
    bucket = _BUCKET.fullmatch(where)
    if scheme == "s3" and bucket is not None:
        return ObjectStore(settings.home, bucket[1], bucket[2].strip("/"), settings.store_endpoint)
    folder = Path(where).expanduser() if where else settings.home
    # A relative folder would be another one for every machine and working folder.
    if scheme not in ("", "file") or not folder.is_absolute() or ".." in folder.parts:
        raise InputError("ZERO137_STORE_URL 应为共享文件夹的绝对路径，或 s3://桶/前缀，请核对。")
    return FolderStore(folder)


def open_workplace(settings: Settings, clock: Clock | None = None) -> Workplace:
    """Return the workplace of an installation; the database must have been created.

    Args:
        settings: The installation.
        clock: Another clock than that of the folder, for tests.

    Raises:
        InputError: The address of the database, that of the store or the policy file is wrong.
    """
    try:
        engine = open_engine(settings.facts_url)
    except (ArgumentError, ImportError, ValueError):
        # The cause would name the address, password included, in every log it reaches.
        raise InputError("ZERO137_DATABASE_URL 不是可用的数据库地址，请核对或取消该设置。") from None
    return Workplace(
        home=settings.home,
        store=open_store(settings),
        engine=engine,
        policy=settings.read_policy(),
        evidence_limit=settings.evidence_mb << 20,
        api=settings.api,
        clock=clock or clock_of(settings.home),
        mechanisms=MECHANISMS,
        keys=settings.key_source,
    )


def workplace_from_environment() -> Workplace:
    """Return the workplace of this process; the entry point flows find it by.

    Raises:
        StartError: A later release has migrated the database.
    """
    place = open_workplace(load_settings())
    try:
        refuse_later_facts(place.engine)
    except BaseException:
        place.close()
        raise
    return place
