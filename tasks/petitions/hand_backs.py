"""Handing back (退办): a unit says that a matter is not its own, and the bureau decides. Source: ADR-0030."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import takewhile
from pathlib import Path

from sqlmodel import Session, col, select

from models.codes import Outcome
from models.errors import ConflictError
from models.matters.facts import AcceptedAnswer
from models.matters.tables import Assignment, Evidence, Matter
from models.matters.vocabulary import Assigning
from models.mechanisms.hand_backs import (
    HAND_BACKS,
    AcceptedHandBack,
    HandBackDraft,
    accept_hand_back,
)
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.petitions.tables import Petition, PetitionEvidence
from models.record.entry_kinds import EntryKind
from tasks.desks import Act, AnsweredAssignment, MatterFile
from tasks.evidence.pieces import referenced_evidence, store_pieces
from tasks.evidence.taking_in import taken_in
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import find_matter, key_of, read_file, step_label
from tasks.messages.posting import tell_unit
from tasks.petitions.pending import NewPetition, open_petition
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of


@dataclass(frozen=True)
class HandBackRequest:
    """What a unit says that hands a matter back.

    Attributes:
        unit: Code or name of the unit that owes the answer.
        person: Who says so (经办人).
        grounds: Why it is not its own.
        files: Files to be stored with the matter; there may be none.
        references: Numbers of evidence stored before, as E12.
    """

    unit: str
    person: str
    grounds: str
    files: Sequence[Path] = ()
    references: Sequence[str] = ()


def hand_back(place: Workplace, number: str, request: HandBackRequest, now: datetime) -> str:
    """Put before the bureau that a matter is not the unit's own; once for each handing over.

    Overdue rungs and the deemed receipt wait for the decision, unless the term had run out before.

    Args:
        place: The workplace.
        number: The matter.
        request: What the unit says.
        now: The moment it came in (aware).

    Returns:
        The number of the request, as L2026-0012-B1; its run is still to be started.

    Raises:
        NotFound: Unknown matter, unit, evidence number or file.
        RuleViolation: It breaks a rule; nothing is written.
        ConflictError: It was handed back before, verified, or is closed.
    """
    with taken_in(place, request.files) as pieces, screened(place) as session:
        matter = find_matter(session, number, for_change=True)
        office = office_of(session, place)
        file = read_file(session, matter, place.mechanisms)
        known = referenced_evidence(session, matter, request.references)
        draft = HandBackDraft(request.unit, request.person, now, request.grounds)
        accepted = accept_hand_back(draft, file.desk.facts(file, office), file.desk.kind, office)
        row = file.assignments[-1].row
        _refuse_again(session, file)
        actor = f"{office.stored(accepted.unit).short_name} {accepted.person}"
        names = (piece.name for piece in pieces)
        refuse_naming(session, place, matter, Author(accepted.unit, actor, now), request.grounds, *names)
        stored = store_pieces(session, matter, pieces, now)
        files = {key_of(piece): piece for piece in (*known, *stored)}
        return _put_forward(session, office, matter, row, accepted, files, now)


def _refuse_again(session: Session, file: MatterFile) -> None:
    """Refuse what was put forward before about the same handing over: receipt and verification are of one.

    Raises:
        ConflictError: It waits for its decision, or the bureau insisted.
    """
    rows = list(takewhile(partial(_is_alike, file), reversed(file.assignments)))
    keys = [key_of(each.row) for each in rows]
    asked = select(Matter).join(Petition).where(col(Petition.assignment_id).in_(keys))
    for matter in session.exec(asked.where(Matter.kind == HAND_BACKS.code)):
        if matter.outcome is None:
            raise ConflictError(f"已提出退办（{matter.printed_number}），请等待发展改革部门决定。")
        if matter.outcome is Outcome.INSISTED:
            raise ConflictError(f"{matter.printed_number} 已决定不同意退办，请按期办理。")


def _is_alike(file: MatterFile, each: AnsweredAssignment) -> bool:
    """Tell whether an assignment came by the same handing over as the last one."""
    last = file.assignments[-1]
    if each is last:
        return True
    same = each.row.unit_code == last.row.unit_code and each.counting is not None
    return same and file.desk.kind.duty(each.row.step).may_be_handed_back


def _put_forward(
    session: Session,
    office: Office,
    matter: Matter,
    row: Assignment,
    accepted: AcceptedHandBack,
    files: Mapping[int, Evidence],
    now: datetime,
) -> str:
    """Store the request with its files, hold the ladder and note both; returns its number."""
    asked = NewPetition(HAND_BACKS, matter, row, accepted.unit, accepted.person, accepted.grounds)
    petition = open_petition(session, asked, now)
    for piece in files:
        session.add(PetitionEvidence(matter_id=key_of(petition), evidence_id=piece))
    row.held = accepted.holds
    matter.stale_since = now
    session.add_all((row, matter))
    unit = office.stored(accepted.unit)
    waits = "其间到期后的督办暂缓" if accepted.holds else "期限此前已满，督办照常"
    said = f"{petition.printed_number}，{step_label(row)}环节，{waits}"
    summary = f"{unit.name}提出退办（{said}）：{accepted.grounds}"
    for stream in (matter.number, petition.number):
        append_entry(
            session, stream, now, EntryKind.HANDED_BACK, f"{unit.short_name} {accepted.person}", summary,
            petition=petition.number, step=row.step.value, round=row.round, unit=unit.code,
            grounds=accepted.grounds, evidence=sorted(piece.sha256 for piece in files.values()),
        )  # fmt: skip
    return petition.number


def insist(act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
    """Leave the matter with the unit that handed it back: its old clock goes on, and it is told why.

    Args:
        act: The transaction that records the ruling.
        file: The request.
        accepted: The ruling.
    """
    session, office, matter, row = act.session, act.office, file.matter, file.subject.about
    parent = session.get_one(Matter, matter.parent_id)
    row.held, row.rung_at, parent.stale_since = False, act.now, act.now
    session.add_all((row, parent))
    actor = f"{office.stored(accepted.unit).short_name} {accepted.person}"
    unit = office.stored(file.subject.petition.unit_code)
    summary = (
        f"不同意{unit.name}退办（{matter.printed_number}）：{accepted.explanation}；到期日仍为 {row.due_on}"
    )
    append_entry(
        session, parent.number, act.now, EntryKind.HAND_BACK_REFUSED, actor, summary,
        petition=matter.number, decision=Assigning.INSIST.value, due_on=row.due_on.isoformat(),
    )  # fmt: skip
    ruled = file.assignments[-1].row
    tell_unit(
        session, office, file, ruled, MessageKind.HAND_BACK_REPLY, unit.code, act.now,
        reasons=accepted.explanation,
    )  # fmt: skip
