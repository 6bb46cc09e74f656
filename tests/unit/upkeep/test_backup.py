"""The manifest of a backup: read as it was written, or refused for the right reason."""

from datetime import UTC, datetime

import pytest

from models.errors import InputError, TamperError
from models.upkeep.backup import MANIFEST, Backup, read_backup

BACKUP = Backup(
    made_at=datetime(2026, 11, 23, 2, tzinfo=UTC), program="0.1.0", revision="0006", facts_sha256="0" * 64,
    rows={"lead": 3}, files=2, bytes=40, absent=("f" * 64,), own={"channels.yaml": "1" * 64},
)  # fmt: skip


def test_a_manifest_is_read_as_it_was_written() -> None:
    """Every part comes back, the moment with its zone."""
    assert read_backup(BACKUP.text) == BACKUP


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", BACKUP.text[:-20], BACKUP.text.replace('"files": 2', '"files": "两"'),
     BACKUP.text.replace('"files"', '"flies"')],
    ids=["empty", "nothing", "list", "cut", "no number", "misspelt"],
)  # fmt: skip
def test_a_damaged_manifest_is_named(text: str) -> None:
    """Whatever is wrong with it, the place is the manifest."""
    with pytest.raises(TamperError) as found:
        read_backup(text)
    assert found.value.position == MANIFEST


def test_the_manifest_of_a_later_release_is_no_damage() -> None:
    """A format this release does not know is told as such."""
    with pytest.raises(InputError, match="更新的版本"):
        read_backup(BACKUP.text.replace("zero137-backup-1", "zero137-backup-2"))
