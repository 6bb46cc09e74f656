"""Verifying an exported archive: a folder or ZIP, without database or settings. Source: 通知§13(六)."""

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from models.archive.manifest import EXPORTED, MANIFEST, PROOF, check_files, check_items, check_manifest
from models.archive.stored_zip import ZipMember, directory
from models.errors import InputError, NotFound, TamperError
from models.record.proof import CheckedProof, check_proof

# What is read as a whole; everything else is read in pieces.
_LARGEST_TEXT = 256 << 20
_CHUNK_BYTES = 1 << 20
_ZIP_PLACE = "压缩包结构"


@dataclass(frozen=True)
class VerifiedExport:
    """What a copy of an archive was proven to be.

    Attributes:
        number: The 档号.
        lead: The matter's number.
        files: How many files there are, beside manifest and proof.
        items: How many items its file index has.
        missing: The items that could not be exported.
        entries: How many entries of the ledger.
        seal_number: The seal up to which they are proven.
        seal_hash: Its digest, to be compared with the one kept elsewhere.
        exported_at: When it was exported, in the office's zone.
        exported_by: By whom.
    """

    number: str
    lead: str
    files: int
    items: int
    missing: tuple[int, ...]
    entries: int
    seal_number: int
    seal_hash: str
    exported_at: str
    exported_by: str


class _Copy(Protocol):
    """A copy of an archive, whatever it lies in."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """What was found, by path, in bytes."""

    def chunks(self, path: str) -> Iterator[bytes]:
        """Give the content of a file that was found, in pieces."""

    def close(self, number: str) -> None:
        """Check what is not content, once all content is as it should be."""


def verify_export(path: Path) -> VerifiedExport:
    """Verify a copy of an archive: the proof, the manifest, every file, the file index, in this order.

    Raises:
        NotFound: There is nothing at the path.
        InputError: It is no exported archive, or cannot be read.
        TamperError: The first place that is not as it was exported.
    """
    try:
        if path.is_dir():
            return _verify(_Folder(path))
        if path.is_file():
            return _verify(_Zip(path))
    except (KeyError, TypeError, AttributeError) as error:
        # A ledger that was made up may hold entries of any shape.
        raise TamperError(f"{PROOF} 中的记录缺少应有的内容，可能是伪造的。", PROOF) from error
    except OSError as error:
        raise InputError(f"“{path.name}”无法读取，请检查文件、磁盘和权限。") from error
    raise NotFound(f"“{path.name}”不存在，请填写导出的文件夹或压缩包的路径。")


def _verify(copy: _Copy) -> VerifiedExport:
    """Verify what lies in a folder or ZIP."""
    if MANIFEST not in copy.sizes and PROOF not in copy.sizes:
        raise InputError(f"这里没有 {PROOF} 和 {MANIFEST}，不是导出的档案，请核对路径。")
    proof = _proof(copy)
    manifest = check_manifest(_text(copy, MANIFEST), proof.entries)
    if manifest.lead != proof.stream:
        raise TamperError(f"{PROOF} 属于 {proof.stream}，不是 {manifest.lead} 的。", PROOF)
    check_files(manifest, copy.sizes, lambda path: _digest(copy, path))
    items = check_items(manifest, proof.entries)
    copy.close(manifest.number)
    exported = next(entry for entry in reversed(proof.entries) if entry["kind"] == EXPORTED)
    return VerifiedExport(
        number=manifest.number, lead=manifest.lead, files=len(manifest.files), items=items,
        missing=manifest.missing, entries=len(proof.entries), seal_number=proof.seal_number,
        seal_hash=proof.seal_hash, exported_at=manifest.exported_at, exported_by=exported["actor"],
    )  # fmt: skip


def _proof(copy: _Copy) -> CheckedProof:
    """Check the proof; beside a manifest, what is no proof was one."""
    text = _text(copy, PROOF)
    try:
        return check_proof(text)
    except TamperError as error:
        raise TamperError(f"{PROOF}：{error}", f"{PROOF} {error.position}") from error
    except (InputError, ValueError, TypeError, KeyError) as error:
        raise TamperError(f"{PROOF} 不是有效的台账证明，可能被改动。", PROOF) from error


def _text(copy: _Copy, path: str) -> str:
    """Return a file as text.

    Raises:
        TamperError: It is missing, too large or no text.
    """
    if path not in copy.sizes:
        raise TamperError(f"缺少文件“{path}”，已被删除或改名。", path)
    if copy.sizes[path] > _LARGEST_TEXT:
        raise TamperError(f"文件“{path}”大得不合常理，可能被改动。", path)
    try:
        return b"".join(copy.chunks(path)).decode()
    except UnicodeDecodeError as error:
        raise TamperError(f"文件“{path}”不是有效的文字，可能被改动。", path) from error


def _digest(copy: _Copy, path: str) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    for chunk in copy.chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


@dataclass
class _Folder:
    """A copy in a folder; links are not followed, so that nothing outside is read."""

    folder: Path
    sizes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look at every name; a folder without files counts as a file that should not be there."""
        for place, folders, names in os.walk(self.folder, followlinks=False):
            here = Path(place)
            links = [name for name in folders if (here / name).is_symlink()]
            empty = [] if folders or names or here == self.folder else [here]
            for path in [*(here / name for name in (*names, *links)), *empty]:
                plain = path.is_file() and not path.is_symlink()
                # What is no plain file has no size that a manifest could name.
                self.sizes[path.relative_to(self.folder).as_posix()] = path.stat().st_size if plain else -1

    def chunks(self, path: str) -> Iterator[bytes]:
        """Give the content of a file in pieces, and no more than its size when it was looked at."""
        if self.sizes[path] < 0:
            raise TamperError(f"“{path}”不是普通文件，已被替换。", path)
        with (self.folder / path).open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk

    def close(self, number: str) -> None:
        """Do nothing: a folder has nothing but its files, and may be called anything."""


