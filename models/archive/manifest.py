"""The manifest of an exported archive (清单) and the pure check of what was exported. Source: ADR-0015.

The proof binds the manifest by its digest, and the manifest every other file: so any change is found, and the
first bad place is named.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from models.errors import InputError, TamperError
from models.record.entries import digest
from models.record.entry_kinds import EntryKind

FORMAT = "zero137-archive-1"
MANIFEST, PROOF = "清单.json", "台账证明.json"
# The ledger entries that bind an export and the items of an archive.
ARCHIVED, EXPORTED = EntryKind.ARCHIVED, EntryKind.ARCHIVE_EXPORTED
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ManifestFile:
    """One exported file; ``item`` is its number in the file index, None for what is no item itself."""

    path: str
    sha256: str
    size: int
    item: int | None = None


@dataclass(frozen=True)
class Manifest:
    """What was exported.

    Attributes:
        number: The 档号.
        lead: The matter's number.
        exported_at: The moment, as text in the office's zone.
        files: Every file but manifest and proof, in the order of their paths.
        missing: The items whose files were missing or changed in the store, by their numbers.
    """

    number: str
    lead: str
    exported_at: str
    files: tuple[ManifestFile, ...]
    missing: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The manifest as it is written."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1) + "\n"


def read_manifest(text: str) -> Manifest:
    """Read a manifest.

    Raises:
        InputError: It is none of ours.
        TamperError: It is not as it was written.
    """
    try:
        told = json.loads(text)
        is_ours = told["format"] == FORMAT
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise TamperError(f"{MANIFEST} 无法识别，文件可能被改动。", MANIFEST) from error
    if not is_ours:
        raise InputError(f"{MANIFEST} 不是本系统导出的档案清单，请核对文件夹。")
    try:
        manifest = Manifest(
            told["number"], told["lead"], told["exported_at"],
            tuple(ManifestFile(**each) for each in told["files"]), tuple(told["missing"]),
        )  # fmt: skip
        whole = manifest.text == text and all(map(_is_sound, manifest.files))
    except (KeyError, TypeError, ValueError) as error:
        raise TamperError(f"{MANIFEST} 的内容不完整，可能被改动。", MANIFEST) from error
    if not whole:
        raise TamperError(f"{MANIFEST} 的格式与系统写出的不一致，可能被改动。", MANIFEST)
    return manifest


def _is_sound(file: ManifestFile) -> bool:
    """Tell whether a file of a manifest is one that could have been exported."""
    parts = file.path.split("/")
    inside = not any(part in ("", ".", "..") for part in parts) and "\\" not in file.path
    return inside and bool(_DIGEST.fullmatch(file.sha256)) and type(file.size) is int and file.size >= 0


def check_manifest(text: str, entries: Iterable[Mapping[str, Any]]) -> Manifest:
    """Check a manifest against the last export the ledger tells of.

    Args:
        text: The manifest.
        entries: The checked entries of the matter's ledger, in order.

    Raises:
        InputError: It is none of ours.
        TamperError: It is another one, or the ledger knows of no export.
    """
    exported = [entry["detail"] for entry in entries if entry["kind"] == EXPORTED]
    if not exported:
        raise TamperError(f"{PROOF} 中没有导出记录，证明与档案不是同一次导出的。", PROOF)
    if exported[-1].get("manifest_sha256") != digest(text):
        raise TamperError(f"{MANIFEST} 与台账登记的摘要不符，已被改动或不是同一次导出的。", MANIFEST)
    return read_manifest(text)


def check_files(manifest: Manifest, sizes: Mapping[str, int], digest_of: Callable[[str], str]) -> None:
    """Check every file against the manifest, in its order; then whether there are others.

    Args:
        manifest: The checked manifest.
        sizes: What was found, by path, in bytes; manifest and proof may be among it.
        digest_of: Reads a file that was found, whose size is as it should be, and returns its SHA-256.

    Raises:
        TamperError: The first file that is missing or changed, or the first that should not be there.
    """
    for file in manifest.files:
        if file.path not in sizes:
            raise TamperError(f"缺少文件“{file.path}”，已被删除或改名。", file.path)
        if sizes[file.path] != file.size or digest_of(file.path) != file.sha256:
            raise TamperError(f"文件“{file.path}”与清单登记的摘要不符，已被改动。", file.path)
    listed = {file.path for file in manifest.files} | {MANIFEST, PROOF}
    for path in sorted(set(sizes) - listed):
        raise TamperError(f"多出文件“{_shown(path)}”，不在导出清单之内。", path)


def check_items(manifest: Manifest, entries: Iterable[Mapping[str, Any]]) -> int:
    """Check the files of the file index against the entry that archived them; returns how many items.

    Raises:
        TamperError: An item is not there, is another one, or the ledger knows of no archiving.
    """
    archived = [entry["detail"] for entry in entries if entry["kind"] == ARCHIVED]
    if not archived or archived[-1].get("number") != manifest.number:
        raise TamperError(f"{PROOF} 中没有档号 {manifest.number} 的归档记录。", PROOF)
    found = {file.item: file for file in manifest.files if file.item is not None}
    items = archived[-1]["items"]
    for item in items:
        sequence, file = item["sequence"], found.pop(item["sequence"], None)
        if file is None and sequence in manifest.missing:
            continue
        if file is None or file.sha256 != item["sha256"]:
            raise TamperError(f"卷内第{sequence}件与归档时台账登记的摘要不符。", f"卷内第{sequence}件")
    for sequence in found:
        raise TamperError(f"卷内第{sequence}件不在归档时登记的卷内目录中。", f"卷内第{sequence}件")
    return len(items)


def _shown(path: str) -> str:
    """Return a path from outside as one line that steers no terminal."""
    return "".join(char if char.isprintable() else "?" for char in path)[:200]
