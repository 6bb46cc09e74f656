"""Extensions: asked for in writing before the term runs out, decided by the approver. Source: 通知§12(四)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlmodel import Session

from models.days.terms import day_label
from models.documents.vocabulary import DocumentKind
from models.errors import ConflictError
from models.matters.facts import AcceptedAnswer
from models.matters.tables import Assignment, Evidence, Matter
from models.matters.vocabulary import Ruling
from models.mechanisms.extensions import EXTENSIONS, AcceptedExtension, ExtensionDraft, accept_extension
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.petitions.tables import PetitionEvidence
from models.record.entry_kinds import EntryKind
from tasks.desks import Act, MatterFile
from tasks.documents.issuing import NewDocument, issue_documents
from tasks.evidence.pieces import referenced_evidence, store_pieces
from tasks.evidence.taking_in import taken_in
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.due_dates import due_at_extension
from tasks.matters.reading import find_matter, key_of, read_file
from tasks.messages.posting import tell_unit
from tasks.messages.values import matter_values
from tasks.petitions.pending import NewPetition, move_due, open_petition, pending_petitions
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of, work_calendar


@dataclass(frozen=True)
class ExtensionRequest:
    """A request for an extension as it is handed in.

    Attributes:
        unit: Code or name of the competent authority.
        person: Who asks for it (经办人).
        until: The proposed date, as 2026-12-11.
        grounds: Why the term cannot be kept.
        files: Files of the written request to be stored with the lead.
        references: Numbers of evidence stored before, as E12.
    """

    unit: str
    person: str
    until: str
    grounds: str
    files: Sequence[Path] = ()
    references: Sequence[str] = ()


def request_extension(place: Workplace, number: str, request: ExtensionRequest, now: datetime) -> str:
    """Put a request for an extension before the approver; the overdue rungs wait for the decision.

    Args:
        place: The workplace.
        number: The lead.
        request: The request.
        now: The moment it came in (aware).

    Returns:
        The number of the request, as L2026-0012-Y1; its run is still to be started.

    Raises:
        NotFound: Unknown lead, unit, evidence number or file, or there is no approver.
        RuleViolation: The request breaks a rule, or comes after the due date; nothing is written.
        ConflictError: Another request about the same due date waits for its decision, or the lead is closed.
    """
    with taken_in(place, request.files) as pieces, screened(place) as session:
        lead = find_matter(session, number, for_change=True)
        office = office_of(session, place)
        file = read_file(session, lead, place.mechanisms)
        known = referenced_evidence(session, lead, request.references)
        draft = ExtensionDraft(
            request.unit, request.person, now, request.until, request.grounds, len(pieces) + len(known)
        )
        accepted = accept_extension(draft, file.desk.facts(file, office), office)
        row = file.assignments[-1].row
        if pending_petitions(session, row, EXTENSIONS.code):
            raise ConflictError("该线索已有延期申请待审批，请等待审批结果。")
        actor = f"{office.stored(accepted.unit).short_name} {accepted.person}"
        names = (piece.name for piece in pieces)
        refuse_naming(session, place, lead, Author(accepted.unit, actor, now), request.grounds, *names)
        stored = store_pieces(session, lead, pieces, now)
        request_files = {key_of(piece): piece for piece in (*known, *stored)}
        return _Case(session, office, lead, row, accepted, now).put_forward(request_files)


@dataclass(frozen=True)
class _Case:
    """An accepted request with everything it concerns, within its transaction."""

    session: Session
    office: Office
    lead: Matter
    row: Assignment
    accepted: AcceptedExtension
    now: datetime

    def put_forward(self, request_files: Mapping[int, Evidence]) -> str:
        """Store the request with its files, hold the ladder and note both; returns its number."""
        accepted, row = self.accepted, self.row
        # A date outside any calendar is refused now, not when it is granted.
        due_at_extension(accepted.until, work_calendar(self.session))
        asked = NewPetition(
            EXTENSIONS, self.lead, row, accepted.unit, accepted.person, accepted.grounds,
            proposed_on=accepted.until,
        )  # fmt: skip
        matter = open_petition(self.session, asked, self.now)
        for piece in request_files:
            self.session.add(PetitionEvidence(matter_id=key_of(matter), evidence_id=piece))
        row.held = True
        self.lead.stale_since = self.now
        self.session.add_all((row, self.lead))
        self._note(matter, sorted(piece.sha256 for piece in request_files.values()))
        return matter.number

    def _note(self, matter: Matter, digests: list[str]) -> None:
        """Append the request to the ledger of the lead, and as the first fact to its own."""
        accepted, due_on = self.accepted, self.row.due_on
        actor = f"{self.office.stored(accepted.unit).short_name} {accepted.person}"
        summary = (
            f"申请延期（{matter.printed_number}）：整改到期日由 {due_on} 延至 {accepted.until}，"
            f"报{self.office.approver(accepted.unit).name}审批，其间到期后的督办暂缓"
        )
        for stream in (self.lead.number, matter.number):
            append_entry(
                self.session, stream, self.now, EntryKind.EXTENSION_REQUESTED, actor, summary,
                extension=matter.number, due_on=due_on.isoformat(),
                proposed_on=accepted.until.isoformat(), grounds=accepted.grounds, evidence=digests,
            )  # fmt: skip


def settle_extension(act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
    """Move the due date as it was granted, or let the ladder resume; tell whoever asked and whoever owes.

    Args:
        act: The transaction that records the ruling.
        file: The request.
        accepted: The ruling.
    """
    session, office, matter, row = act.session, act.office, file.matter, file.subject.about
    now, before = accepted.recorded_at, row.due_on
    lead = session.get_one(Matter, matter.parent_id)
    approved = Ruling(accepted.decision) is Ruling.APPROVE
    row.held, row.rung_at, lead.stale_since = False, now, now
    session.add_all((row, lead))
    actor = f"{office.stored(accepted.unit).short_name} {accepted.person}"
    summary = f"不同意延期（{matter.printed_number}）：{accepted.explanation}；到期日仍为 {row.due_on}"
    if approved:
        row.extended_to = date.fromisoformat(accepted.fields["until"])
        move_due(act, lead, row, due_at_extension(row.extended_to, work_calendar(session)))
        summary = f"同意延期（{matter.printed_number}）：整改到期日由 {before} 延至 {_label(row)}"
    kind = EntryKind.EXTENDED if approved else EntryKind.EXTENSION_REFUSED
    append_entry(
        session, lead.number, now, kind, actor, summary,
        extension=matter.number, before=before.isoformat(), after=row.due_on.isoformat(),
    )  # fmt: skip
    _tell(act, file, accepted, before)


def _tell(act: Act, file: MatterFile, accepted: AcceptedAnswer, before: date) -> None:
    """Write the reply to the authority and to the unit that rectifies."""
    session, office, row = act.session, act.office, file.subject.about
    # Whoever asked may have been abolished meanwhile.
    asked_by = office.heir(file.subject.petition.unit_code).code
    approved = Ruling(accepted.decision) is Ruling.APPROVE
    told = {
        "approved": approved, "before": day_label(before), "after": _label(row),
        "ruling": Ruling(accepted.decision).label, "reasons": accepted.explanation,
        "decided_by": office.stored(accepted.unit).name,
    }  # fmt: skip
    ruled = file.assignments[-1].row
    lead = session.get_one(Matter, file.matter.parent_id)
    values = {**matter_values(office, file, ruled, asked_by), **told, "lead_number": lead.printed_number}
    owing = office.stored(row.unit_code).name
    reply = NewDocument(
        DocumentKind.EXTENSION_REPLY, lead, office.stored(asked_by).name, values,
        issuer=office.stored(accepted.unit).name,
        copies=tuple(dict.fromkeys(n for n in (office.bureau().name, owing) if n != values["asked_by"])),
    )  # fmt: skip
    (document,) = issue_documents(session, office, [reply], accepted.recorded_at)
    for code in dict.fromkeys((asked_by, row.unit_code)):
        tell_unit(
            session, office, file, ruled, MessageKind.EXTENSION_REPLY, code, accepted.recorded_at,
            document=document, **told,
        )  # fmt: skip


def _label(row: Assignment) -> str:
    """Return a due date as people read it."""
    return day_label(row.due_on, provisional=row.provisional)
