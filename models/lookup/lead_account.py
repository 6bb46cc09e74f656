"""A lead as the 台账 tells it: its record, what follows from it at one moment, and the counts over many."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from models.codes import Step
from models.days.calendar import WorkCalendar
from models.lookup.lead_records import AnswerRecord, AssignmentRecord, LeadRecord
from models.lookup.statistics import month_of
from models.matters.facts import REDIRECTED, signal
from models.matters.timeliness import Timeliness, timeliness
from models.matters.vocabulary import Signal
from models.office.directory import Office
from models.office.policy import Policy


class Reading:
    """How records are read at one moment: names of units, the office's time, and how near a due date is."""

    def __init__(self, office: Office, calendar: WorkCalendar, now: datetime) -> None:
        """Read by a directory and a calendar at a moment (aware)."""
        self.now = now
        self._register = office
        self._calendar = calendar
        self._near: dict[tuple[Step, date], datetime] = {}

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self._register.policy

    def name(self, code: str, moment: datetime | None = None) -> str:
        """Return the short name of a unit on the day of an act, today's without one; blank for none."""
        return self._register.called(code, moment).short_name if code else ""

    def local(self, moment: datetime) -> datetime:
        """Return a moment by the clock on the wall of the office, without a zone: so workbooks want it."""
        return self.policy.business_hours.local(moment).replace(tzinfo=None)

    def signal(self, lead: LeadRecord) -> Signal:
        """Return how near the due date of a lead is."""
        if lead.outcome is not None:
            return Signal.CLOSED
        owed = lead.current
        if owed is None:
            return Signal.NORMAL
        key = owed.step, owed.due_on
        if key not in self._near:
            self._near[key] = self.policy.near_from(*key, self._calendar)
        return signal(owed.due_at, self._near[key], self.now)

    def stands(self, assignment: AssignmentRecord) -> Timeliness:
        """Return how an assignment stands to its due date."""
        decision = assignment.answer.decision if assignment.answer else None
        return timeliness(assignment.due_at, assignment.answered_at, decision, self.now)


@dataclass(frozen=True, slots=True)
class LeadAccount:
    """One lead with its number in the table (from 1) and what follows from its record."""

    sequence: int
    record: LeadRecord
    current: AssignmentRecord | None
    latest: dict[Step, AssignmentRecord]
    signal: Signal
    reading: Reading

    def answered(self, step: Step, key: str) -> str:
        """Return a field of the answer to a step that counts; blank where there is none."""
        answer = self._counting(step)
        return answer.fields.get(key, "") if answer else ""

    def answered_at(self, step: Step) -> datetime | None:
        """Return when a step was answered; None while it is open or not reached."""
        assignment = self.latest.get(step)
        return assignment.answered_at if assignment else None

    def decided(self, step: Step) -> str:
        """Return the decision of the answer to a step that counts; blank where there is none."""
        answer = self._counting(step)
        return answer.decision if answer else ""

    def _counting(self, step: Step) -> AnswerRecord | None:
        """Return the answer that counts: what a transfer said is said anew by a redirection."""
        if step is Step.TRANSFER:
            return self.record.handed
        assignment = self.latest.get(step)
        answer = assignment.answer if assignment else None
        return None if answer is None or answer.decision == REDIRECTED else answer

    @property
    def authority(self) -> str:
        """The short name of the competent authority as of today; blank before the transfer."""
        return self.reading.name(self.authority_code)

    @property
    def authority_code(self) -> str:
        """The code of the competent authority; blank before the transfer."""
        return self.answered(Step.TRANSFER, "authority")

    @property
    def stage(self) -> str:
        """Where the lead stands, in words."""
        if self.record.outcome is not None:
            return Signal.CLOSED.label
        return self.current.step.label if self.current else "派发"


def account_of(sequence: int, record: LeadRecord, reading: Reading) -> LeadAccount:
    """Return the account of a lead."""
    return LeadAccount(sequence, record, record.current, record.latest, reading.signal(record), reading)


@dataclass
class LeadCounts:
    """How many leads there are: by signal, step, authority and month, counted while they pass by."""

    leads: int = 0
    signals: Counter[Signal] = field(default_factory=Counter)
    stages: Counter[str] = field(default_factory=Counter)
    authorities: dict[str, Counter[Signal]] = field(default_factory=dict)
    received: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)

    def add(self, account: LeadAccount) -> None:
        """Count one lead."""
        day_of: Callable[[datetime], date] = account.reading.policy.day_of
        record = account.record
        self.leads += 1
        self.signals[account.signal] += 1
        self.stages[account.stage] += 1
        self.authorities.setdefault(account.authority, Counter())[account.signal] += 1
        self.received[month_of(day_of(record.received_at))] += 1
        if record.closed_at is not None:
            self.closed[month_of(day_of(record.closed_at))] += 1

    @property
    def months(self) -> list[str]:
        """Every month from the first to the last in which something came or was closed, without a gap."""
        named = sorted({*self.received, *self.closed})
        if not named:
            return []
        first, last = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (named[0], named[-1]))
        return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(first, last + 1)]
