"""The exported file as a whole: there completely or not at all, and never in the place of another one."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from walks.walking import Walk

from models.errors import ConflictError, InputError, RuleViolation
from models.lookup.export_format import ExportFormat
from models.lookup.lead_filter import LeadFilter, Status
from tasks.lookup.leads.exporting import Exported, export_for_download, export_leads

SUFFIXES = [each.value for each in ExportFormat]
EVERYTHING = LeadFilter(status=Status.ALL)


def export(walk: Walk, path: Path, *, replace: bool = False) -> Exported:
    """Export everything at this moment."""
    return export_leads(walk.place, path, EVERYTHING, walk.clock(), replace=replace)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_fails_half_way_leaves_nothing(
    walk: Walk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """A full disk is told in a sentence, and what was there before is there still."""
    target = tmp_path / f"台账.{suffix}"
    target.write_text("旧", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(InputError, match="请检查磁盘空间和权限"):
        export(walk, target, replace=True)
    assert (target.read_text("utf-8"), sorted(p.name for p in tmp_path.iterdir())) == ("旧", before)


def test_a_workbook_that_cannot_be_put_together_leaves_nothing(
    walk: Walk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither rows kept meanwhile nor open files."""

    def fail(*_: object) -> None:
        raise RuleViolation("中途出错。")

    monkeypatch.setattr("notifications.tables.workbook_summary.write_summary", fail)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(RuleViolation):
        export(walk, tmp_path / "台账.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_what_is_there_is_not_overwritten(
    walk: Walk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless asked for; not even where somebody else was faster meanwhile."""
    target = tmp_path / "台账.csv"
    export(walk, target)
    with pytest.raises(ConflictError, match="--force"):
        export(walk, target)
    monkeypatch.setattr("tasks.lookup.leads.exporting._check_target", lambda *_, **__: None)
    with pytest.raises(ConflictError, match="--force"):
        export(walk, target)
    assert export(walk, target, replace=True).leads == 1


def test_what_a_killed_export_left_is_cleared(walk: Walk, tmp_path: Path) -> None:
    """That of a process that is gone; that of a living one is its own."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    left, kept = (
        tmp_path / f".zero137-export-{socket.gethostname()}-{pid}-x" for pid in (gone.pid, os.getppid())
    )
    for folder in (left, kept):
        folder.mkdir()
        (folder / "part").touch()
    export(walk, tmp_path / "台账.csv")
    assert (left.exists(), kept.exists()) == (False, True)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("台账.pdf", "结尾"), ("没有/台账.csv", "不存在"), ("papers.csv", "是文件夹")],
)
def test_a_target_that_cannot_be_is_refused(walk: Walk, tmp_path: Path, name: str, reason: str) -> None:
    """Before anything is read."""
    (tmp_path / "papers.csv").mkdir()
    with pytest.raises(InputError, match=reason):
        export(walk, tmp_path / name)


def test_exports_of_the_same_second_get_names_of_their_own(walk: Walk) -> None:
    """For the download folder, which is made when it is needed."""
    names = [
        export_for_download(walk.place, ExportFormat.CSV, EVERYTHING, walk.clock()).path.name
        for _ in range(2)
    ]
    assert names == ["台账-全部-2026-11-23-100000.csv", "台账-全部-2026-11-23-100000-2.csv"]