@dataclass
class _Zip:
    """A copy in a ZIP as it was exported: stored, in one order, without a byte that could be chosen."""

    path: Path
    sizes: dict[str, int] = field(default_factory=dict)
    _files: list[ZipMember] = field(default_factory=list)
    _begins: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the directory; where the content of each file must lie follows from what it says."""
        offset = 0
        for told in self._listed():
            name = told.filename.partition("/")[2]
            file = ZipMember(told.filename, told.file_size, told.CRC)
            if told.compress_type != zipfile.ZIP_STORED or not name or name in self.sizes:
                raise _changed(told.header_offset)
            self.sizes[name] = told.file_size
            self._begins[name] = offset + len(file.header)
            self._files.append(file)
            offset += len(file.header) + file.size
        if offset > self.path.stat().st_size:
            # No file is larger than the ZIP itself: what would unpack into more is none of ours.
            raise _changed(self.path.stat().st_size)

    def _listed(self) -> list[zipfile.ZipInfo]:
        """Return the files of the directory in its order."""
        with self.path.open("rb") as stream:
            # What cannot be read at all is not damaged, and told as what it is.
            begins = stream.read(2)
        if begins != b"PK" and self.path.suffix.lower() != ".zip":
            raise InputError(f"“{self.path.name}”不是导出的文件夹或压缩包，请核对路径。")
        try:
            with zipfile.ZipFile(self.path) as package:
                return package.infolist()
        except Exception as error:
            # A damaged directory fails in many ways, few of them documented.
            raise TamperError("压缩包已损坏或被截短，也可能不是压缩包。", _ZIP_PLACE) from error

    def chunks(self, path: str) -> Iterator[bytes]:
        """Give the content of a file in pieces."""
        left = self.sizes[path]
        with self.path.open("rb") as stream:
            stream.seek(self._begins[path])
            while left and (chunk := stream.read(min(left, _CHUNK_BYTES))):
                left -= len(chunk)
                yield chunk

    def close(self, number: str) -> None:
        """Compare every byte that is not content with the one that must stand there."""
        sound = [
            ZipMember(f"{number}/{name}", file.size, self._crc(name))
            for name, file in zip(self.sizes, self._files, strict=True)
        ]
        sound.sort(key=lambda file: file.name)
        with self.path.open("rb") as stream:
            for file in sound:
                _compare(stream.tell(), stream.read(len(file.header)), file.header)
                stream.seek(file.size, os.SEEK_CUR)
            tail = directory(sound)
            _compare(stream.tell(), stream.read(len(tail) + 1), tail)

    def _crc(self, path: str) -> int:
        """Return the CRC-32 of a file."""
        crc = 0
        for chunk in self.chunks(path):
            crc = zlib.crc32(chunk, crc)
        return crc


def _compare(offset: int, found: bytes, expected: bytes) -> None:
    """Refuse bytes that are not those expected, naming the first that differs."""
    if found != expected:
        pairs = zip(found, expected, strict=False)
        shorter = min(len(found), len(expected))
        same = next((at for at, (one, other) in enumerate(pairs) if one != other), shorter)
        raise _changed(offset + same)


def _changed(offset: int) -> TamperError:
    """Return the error of a ZIP that is not as it was exported."""
    place = f"{_ZIP_PLACE}第{offset + 1}字节"
    return TamperError(f"压缩包自第{offset + 1}字节起与导出时不同；如系自行压缩，请解压后核验文件夹。", place)
