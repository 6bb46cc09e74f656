"""What is told at a rung of the ladder: put into words and posted, in bulk."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, select

from models.days.calendar import WorkCalendar
from models.documents.vocabulary import DocumentKind
from models.ladder.rungs import RungRule
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Recipient, Rung
from models.matters.tables import Assignment, Matter
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.office.vocabulary import Role
from notifications.texts.rendering import RenderedMessage
from tasks.desks import Mechanisms
from tasks.documents.issuing import NewDocument, issue_documents
from tasks.matters.due_dates import due_account
from tasks.matters.reading import key_of
from tasks.messages.posting import NewMessage, post, put_into_words, step_key
from tasks.messages.values import named, owed

# What a person who raises a rung rests on.
_BY_HAND = "通知§12(六)：推诿、敷衍、拖延的，向市政府报告、在全市范围内通报"
# These tell what was done before; the others need not read it.
_NEXT = {Rung.REPORT: "向市政府报告", Rung.CIRCULAR: "在全市范围内通报"}
_WITH_HISTORY = frozenset({Rung.REPORT, Rung.CIRCULAR})


@dataclass(frozen=True)
class Notice:
    """One rung of one assignment, to be told to one kind of recipient."""

    matter: Matter
    row: Assignment
    rule: RungRule
    recipient: Recipient
    # Why a person raised it by hand, as 拖延：三次约谈均未到场; blank where time alone did.
    grounds: str = ""
    # The text to be sent word for word, because a person approved it; else the template gives it.
    text: RenderedMessage | None = None
    # The number of the document to attach, where it was given before.
    document: str = ""


@dataclass(frozen=True)
class NoticeDesk:
    """Puts notices into words: what the office, the calendar and the moment add to them."""

    office: Office
    mechanisms: Mechanisms
    calendar: WorkCalendar
    now: datetime
    _shared: dict[object, dict[str, object]] = field(default_factory=dict, init=False)

    def enqueue(self, session: Session, notices: Sequence[Notice]) -> None:
        """Post every notice within the transaction that raised its rung."""
        history = self._history(session, notices)
        issued = self._issue(session, notices, history)
        messages = (
            self._message(
                notice,
                unit_code,
                history.get(key_of(notice.row), []),
                notice.document or issued.get((key_of(notice.row), notice.rule.rung), ""),
            )
            for notice in notices
            for unit_code in self._addressees(notice)
        )
        post(session, self.office, messages, self.now)

    def _issue(
        self, session: Session, notices: Sequence[Notice], history: dict[int, list[str]]
    ) -> dict[tuple[int, Rung], str]:
        """Issue one document for every rung that has one; returns their numbers by assignment and rung."""
        # A document that needed approval was numbered with its draft.
        official = {
            (key_of(each.row), each.rule.rung): each
            for each in notices if each.rule.document and not each.rule.needs_approval
        }  # fmt: skip
        texts = self.mechanisms.texts(session, (each.matter for each in official.values()))
        wanted = []
        for (row_id, _), notice in official.items():
            unit_code = self._document_to(notice)
            values = self._values(notice, unit_code, history.get(row_id, []))
            values["facts"] = texts.get(key_of(notice.matter), "")
            values["notice"] = self.office.policy.documents.notice
            kind = notice.rule.document or DocumentKind.REPORT
            wanted.append(NewDocument(kind, notice.matter, self.office.stored(unit_code).name, values))
        numbers = issue_documents(session, self.office, wanted, self.now)
        return dict(zip(official, numbers, strict=True))

    def _document_to(self, notice: Notice) -> str:
        """Return the unit a rung's document is addressed to: the government, or whoever owes the answer."""
        if notice.rule.document is DocumentKind.REPORT:
            return next((u.code for u in self.office.all_with(Role.GOVERNMENT)), notice.row.unit_code)
        return notice.row.unit_code

    def draft(self, session: Session, notice: Notice) -> RenderedMessage | None:
        """Return a notice in the words in which it would be sent, None where no template gives any."""
        sent = self._history(session, [notice]).get(key_of(notice.row), [])
        worded = self._message(notice, self.office.bureau().code, sent, "")
        message = replace(worded, kind=MessageKind(notice.rule.rung.value))
        return put_into_words(session, self.office, message, self.now)

    def _addressees(self, notice: Notice) -> Iterator[str]:
        """Give the codes of the units that a kind of recipient means."""
        match notice.recipient:
            case Recipient.UNIT | Recipient.LEADER:
                yield notice.row.unit_code
            case Recipient.BUREAU:
                yield self.office.bureau().code
            case Recipient.GOVERNMENT:
                yield from (unit.code for unit in self.office.all_with(Role.GOVERNMENT))
            case Recipient.CITY:
                yield from (unit.code for unit in self.office.units if unit.active)

    def _message(self, notice: Notice, unit_code: str, sent: list[str], document: str) -> NewMessage:
        """Return one message; it is told once for a due date."""
        row, matter = notice.row, notice.matter
        # A receipt that nobody signs is deemed: it is reminded of in other words.
        duty = self.mechanisms.kinds.duty(row.step)
        kind = duty.reminder or MessageKind(notice.rule.rung.value)
        # What is for the head of a unit to answer is asked of nobody else there.
        recipient = duty.told if notice.recipient is Recipient.UNIT else notice.recipient
        to = unit_code + (":leader" if recipient is Recipient.LEADER else "")
        key = step_key(matter, row, kind, f"{row.due_on:%Y%m%d}", to)
        values = {} if notice.text else {**self._values(notice, unit_code, sent), "document": document}
        return NewMessage(kind, unit_code, key, values, matter, document, recipient, notice.text)

    def _values(self, notice: Notice, unit_code: str, sent: list[str]) -> dict[str, object]:
        """Return what the templates speak of."""
        row, matter, policy = notice.row, notice.matter, self.office.policy
        # What many notices of one patrol have in common is put into words once.
        alike = (
            row.step, row.unit_code, row.due_on, row.provisional, row.clock_start, row.term_value,
            row.term_unit, notice.rule.rung, notice.recipient, unit_code,
        )  # fmt: skip
        if alike not in self._shared:
            self._shared[alike] = self._common(notice, unit_code)
        return {
            **self._shared[alike],
            **named(matter, self.mechanisms.kinds.of(matter.kind)),
            "opened_at": f"{policy.business_hours.local(row.opened_at):%Y-%m-%d %H:%M}",
            "rung_basis": _BY_HAND if notice.grounds else notice.rule.source,
            "grounds": notice.grounds,
            "sent": sent,
            "why": due_account(row, policy, self.calendar) if notice.rule.rung in _WITH_HISTORY else [],
        }

    def _common(self, notice: Notice, unit_code: str) -> dict[str, object]:
        """Return what does not depend on the matter."""
        row, policy, today = notice.row, self.office.policy, self.office.policy.day_of(self.now)
        owing, addressee = self.office.stored(row.unit_code).name, self.office.stored(unit_code).name
        return {
            **owed(row, policy),
            "owing": owing,
            "unit": owing,
            "addressee": addressee + ("主要负责人" if notice.recipient is Recipient.LEADER else ""),
            "as_of": today.isoformat(),
            "further": self._further(notice),
            "late": self.calendar.working_days(row.due_on, today),
        }

    def _further(self, notice: Notice) -> list[str]:
        """Return what comes next on the ladder of that step, in words."""
        ladder = self.office.policy.ladder
        later = ladder[[rule.rung for rule in ladder].index(notice.rule.rung) + 1 :]
        return [_NEXT.get(rule.rung, rule.rung.label) for rule in later if notice.row.step in rule.steps]

    def _history(self, session: Session, notices: Iterable[Notice]) -> dict[int, list[str]]:
        """Return what was raised before for the assignments whose notice tells of it, in order."""
        asked = {key_of(notice.row) for notice in notices if notice.rule.rung in _WITH_HISTORY}
        query = (
            select(Escalation)
            .where(col(Escalation.assignment_id).in_(asked), col(Escalation.raising) == Raising.RAISED)
            .where(col(Escalation.at) < self.now)
            .order_by(col(Escalation.id))
        )
        lines: dict[int, list[str]] = {}
        for row in session.exec(query) if asked else ():
            at = self.office.policy.business_hours.local(row.at)
            line = f"{at:%Y-%m-%d %H:%M} {row.rung.label}"
            lines.setdefault(row.assignment_id, []).append(line)
        return lines
