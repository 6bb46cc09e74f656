"""Evidence files: recognised by content, addressed by digest, written whole or not at all."""

import codecs
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlmodel import Session, select

from models.errors import NotFound, RuleViolation
from models.tables import Evidence, Matter
from models.texts import check_text
from tasks.blobs import blob_path, sync_folder
from tasks.ledger import append_entry
from tasks.matters import find_matter, key_of
from tasks.workplace import Workplace

_HEAD_BYTES = 8192
_OOXML = "application/vnd.openxmlformats-officedocument"
# A ZIP that is a document: told by a part it must have, wherever that stands.
_PACKAGES = {
    "OFD.xml": "application/ofd",
    "word/document.xml": f"{_OOXML}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OOXML}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OOXML}.presentationml.presentation",
}
_CHUNK_BYTES = 1 << 20
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Piece:
    """A file that may become evidence."""

    path: Path
    sha256: str
    media_type: str
    size: int


def inspect_file(place: Workplace, path: Path) -> Piece:
    """Check that a file can be taken as evidence; nothing is written.

    Raises:
        NotFound: There is no such file, or it cannot be read.
        RuleViolation: It is empty, too large or of a kind that is not taken. Source: 通知§12(五).
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise NotFound(f"印证材料“{path.name}”不是文件，请逐个指定文件。")
        if size == 0:
            raise RuleViolation(f"印证材料“{path.name}”是空文件，请核对。")
        if size > place.evidence_limit:
            limit = place.evidence_limit // _MEGABYTE
            raise RuleViolation(
                f"印证材料“{path.name}”超过{limit}MB（设置 ZERO137_EVIDENCE_MB），请压缩或拆分。"
            )
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
            digest = hashlib.sha256(head)
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise NotFound(f"印证材料“{path.name}”不存在或无法读取，请核对路径。") from error
    media_type = recognise_package(path) if head.startswith(b"PK") else recognise(head)
    if media_type not in place.policy.evidence.media_types:
        raise RuleViolation(
            f"印证材料“{path.name}”的类型不在可接受范围（按内容识别），请提交 PDF、Word、Excel、图片或文本。"
        )
    return Piece(path, digest.hexdigest(), media_type, size)


def recognise_package(path: Path) -> str:
    """Return the MIME type of a ZIP that is a document, by a part it must have; blank for any other."""
    try:
        with zipfile.ZipFile(path) as package:
            parts = set(package.namelist())
    except (zipfile.BadZipFile, OSError):
        return ""
    return next((media_type for part, media_type in _PACKAGES.items() if part in parts), "")


def recognise(head: bytes) -> str:
    """Return the MIME type of a file from its first bytes; blank where it is unknown."""
    from filetype import guess

    kind = guess(head)
    if kind is not None:
        return str(kind.mime)
    if b"\0" in head:
        return ""
    for encoding in ("utf-8", "gb18030"):
        # The head may end within a character, which an incremental decoder forgives.
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            decoder.decode(head, final=len(head) < _HEAD_BYTES)
        except UnicodeDecodeError:
            continue
        return "text/plain"
    return ""


def add_evidence(
    place: Workplace, number: str, paths: Sequence[Path], person: str, now: datetime
) -> list[Evidence]:
    """Store files for a lead ahead of an answer, so that a form can name them.

    Returns:
        One stored row per path, in order; a file known to the lead is not stored again.

    Raises:
        NotFound: Unknown lead or file.
        RuleViolation: A file cannot be taken, or the lead is closed; nothing is stored.
    """
    check_text(person, "经办人")
    pieces = [inspect_file(place, path) for path in paths]
    with place.writing() as session:
        matter = find_matter(session, number, for_change=True)
        if matter.outcome is not None:
            raise RuleViolation("该线索已办结，不再接收印证材料。")
        rows = []
        for piece in pieces:
            known = _known(session, matter, piece.sha256)
            rows.append(known or store_piece(place, session, matter, piece, now))
            if known is None:
                append_entry(
                    session, matter.number, now, "evidence_added", person, f"收到印证材料 {piece.path.name}",
                    sha256=piece.sha256, size=piece.size, media_type=piece.media_type,
                )  # fmt: skip
        return rows


def store_piece(place: Workplace, session: Session, matter: Matter, piece: Piece, now: datetime) -> Evidence:
    """Store a checked file and its row within a transaction; a known file gives its known row."""
    known = _known(session, matter, piece.sha256)
    if known is not None:
        return known
    _write_blob(place.evidence_folder, piece)
    # A name may hold bytes that are no text; they are shown as question marks.
    name = os.fsencode(piece.path.name).decode("utf-8", "replace")
    row = Evidence(
        matter_id=key_of(matter), sha256=piece.sha256, name=name, media_type=piece.media_type,
        size=piece.size, stored_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def referenced_evidence(session: Session, matter: Matter, references: Sequence[str]) -> list[Evidence]:
    """Return stored evidence of a lead by its numbers, as E12.

    Raises:
        NotFound: A number is not that of evidence of this lead.
    """
    rows = []
    for reference in references:
        digits = reference.strip().upper().removeprefix("E")
        row = session.get(Evidence, int(digits)) if digits.isdecimal() and len(digits) < 10 else None  # noqa: PLR2004 - an SQL integer
        if row is None or row.matter_id != matter.id:
            raise NotFound(f"该线索没有编号为“{reference}”的印证材料，请先用 zero137 evidence add 上传。")
        rows.append(row)
    return rows


def _known(session: Session, matter: Matter, sha256: str) -> Evidence | None:
    """Return the row of a file the lead already has."""
    query = select(Evidence).where(Evidence.matter_id == matter.id, Evidence.sha256 == sha256)
    return session.exec(query).first()


def _write_blob(folder: Path, piece: Piece) -> None:
    """Copy a file into the store and make it durable before the transaction may commit.

    The copy is digested again: a file that changed since it was checked is refused.
    """
    target = blob_path(folder, piece.sha256)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as copy:
        try:
            if _copied(piece.path, copy.file) != piece.sha256:
                raise RuleViolation(f"印证材料“{piece.path.name}”在读取时被修改，请重试。")  # noqa: TRY301
            Path(copy.name).replace(target)
            for changed in (target.parent, folder):
                sync_folder(changed)
        except BaseException:
            Path(copy.name).unlink(missing_ok=True)
            raise


def _copied(source: Path, copy: IO[bytes]) -> str:
    """Copy a file durably and return the digest of what was written."""
    digest = hashlib.sha256()
    with source.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            copy.write(chunk)
    copy.flush()
    os.fsync(copy.fileno())
    return digest.hexdigest()
