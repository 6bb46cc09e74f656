"""Correcting what was registered, while the lead is open. Source: ADR-0031."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from models.archive.rules import check_reason
from models.codes import MatterKind, Step
from models.days.terms import Due, DueDates
from models.errors import ConflictError, RuleViolation
from models.matters.facts import last_answer
from models.matters.tables import Matter
from models.mechanisms.leads.changes import Said, changes_between, read_correction, said_by
from models.mechanisms.leads.duties import LEADS
from models.mechanisms.leads.tables import FormerFingerprint, Lead
from models.messages.kinds import MessageKind
from models.record.entries import RULE, digest
from models.record.entry_kinds import EntryKind
from models.texts import check_person
from tasks.desks import Act, MatterFile
from tasks.informants.screening import Author, is_naming, refuse_naming, screened
from tasks.matters.due_dates import settle_due
from tasks.matters.opening import series_of
from tasks.matters.reading import find_matter, key_of, read_file
from tasks.mechanisms.leads.changes.concerned import others_at_work
from tasks.messages.posting import tell_unit
from tasks.petitions.pending import drop_petitions, move_due
from tasks.record.ledger import append_entry
from tasks.turns import take_turn
from tasks.workplace import Workplace, office_of, work_calendar


@dataclass(frozen=True)
class CorrectionRequest:
    """What is to be corrected, as typed (by the keys in ``CORRECTABLE``, blank stays), why, and by whom."""

    given: Mapping[str, str]
    grounds: str
    person: str


@dataclass(frozen=True)
class Corrected:
    """The number of a lead, and what changed, a line each."""

    number: str
    changes: list[str]


def correct_lead(place: Workplace, number: str, request: CorrectionRequest, now: datetime) -> Corrected:
    """Correct an open lead; the ledger keeps both, and whoever works on it is told.

    Where that moves the due date of the transfer it is computed anew, and never into the past.

    Args:
        place: The workplace.
        number: The lead.
        request: What is to be corrected.
        now: The moment (aware).

    Raises:
        NotFound: There is no such lead.
        RuleViolation: Nothing changes, something cannot be read, or nobody or no reason is named.
        ConflictError: It is closed, or another lead says the same.
    """
    person, why = check_person(request.person), check_reason(request.grounds, "更正理由")
    with screened(place) as session:
        matter = find_matter(session, number, for_change=True)
        if matter.kind is not MatterKind.LEAD:
            raise RuleViolation("只更正问题线索的登记内容，请填写线索编号。")
        if matter.outcome is not None:
            raise ConflictError(f"该线索已办结（{matter.outcome.label}），登记内容不再更正。")
        take_turn(session, series_of(LEADS, place.policy, now))
        office = office_of(session, place)
        case = _Case(
            Act(session, office, place.mechanisms, now), place, read_file(session, matter, place.mechanisms),
            f"{office.bureau().short_name} {person}", why,
        )  # fmt: skip
        after = read_correction(case.before, request.given, place.policy, now)
        changes = case.carry_out(after)
        author = Author(office.bureau().code, case.actor, now)
        refuse_naming(session, place, matter, author, after.title, after.facts, after.document_number, why)
        return Corrected(matter.number, changes)


class _Case:
    """One correction within its transaction."""

    def __init__(self, act: Act, place: Workplace, file: MatterFile, actor: str, why: str) -> None:
        self.act, self.place, self.file = act, place, file
        self.actor, self.why = actor, why
        self.before = said_by(file.matter.title, file.subject)

    def carry_out(self, after: Said) -> list[str]:
        """Write what it says now, and tell it; returns what changed, a line each."""
        session, matter, lead = self.act.session, self.file.matter, self.file.subject
        self._check_received(after)
        fingerprint = self._fingerprint(after)
        masked = [
            key for key in ("title", "facts")
            if is_naming(session, self.place, matter, str(getattr(self.before, key)))
        ]  # fmt: skip
        changes = changes_between(self.before, after, self.place.policy, masked)
        if fingerprint != lead.fingerprint and session.get(FormerFingerprint, lead.fingerprint) is None:
            session.add(FormerFingerprint(fingerprint=lead.fingerprint, matter_id=key_of(matter)))
        for key, value in vars(after).items():
            setattr(matter if key == "title" else lead, key, value)
        lead.fingerprint, matter.stale_since = fingerprint, self.act.now
        session.add_all((matter, lead))
        self._note(after, fingerprint, changes, masked)
        self._rename_parts()
        self._move_due()
        self._tell(changes)
        return changes

    def _check_received(self, after: Said) -> None:
        """Refuse a receipt behind the transfer."""
        transfer = last_answer(self.file.desk.facts(self.file, self.act.office), Step.TRANSFER)
        if transfer is not None and after.received_at > transfer.effective_at:
            raise RuleViolation("收到时间不能晚于移交时间，请核对。")

    def _fingerprint(self, after: Said) -> str:
        """Return the digest by which the lead is known from now on; refuse one that is another's."""
        session, lead = self.act.session, self.file.subject
        first = session.get(Matter, lead.relapse_of_id) if lead.relapse_of_id else None
        fingerprint = after.fingerprint(first.number if first else "")
        same = select(Matter).join(Lead)
        other = session.exec(
            same.where(Lead.fingerprint == fingerprint, Lead.matter_id != lead.matter_id)
        ).first()
        if other is not None:
            raise ConflictError(
                f"更正后与{other.printed_number}（{other.number}）相同；确属同一线索的，请作为重复并入，不必更正。"
            )
        return fingerprint

    def _note(self, after: Said, fingerprint: str, changes: list[str], masked: list[str]) -> None:
        """Append both to the ledger; a text that names an informant is kept as its digest only."""
        told = {
            key: (value if key not in masked else {"sha256": digest(str(value))})
            for key, value in _plain(self.before).items()
        }
        append_entry(
            self.act.session, self.file.matter.number, self.act.now, EntryKind.CORRECTED, self.actor,
            f"更正登记：{'；'.join(map(_shortened, changes))}；理由：{self.why}",
            before=told, after=_plain(after), grounds=self.why, registered=after.told(fingerprint),
        )  # fmt: skip

    def _rename_parts(self) -> None:
        """Let what waits for a decision bear the new title; a circular with the old one is taken back."""
        session, matter, row = self.act.session, self.file.matter, self.file.open_assignment
        if row is not None:
            drop_petitions(self.act, row, "登记内容已更正", rests_on_due=True)
        waiting = select(Matter).where(Matter.parent_id == matter.id, col(Matter.outcome).is_(None))
        for part in session.exec(waiting.where(col(Matter.unit_code).is_(None))):
            part.title = f"{part.kind.label}：{matter.title}"
            part.stale_since = self.act.now
            session.add(part)

    def _move_due(self) -> None:
        """Compute the due date of a transfer anew, whose clock begins with the receipt of the lead."""
        act, row, lead = self.act, self.file.open_assignment, self.file.subject
        if row is None or row.step is not Step.TRANSFER:
            return
        policy, before = self.place.policy, row.due_on
        row.clock_start = policy.day_of(lead.received_at)
        due = settle_due(row, policy, DueDates(work_calendar(act.session)), act.now)
        if due == Due(row.due_on, row.provisional):
            return
        move_due(act, self.file.matter, row, due)
        append_entry(
            act.session, self.file.matter.number, act.now, EntryKind.DUE_RECOMPUTED, RULE,
            f"因更正收到时间，移交到期日由 {before} 调整为 {due.day}",
            step=row.step.value, before=before.isoformat(), after=due.day.isoformat(),
        )  # fmt: skip

    def _tell(self, changes: list[str]) -> None:
        """Tell everybody who works on it, but for the bureau, which corrected it."""
        if not self.file.assignments:
            return
        row = self.file.assignments[-1].row
        for code in others_at_work(self.file, self.act.office):
            tell_unit(
                self.act.session, self.act.office, self.file, row, MessageKind.CORRECTED, code, self.act.now,
                changes=changes, reasons=self.why,
            )  # fmt: skip


def _plain(said: Said) -> dict[str, object]:
    """Return what a lead says as JSON values."""
    return {
        key: value.isoformat() if isinstance(value, datetime) else value for key, value in vars(said).items()
    }


_LONGEST_LINE = 200


def _shortened(line: str) -> str:
    """Return a change short enough for a summary; the entry holds all of it."""
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}……"
