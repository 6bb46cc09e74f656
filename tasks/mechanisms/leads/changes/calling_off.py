"""Calling a lead off: it was withdrawn, reported twice, or registered by mistake. Source: ADR-0031."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.archive.rules import check_reason
from models.codes import MatterKind, Outcome
from models.documents.vocabulary import DocumentKind
from models.errors import ConflictError, RuleViolation
from models.matters.tables import Evidence, Matter
from models.mechanisms.leads.changes import LONGEST_REFERENCE
from models.mechanisms.leads.vocabulary import CallOff
from models.messages.kinds import MessageKind
from models.record.entry_kinds import EntryKind
from models.texts import check_person, clean_text, required_text
from tasks.desks import Act, MatterFile
from tasks.documents.issuing import NewDocument, issue_documents
from tasks.evidence.pieces import evidence_of
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import find_matter, key_of, lock_matters, read_file
from tasks.mechanisms.leads.changes.concerned import at_work, merged_into
from tasks.messages.posting import tell_unit
from tasks.messages.values import matter_values
from tasks.petitions.pending import drop_petitions
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of


@dataclass(frozen=True)
class CallOffRequest:
    """Why a lead is called off, as typed.

    Attributes:
        why: Which of the three it is.
        grounds: What happened.
        person: Who of the bureau decided it.
        reference: The letter by which it was withdrawn.
        into: The number of the lead that answers for it, where it was reported twice.
    """

    why: CallOff
    grounds: str
    person: str
    reference: str = ""
    into: str = ""


@dataclass(frozen=True)
class CalledOff:
    """The number of a lead, how it ended, the lead that answers for it, and the report; blank where none."""

    number: str
    outcome: Outcome
    into: str
    report: str


def call_off(place: Workplace, number: str, request: CallOffRequest, now: datetime) -> CalledOff:
    """End an open lead before anything came of it; it is counted in no rate.

    Whoever works on it is told. What was withdrawn is reported upward; what was reported twice is answered
    with the lead it goes into, which gets its evidence.

    Args:
        place: The workplace.
        number: The lead.
        request: Why.
        now: The moment (aware).

    Returns:
        What became of it; its run is still to be woken.

    Raises:
        NotFound: There is no such lead.
        RuleViolation: Something is missing, or another lead waits for its answer.
        ConflictError: It is closed, or the lead it is to go into is.
    """
    person, why = check_person(request.person), check_reason(request.grounds, "终止办理的理由")
    reference = _reference(request)
    with screened(place) as session:
        matter, target = _found(session, number, request)
        office = office_of(session, place)
        act = Act(session, office, place.mechanisms, now)
        actor = f"{office.bureau().short_name} {person}"
        file = read_file(session, matter, place.mechanisms)
        case = _Case(act, file, request.why, _named(target) or reference, why, actor)
        report = case.carry_out(target)
        refuse_naming(session, place, matter, Author(office.bureau().code, actor, now), why, reference)
        return CalledOff(matter.number, request.why.outcome, target.number if target else "", report)


def _reference(request: CallOffRequest) -> str:
    """Return the letter by which a lead was withdrawn; refuse what belongs to another reason."""
    if request.why is not CallOff.DUPLICATE and request.into.strip():
        raise RuleViolation("只有重复的线索才并入另一条线索，请核对终止原因。")
    if request.why is CallOff.WITHDRAWN:
        return required_text(request.reference, "撤回的依据（来文文号）", LONGEST_REFERENCE)
    return clean_text(request.reference, "依据")


def _found(session: Session, number: str, request: CallOffRequest) -> tuple[Matter, Matter | None]:
    """Return a lead that may be called off and the one it goes into, both locked."""
    matter = find_matter(session, number)
    target = find_matter(session, request.into) if request.why is CallOff.DUPLICATE else None
    pair = [each for each in (matter, target) if each is not None]
    if any(each.kind is not MatterKind.LEAD for each in pair):
        raise RuleViolation("只有问题线索可以终止办理或并入，请填写线索编号。")
    lock_matters(session, *sorted({key_of(each) for each in pair}))
    if matter.outcome is not None:
        raise ConflictError(f"该线索已办结（{matter.outcome.label}），不能再终止办理。")
    if target is matter:
        raise RuleViolation("线索不能并入自身，请核对编号。")
    if target is not None and target.outcome is not None:
        raise ConflictError(
            f"{target.printed_number} 已办结（{target.outcome.label}），不能并入；再次出现的，请登记为反弹。"
        )
    waiting = next(merged_into(session, key_of(matter)), None)
    if waiting is not None and target is None:
        raise RuleViolation(
            f"{waiting[0].printed_number}（{waiting[0].number}）已并入本线索，其来文单位尚待答复，本线索不能终止办理。"
        )
    return matter, target


def _named(target: Matter | None) -> str:
    """Return into which lead another goes, as people are told; blank where there is none."""
    return f"并入{target.printed_number}（{target.number}）" if target is not None else ""


@dataclass(frozen=True)
class _Case:
    """One lead to be called off, within its transaction."""

    act: Act
    file: MatterFile
    why: CallOff
    reference: str
    grounds: str
    actor: str

    def carry_out(self, target: Matter | None) -> str:
        """Close it, note and tell it; returns the number of the report, blank where none is due."""
        act, matter = self.act, self.file.matter
        row = self.file.open_assignment
        if row is not None:
            row.answered_at, row.rung_at, row.held, row.paused = act.now, None, False, False
            act.session.add(row)
            drop_petitions(act, row, f"线索{self.why.outcome.label}")
        matter.outcome, matter.closed_at = self.why.outcome, act.now
        act.session.add(matter)
        rests_on = f"，{self.reference}" if self.reference else ""
        summary = f"终止办理：{matter.outcome.label}{rests_on}：{self.grounds}"
        append_entry(
            act.session, matter.number, act.now, EntryKind.CALLED_OFF, self.actor, summary,
            outcome=matter.outcome.value, reference=self.reference, grounds=self.grounds,
            into=target.number if target is not None else "",
        )  # fmt: skip
        if target is not None:
            self._merge(target)
        report = self._report() if self.why is CallOff.WITHDRAWN else ""
        self._tell(report)
        return report

    def _merge(self, target: Matter) -> None:
        """Let another lead answer for it: its evidence goes there, and both say so."""
        session, now, lead = self.act.session, self.act.now, self.file.subject
        lead.merged_into_id, target.stale_since = key_of(target), now
        session.add_all((lead, target))
        number = f"，来文{lead.document_number}" if lead.document_number else ""
        summary = f"{self.file.matter.printed_number}（{self.file.matter.number}）系重复，并入本线索{number}"
        append_entry(
            session, target.number, now, EntryKind.MERGED, self.actor, summary,
            merged=self.file.matter.number, source_level=lead.source_level.value,
            document_number=lead.document_number,
        )  # fmt: skip
        known = {piece.sha256 for piece in evidence_of(session, target)}
        own = select(Evidence).where(Evidence.matter_id == self.file.matter.id)
        for piece in session.exec(own.order_by(col(Evidence.id))).all():
            if piece.sha256 in known:
                continue
            session.add(
                Evidence(
                    matter_id=key_of(target), sha256=piece.sha256, name=piece.name,
                    media_type=piece.media_type, size=piece.size, stored_at=now,
                )
            )  # fmt: skip
            append_entry(
                session, target.number, now, EntryKind.EVIDENCE_ADDED, self.actor,
                f"收到印证材料 {piece.name}（随{self.file.matter.number}并入）",
                sha256=piece.sha256, size=piece.size, media_type=piece.media_type,
            )  # fmt: skip

    def _report(self) -> str:
        """Report to the level that sent it that nothing more is done; returns the number of the report."""
        act, office = self.act, self.act.office
        if not self.file.assignments:
            return ""
        superior = office.policy.documents.superiors[self.file.subject.source_level]
        row = self.file.assignments[-1].row
        values = {**matter_values(office, self.file, row, row.unit_code), **self._told()}
        report = NewDocument(
            DocumentKind.CALL_OFF_REPORT, self.file.matter, superior, values, actor=self.actor
        )
        return issue_documents(act.session, office, [report], act.now)[0]

    def _tell(self, report: str) -> None:
        """Tell everybody who works on it; the report goes upward through the bureau."""
        act, office = self.act, self.act.office
        for code in at_work(self.file):
            row = self.file.assignments[-1].row
            is_bureau = code == office.bureau().code
            if not is_bureau or report:
                tell_unit(
                    act.session, office, self.file, row, MessageKind.CALLED_OFF, code, act.now,
                    document=report if is_bureau else "", **self._told(),
                )  # fmt: skip

    def _told(self) -> dict[str, object]:
        """Return what is told of the reason."""
        return {"reasons": self.grounds, "reference": self.reference}
