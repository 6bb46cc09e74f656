"""Raising a rung by hand: a person states the grounds and answers for it with a name."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.errors import ConflictError, RuleViolation
from models.ladder.rungs import RungRule
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Grounds, Raising, Rung
from models.matters.tables import Assignment, Matter
from models.office.directory import Office
from models.record.entry_kinds import EntryKind
from models.texts import check_person, check_text, visible
from tasks.desks import Mechanisms
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.ladder.circulars import draft_circular, stored_rung
from tasks.ladder.rung_messages import Notice, NoticeDesk
from tasks.matters.reading import find_matter, key_of, read_file
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of, work_calendar

_LONGEST_NOTE = 2_000


@dataclass(frozen=True)
class SupervisionRequest:
    """What a person wants raised: which rung, on what grounds, what happened, and who says so."""

    rung: Rung
    grounds: Grounds
    note: str
    person: str


@dataclass(frozen=True)
class Supervised:
    """Whether a rung went out or waits for approval, and the circular that was drafted, else blank."""

    raising: Raising
    circular: str = ""


def supervise(place: Workplace, number: str, request: SupervisionRequest, now: datetime) -> Supervised:
    """Raise a rung for the open assignment of a matter, ahead of its time or beside the others.

    Args:
        place: The workplace.
        number: The matter.
        request: What is raised and why.
        now: The moment (aware); outside business hours the messages wait for the next opening.

    Returns:
        What became of it; the run of a drafted circular is still to be started.

    Raises:
        NotFound: There is no such matter.
        RuleViolation: Nobody owes an answer, or a unit that is no more; the rung does not apply to its step;
            grounds are missing.
        ConflictError: The rung was raised for this due date before.

    Source: 通知§12(六).
    """
    _check(request)
    with screened(place) as session:
        matter = find_matter(session, number, for_change=True)
        row = read_file(session, matter, place.mechanisms).open_assignment
        if row is None:
            raise RuleViolation(f"该{place.kinds.of(matter.kind).called}当前没有待反馈的环节，不能督办。")
        if row.paused:
            raise RuleViolation("移交函已撤回，待重新移交，此时不能督办。")
        office = office_of(session, place)
        if not (owing := office.stored(row.unit_code)).active:
            raise RuleViolation(f"{owing.name}已停用，不能再对其督办，请先在单位目录中写明承继单位。")
        case = _Case(
            session, office, place.mechanisms, matter, row, _rule(office, request.rung, row), request, now
        )
        case.clear_place()
        author = Author(office.bureau().code, case.actor, now)
        refuse_naming(session, place, matter, author, request.note)
        return case.carry_out()


def _check(request: SupervisionRequest) -> None:
    """Refuse a request nobody could justify later."""
    check_person(request.person)
    if not visible(request.note):
        raise RuleViolation("请写明推诿、敷衍或拖延的具体情形。")
    if len(request.note) > _LONGEST_NOTE:
        raise RuleViolation(f"具体情形不得超过{_LONGEST_NOTE}字。")
    check_text(request.note, "填写的内容")


def _rule(office: Office, rung: Rung, row: Assignment) -> RungRule:
    """Return the rule of a rung, if it applies to what is owed."""
    for rule in office.policy.ladder:
        if rule.rung is rung and row.step in rule.steps:
            return rule
    raise RuleViolation(f"{row.step.label}环节不适用{rung.label}，请核对政策文件中的督办规则。")


@dataclass(frozen=True)
class _Case:
    """One request with everything it concerns, within its transaction."""

    session: Session
    office: Office
    mechanisms: Mechanisms
    matter: Matter
    row: Assignment
    rule: RungRule
    request: SupervisionRequest
    now: datetime

    @property
    def raising(self) -> Raising:
        """What becomes of it."""
        return Raising.AWAITING if self.rule.needs_approval else Raising.RAISED

    @property
    def actor(self) -> str:
        """Who raises it."""
        return f"{self.office.bureau().short_name} {self.request.person.strip()}"

    @property
    def grounds(self) -> str:
        """Why, in words."""
        return f"{self.request.grounds.label}：{self.request.note.strip()}"

    def carry_out(self) -> Supervised:
        """Write the escalation, its ledger entry and its messages."""
        self.session.add(
            Escalation(
                assignment_id=key_of(self.row), due_on=self.row.due_on, rung=self.rule.rung,
                raising=self.raising, at=self.now, actor=self.actor, grounds=self.request.grounds,
                reason=self.request.note.strip(),
            )
        )  # fmt: skip
        self._note()
        desk = NoticeDesk(self.office, self.mechanisms, work_calendar(self.session), self.now)
        recipients = self.rule.recipients
        notices = [Notice(self.matter, self.row, self.rule, each, self.grounds) for each in recipients]
        circular = ""
        if self.raising is Raising.AWAITING:
            drafted = draft_circular(self.session, desk, notices[0], self.actor)
            if drafted is None:
                raise RuleViolation("通报的模板无法使用，未拟稿，请用 zero137 doctor 核对。")
            circular = drafted.number
        else:
            desk.enqueue(self.session, notices)
        self.matter.stale_since = self.now
        self.session.add(self.matter)
        return Supervised(self.raising, circular)

    def clear_place(self) -> None:
        """Make room for a rung that was skipped or withheld before; the ledger keeps that it was.

        Raises:
            ConflictError: It was raised for this due date before.
        """
        query = stored_rung(key_of(self.row), self.row.due_on, self.rule.rung)
        before = self.session.exec(query).first()
        if before is None:
            return
        if before.raising not in {Raising.SKIPPED, Raising.WITHHELD}:
            raise ConflictError(f"本环节的{self.rule.rung.label}已经发出过，不再重复。")
        self.session.delete(before)
        self.session.flush()

    def _note(self) -> None:
        """Append the ledger entry."""
        row, rung = self.row, self.rule.rung
        unit = self.office.stored(row.unit_code).name
        awaiting = "" if self.raising is Raising.RAISED else f"（{self.raising.label}）"
        summary = f"人工{rung.label}：{unit}，{row.step.label}，{self.grounds}{awaiting}"
        append_entry(
            self.session, self.matter.number, self.now, EntryKind.ESCALATED, self.actor, summary,
            step=row.step.value, round=row.round, unit=row.unit_code, rung=rung.value,
            raising=self.raising.value, due_on=row.due_on.isoformat(), grounds=self.request.grounds.value,
        )  # fmt: skip
