"""Evidence: files that a matter rests on, each stored once however many matters have it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from models.archive.tables import ArchiveRecord
from models.errors import NotFound, RuleViolation
from models.matters.tables import Evidence, Matter
from models.petitions.tables import PetitionEvidence
from models.record.entry_kinds import EntryKind
from models.texts import check_text
from tasks.evidence.taking_in import Piece, no_room, taken_in
from tasks.files.stored_files import keep_files
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import find_matter, key_of
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace


def add_evidence(
    place: Workplace, number: str, paths: Sequence[Path], person: str, now: datetime
) -> list[Evidence]:
    """Store files for a matter ahead of an answer, so that a form can name them.

    Returns:
        One stored row per path, in order, that of a photograph followed by its JPEG for looking; a file known
        to the matter is not stored again.

    Raises:
        NotFound: Unknown matter or file.
        RuleViolation: A file cannot be taken, or is new to a closed matter; nothing is stored.
        InputError: There is no room for a file; nothing is stored.
    """
    check_text(person, "经办人")
    with taken_in(place, paths) as pieces, screened(place) as session:
        matter = find_matter(session, number, for_change=True)
        known = {row.sha256 for row in evidence_of(session, matter)}
        # What the matter has already may be handed in again at any time: that is how a lost file comes back.
        if _is_disposed(session, matter) or (
            matter.outcome is not None and any(piece.file.sha256 not in known for piece in pieces)
        ):
            raise RuleViolation("该事项已办结，不再接收新的印证材料。")
        # Whoever hands in a file names no unit.
        refuse_naming(session, place, matter, Author("", person, now), *(piece.name for piece in pieces))
        rows = store_pieces(session, matter, pieces, now)
        for row in {row.sha256: row for row in rows if row.sha256 not in known}.values():
            append_entry(
                session, matter.number, now, EntryKind.EVIDENCE_ADDED, person, f"收到印证材料 {row.name}",
                sha256=row.sha256, size=row.size, media_type=row.media_type,
            )  # fmt: skip
        return rows


def store_pieces(session: Session, matter: Matter, pieces: Sequence[Piece], now: datetime) -> list[Evidence]:
    """Store checked files and their rows within a transaction; a known file gives its known row.

    Returns:
        One row per file, in order.

    Raises:
        InputError: There is no room for a file.
    """
    try:
        keep_files(session, [piece.file for piece in pieces], now)
    except OSError as error:
        raise no_room("、".join(piece.name for piece in pieces)) from error
    return [_known(session, matter, piece) or _new_row(session, matter, piece, now) for piece in pieces]


def evidence_of(session: Session, matter: Matter) -> Sequence[Evidence]:
    """Return the files of a matter in the order they came: its own, and those a petition rests on."""
    own = select(Evidence.id).where(Evidence.matter_id == matter.id)
    rested_on = select(PetitionEvidence.evidence_id).where(PetitionEvidence.matter_id == matter.id)
    # Two indexes and no look at all files, as PostgreSQL would take for one condition or the other.
    query = select(Evidence).where(col(Evidence.id).in_(own.union(rested_on)))
    return session.exec(query.order_by(col(Evidence.id))).all()


def referenced_evidence(session: Session, matter: Matter, references: Sequence[str]) -> list[Evidence]:
    """Return stored evidence of a matter by its numbers, as E12.

    Raises:
        NotFound: A number is not that of evidence of this matter.
    """
    rows = []
    for reference in references:
        digits = reference.strip().upper().removeprefix("E")
        row = session.get(Evidence, int(digits)) if digits.isdecimal() and len(digits) < 10 else None  # noqa: PLR2004 - an SQL integer
        if row is None or row.matter_id != matter.id:
            raise NotFound(f"该事项没有编号为“{reference}”的印证材料，请先用 zero137 evidence add 上传。")
        rows.append(row)
    return rows


def _is_disposed(session: Session, matter: Matter) -> bool:
    """Tell whether the archive of a matter was destroyed: what is gone for good is not brought back."""
    record = session.get(ArchiveRecord, matter.root_id or matter.id)
    return record is not None and record.disposed_at is not None


def _known(session: Session, matter: Matter, piece: Piece) -> Evidence | None:
    """Return the row of a file the matter already has."""
    query = select(Evidence).where(Evidence.matter_id == matter.id, Evidence.sha256 == piece.file.sha256)
    return session.exec(query).first()


def _new_row(session: Session, matter: Matter, piece: Piece, now: datetime) -> Evidence:
    """Write the row of a file that is new to the matter."""
    row = Evidence(
        matter_id=key_of(matter), sha256=piece.file.sha256, name=piece.name, media_type=piece.media_type,
        size=piece.file.size, stored_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row
