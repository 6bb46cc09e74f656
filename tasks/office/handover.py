"""One open assignment goes to another unit: row, ledger, letter, message, and what named the unit before."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Recipient, Rung
from models.matters.tables import Assignment, Matter
from models.messages.kinds import DOCUMENT_VALUES, MessageKind
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from models.office.directory import Office, UnitFact
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.desks import Act, MatterFile
from tasks.documents.issuing import NewDocument, issue_documents, withdraw
from tasks.matters.reading import key_of, read_file
from tasks.messages.posting import message_key, tell_unit
from tasks.messages.values import matter_values
from tasks.office.held_messages import is_held
from tasks.petitions.pending import drop_petitions
from tasks.record.ledger import append_entry


@dataclass(frozen=True)
class Handover:
    """An open assignment and where it goes: from one unit to another, which may stand in for a holder."""

    row: Assignment
    matter: Matter
    before: UnitFact
    to: UnitFact
    holder: UnitFact

    @property
    def is_succession(self) -> bool:
        """Tell whether it goes for good, because the unit is no more."""
        return not self.before.active

    def reason(self, office: Office) -> str:
        """Return why, as a sentence to whom it goes."""
        if self.is_succession:
            since = f"自{self.before.ended}起" if self.before.ended else ""
            return f"{self.before.name}已停用，其职责{since}由你单位承继。"
        if self.to == self.holder:
            return f"{self.before.name}代行期满，恢复由你单位办理。"
        standing = next(each for each in office.substitutes if each.unit == self.holder.code)
        return f"自{standing.first}至{standing.last}，{self.holder.name}的职责由你单位代行。"

    @property
    def summary(self) -> str:
        """What happened, for the ledger."""
        step, due = self.row.step.label, self.row.due_on
        if self.is_succession:
            acting = "" if self.to == self.holder else f"（代行{self.holder.name}）"
            how = f"由承继单位{self.to.name}{acting}继续办理"
        elif self.to == self.holder:
            how = f"代行期满，交回{self.to.name}办理"
        else:
            how = f"由{self.to.name}代行办理"
        return f"{self.before.name}的{step}{how}，到期日仍为 {due}"


def hand_over(act: Act, handover: Handover) -> None:
    """Let another unit owe what is open, within the transaction, which has locked the matter."""
    session, row, matter, to = act.session, handover.row, handover.matter, handover.to
    reason = handover.reason(act.office)
    row.unit_code, row.rung_at, matter.stale_since = to.code, act.now, act.now
    row.acting_for = None if to == handover.holder else handover.holder.code
    # The form that is shown belongs to another unit: the reconciler lets the run show a new one.
    row.form_key = row.form_run_id = None
    session.add_all((row, matter))
    append_entry(
        session, matter.number, act.now, EntryKind.SUCCEEDED, RULE, handover.summary,
        step=row.step.value, round=row.round, before=handover.before.code, after=to.code,
        acting_for=row.acting_for, due_on=row.due_on.isoformat(),
    )  # fmt: skip
    if handover.is_succession:
        _take_back(act, row, matter, f"{handover.before.name}已停用，由{to.name}承继")
    session.flush()
    file = read_file(session, matter, act.mechanisms)
    document = _letter(act, file, handover, reason) if handover.is_succession else ""
    tell_unit(
        session, act.office, file, row, MessageKind.SUCCESSION, to.code, act.now,
        document=document, handover=reason,
    )  # fmt: skip


def _letter(act: Act, file: MatterFile, handover: Handover, reason: str) -> str:
    """Issue the letter to the successor; returns its number, blank where the bureau would write to itself."""
    office, to = act.office, handover.to
    if to == office.bureau():
        return ""
    kind, known = DocumentKind.SUCCESSION_LETTER, matter_values(office, file, handover.row, to.code)
    values = {name: value for name, value in known.items() if name in DOCUMENT_VALUES[kind]}
    letter = NewDocument(kind, file.matter, to.name, {**values, "handover": reason})
    return issue_documents(act.session, office, [letter], act.now)[0]


def _take_back(act: Act, row: Assignment, matter: Matter, why: str) -> None:
    """Take back what would still name an abolished unit to the government or the city.

    A circular that waits is dropped with its draft; a report that was not handed over yet is stopped, and its
    rung counts as skipped: a person may raise it again against the successor. 通知§12(六) means whoever owes.
    """
    session = act.session
    drop_petitions(act, row, why, rests_on_due=True)
    key = message_key(matter.number, row.step, row.round, MessageKind.REPORT)
    query = select(Message).where(
        col(Message.dedupe_key).startswith(f"{key}-", autoescape=True), is_held(act.now)
    )
    held = session.exec(query.order_by(col(Message.id)).with_for_update(skip_locked=True)).all()
    if not any(message.recipient is Recipient.GOVERNMENT for message in held):
        return
    for message in held:
        _stop(act, message, matter, why)
    for number in {message.document_number for message in held if message.document_number}:
        document = session.exec(select(Document).where(Document.number == number)).one()
        if document.status is not DocumentStatus.WITHDRAWN:
            withdraw(session, document, why, RULE, act.now)
    report = select(Escalation).where(
        Escalation.assignment_id == key_of(row),
        Escalation.due_on == row.due_on,
        Escalation.rung == Rung.REPORT,
    )
    rung = session.exec(report).first()
    if rung is not None:
        rung.raising, rung.reason = Raising.SKIPPED, "；".join(filter(None, (rung.reason, why)))
        session.add(rung)


def _stop(act: Act, message: Message, matter: Matter, why: str) -> None:
    """Give up a message that says what is no longer so."""
    message.status, message.last_error = Delivery.GIVEN_UP, why
    # Whoever raises the rung again writes another message about the same due date.
    message.dedupe_key = f"{message.dedupe_key}#{message.id}"
    act.session.add(message)
    append_entry(
        act.session, matter.number, act.now, EntryKind.MESSAGE_GIVEN_UP, RULE,
        f"停止发送：{message.subject}（{why}）", message=message.id, attempts=message.attempts, reason=why,
    )  # fmt: skip


def pass_shares(act: Act, keys: Sequence[int]) -> None:
    """Let the successor stand for open shares, each noted in its own stream and in that of its parent."""
    for key in keys:
        share = act.session.get_one(Matter, key)
        before = act.office.stored(share.unit_code or "")
        heir = act.office.heir(before.code)
        share.unit_code, share.stale_since = heir.code, act.now
        act.session.add(share)
        parent = act.session.get_one(Matter, share.parent_id)
        summary = f"{before.name}的{share.kind.label} {share.printed_number} 由承继单位{heir.name}继续办理"
        for stream in (parent.number, share.number):
            append_entry(
                act.session, stream, act.now, EntryKind.SUCCEEDED, RULE, summary,
                part=share.number, before=before.code, after=heir.code, title=share.title,
            )  # fmt: skip
