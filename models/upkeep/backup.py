"""A backup (备份): a folder with a copy of all facts, the stored files they refer to, and this manifest.

Source: ADR-0020.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from models.errors import InputError, TamperError

FORMAT: Literal["zero137-backup-1"] = "zero137-backup-1"
MANIFEST, FACTS = "manifest.json", "facts.db"


class Backup(BaseModel):
    """What a backup holds, written last.

    Attributes:
        format: Tells a backup from other folders, and from those of later releases.
        made_at: The moment the facts are those of, in UTC.
        program: The version that made it.
        revision: The revision of the tables.
        facts_sha256: The digest of the copy of the facts.
        rows: How many rows each table has.
        files: How many stored files there are, and how many bytes they have together.
        absent: Digests of stored files that were missing or damaged already, in alphabetical order.
        own: The office's own files (channels, templates, policy, units) by their path within the home
            folder, with their digests.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["zero137-backup-1"] = FORMAT
    made_at: datetime
    program: str
    revision: str
    facts_sha256: str
    rows: dict[str, int]
    files: int
    bytes: int
    absent: tuple[str, ...]
    own: dict[str, str]

    @property
    def text(self) -> str:
        """The manifest as it is written."""
        return self.model_dump_json(indent=1) + "\n"


def read_backup(text: str) -> Backup:
    """Read a manifest.

    Raises:
        InputError: It is of another format.
        TamperError: It is not as it was written.
    """
    try:
        return Backup.model_validate_json(text)
    except ValidationError as error:
        if any(fault["loc"] == ("format",) for fault in error.errors()):
            raise InputError(
                f"{MANIFEST} 不是本系统的备份清单，或由更新的版本制作，请核对文件夹。"
            ) from error
        raise TamperError(f"{MANIFEST} 无法识别，可能被改动或已损坏，请换一份备份。", MANIFEST) from error
