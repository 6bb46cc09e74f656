"""``zero137 migrate``: the facts of an installation move to another database. Source: ADR-0020."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from deployments.installation.home import instance_lock
from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.copy_ends import opened, prepare_target, require_source
from models.errors import ConflictError
from tasks.database import reading, writing
from tasks.upkeep.fact_copies import Proof, copy_facts, newest_entry, prove


@dataclass(frozen=True)
class Moved:
    """What was moved: the rows of each table by its name, and what was found in order at the target."""

    rows: Mapping[str, int]
    proof: Proof


def move_facts(settings: Settings, source_url: str, target_url: str) -> Moved:
    """Copy all facts into an empty database and prove the copy before it is committed; the source stays.

    Args:
        settings: The installation, which must not run meanwhile.
        source_url: The database that holds the facts, as a SQLAlchemy address.
        target_url: The empty one.

    Raises:
        StartError: The installation runs, or one of the databases cannot be used.
        InputError: An address is none.
        ConflictError: The target is not empty, or the source was written to meanwhile.
        TamperError: The ledger does not agree with itself, or the copy with the source; nothing was moved.
    """
    with (
        instance_lock(settings),
        opened(source_url, "--from") as source,
        opened(target_url, "--to") as target,
        closing(open_workplace(settings)) as place,
    ):
        require_source(source, "来源数据库")
        prepare_target(target, "目标数据库")
        with reading(source) as before, writing(target) as after:
            rows = copy_facts(before, after)
            proof = prove(place, after)
            with reading(source) as now:
                # Somebody of another machine, or a command, whose work would stay behind.
                if newest_entry(now) != newest_entry(before):
                    raise ConflictError(
                        "迁移期间来源数据库仍有写入，已放弃迁移；请停止全部服务和命令（各台机器）后重试。"
                    )
    return Moved(rows, proof)
