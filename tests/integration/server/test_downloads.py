"""Downloading exports: a bare name of the folder is given, nothing else on the disk is."""

from pathlib import Path

import pytest
from fakes.downloading import ask

from models.lookup.export_format import download_link
from tasks.store.folder import FolderStore

NAME = "台账-全部-2026-11-23-100000.csv"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """A store with one export, and a secret beside it."""
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / NAME).write_text("序号", encoding="utf-8")
    (exports / ".zero137-export-a-1-x").mkdir()
    (exports / ".hidden.csv").write_text("半成品", encoding="utf-8")
    (exports / "folder.csv").mkdir()
    (exports / "notes.txt").write_text("x", encoding="utf-8")
    (tmp_path / "zero137.csv").write_text("秘密", encoding="utf-8")
    (exports / "link.csv").symlink_to(tmp_path / "zero137.csv")
    return FolderStore(tmp_path)


def test_a_click_saves_the_file_under_its_chinese_name(store: FolderStore) -> None:
    """As an attachment with its name by RFC 5987; the browser is not to guess what it is."""
    status, headers, body = ask(store, f"/exports/{NAME}")
    assert (status, body.decode()) == (200, "序号")
    quoted = download_link(Path(NAME)).removeprefix("/exports/")
    assert headers["content-disposition"] == f"attachment; filename*=utf-8''{quoted}"
    assert (headers["content-type"], headers["x-content-type-options"]) == (
        "text/csv; charset=utf-8",
        "nosniff",
    )
    assert ask(store, f"/exports/{NAME}", "HEAD")[::2] == (200, b"")


@pytest.mark.parametrize(
    "name",
    [
        "", "..", "../zero137.csv", "../exports/" + NAME, "./" + NAME, "/" + NAME, "..\\zero137.csv",
        NAME + "/",
        ".hidden.csv", ".zero137-export-a-1-x/part", "link.csv", "folder.csv", "notes.txt", "无此文件.csv",
        NAME + "\x00", NAME + "\n", "/etc/passwd", "~.csv", "x" * 5000 + ".csv",
    ],
)  # fmt: skip
def test_no_other_file_is_given(store: FolderStore, name: str) -> None:
    """Whatever path is tried: neither beside the folder, nor half made, nor through a link."""
    status, _, body = ask(store, f"/exports/{name}")
    assert (status, "没有这个导出文件" in body.decode()) == (404, True)


def test_everything_else_is_passed_on(store: FolderStore) -> None:
    """The UI, the API, and connections that are no requests."""
    for path, kind in (
        ("/", "http"),
        ("/api/health", "http"),
        ("/exports", "http"),
        ("/exports/x", "websocket"),
    ):
        assert ask(store, path, kind=kind)[0] == 299, path


def test_downloads_are_only_read(store: FolderStore) -> None:
    """Nothing can be put there or removed."""
    for method in ("POST", "PUT", "DELETE"):
        assert ask(store, f"/exports/{NAME}", method)[0] == 405
    assert (store.root / "exports" / NAME).exists()


def test_there_may_be_no_folder_yet(tmp_path: Path) -> None:
    """Before the first export there is nothing to be had."""
    assert ask(FolderStore(tmp_path), f"/exports/{NAME}")[0] == 404
