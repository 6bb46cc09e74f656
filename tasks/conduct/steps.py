"""Conducting a matter: one step forward, decided and recorded within one transaction."""

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from models.codes import Outcome
from models.days.terms import DueDates
from models.matters.duties import Duty
from models.matters.facts import (
    DEEMED,
    Assign,
    AssignmentFact,
    Await,
    Close,
    DeemReceived,
    NextStep,
    OpenParts,
)
from models.matters.tables import Answer, Assignment
from models.matters.vocabulary import Channel
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.office.tenure import DECIDING
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.conduct.closing import close_matter
from tasks.conduct.parts import gather, open_parts
from tasks.desks import Act, MatterFile
from tasks.documents.issuing import NewDocument, issue_documents
from tasks.matters.due_dates import settle_due
from tasks.matters.reading import find_matter, key_of, read_file
from tasks.messages.posting import Addressee, tell_unit
from tasks.messages.values import matter_values
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of, work_calendar


def take_step(place: Workplace, number: str, now: datetime) -> NextStep | None:
    """Take the next step of a matter, if it is not to wait.

    The facts are read, the step decided and its change recorded in the same transaction, so that a second
    run, a replay after a crash or two at once find it done and do nothing.

    Returns:
        The step that was taken, ``Await`` where somebody owes an answer, None where the matter is closed.

    Raises:
        NotFound: There is no such matter.
    """
    with place.writing() as session:
        matter = find_matter(session, number, for_change=True)
        file = read_file(session, matter, place.mechanisms)
        office = office_of(session, place)
        kind = file.desk.kind
        act = Act(session, office, place.mechanisms, now)
        step = kind.next_step(file.desk.facts(file, office), now)
        match step:
            case Assign():
                _assign(session, office, file, step, kind.duty(step.step), now)
            case DeemReceived():
                _deem(session, office, file, kind.duty(step.assignment.step), now)
            case Close():
                _close(act, file, step.outcome)
            case OpenParts():
                open_parts(act, file, step)
            case Await() | None:
                pass
        return step


def peek_step(place: Workplace, number: str, now: datetime) -> NextStep | None:
    """Return the next step of a matter without taking it."""
    with place.reading() as session:
        matter = find_matter(session, number)
        file = read_file(session, matter, place.mechanisms)
        facts = file.desk.facts(file, office_of(session, place))
        return file.desk.kind.next_step(facts, now)


def _assign(
    session: Session, office: Office, file: MatterFile, step: Assign, duty: Duty, now: datetime
) -> None:
    """Open an assignment, with its due date, its ledger entry and the notice to whom owes it."""
    # Whoever was chosen may have been abolished since, and who decides may be absent.
    holder = office.heir(step.unit)
    unit = office.acting(holder, file.desk.asking(file)) if duty.owed_by in DECIDING else holder
    row = _new_assignment(session, office, file, replace(step, unit=unit.code), now)
    row.acting_for = None if unit == holder else holder.code
    session.add(row)
    session.flush()
    provisional = "（暂定）" if row.provisional else ""
    acting = f"（代行{holder.name}）" if row.acting_for else ""
    summary = f"{step.step.label}环节交由{unit.name}{acting}办理，到期日 {row.due_on}{provisional}"
    if step.returned_from is not None:
        summary = f"退回后第{step.round}次办理：{summary}，期限不重新起算"
    append_entry(
        session, file.matter.number, now, EntryKind.ASSIGNED, RULE, summary,
        step=step.step.value, round=step.round, unit=unit.code, clock_start=row.clock_start.isoformat(),
        due_on=row.due_on.isoformat(), provisional=row.provisional,
    )  # fmt: skip
    if duty.notice is not None:
        told = MessageKind.RETURN if step.returned_from else duty.notice
        document = "" if step.returned_from else _issue(session, office, file, row, duty, now)
        to = Addressee(unit.code, duty.told)
        tell_unit(session, office, file, row, told, to, now, document=document)


def _issue(
    session: Session, office: Office, file: MatterFile, row: Assignment, duty: Duty, now: datetime
) -> str:
    """Issue the document that goes with what a unit is told, if any; returns its number, else blank."""
    if duty.document is None:
        return ""
    values = matter_values(office, file, row, row.unit_code)
    # Who works along gets the letter as a copy. Source: 通知§1(三).
    named = str(values[duty.copies]).split("、") if duty.copies else []
    values["approver"] = office.approver().name
    recipient = office.stored(row.unit_code).name
    new = NewDocument(duty.document, file.matter, recipient, values, copies=tuple(filter(None, named)))
    return issue_documents(session, office, [new], now)[0]


def _new_assignment(
    session: Session, office: Office, file: MatterFile, step: Assign, now: datetime
) -> Assignment:
    """Return the row of a new assignment; a return goes on with the old term. Source: design, 验收销号."""
    policy, due_dates = office.policy, DueDates(work_calendar(session))
    term = policy.terms.of(step.step)
    row = Assignment(
        matter_id=key_of(file.matter), step=step.step, round=step.round, unit_code=step.unit, opened_at=now,
        rung_at=now,
        clock_start=policy.day_of(step.clock_start or now), due_on=now.date(), due_at=now,
        term_value=term.value, term_unit=term.unit.value,
    )  # fmt: skip
    if step.returned_from is None:
        due = due_dates.by_start(term)[row.clock_start]
    else:
        _go_on_with(row, file, step.returned_from)
        # The calendar may have changed since the closed round got its date.
        due = settle_due(row, policy, due_dates, now)
    row.due_on, row.due_at, row.provisional = due.day, policy.deadline(due.day), due.provisional
    return row


def _go_on_with(row: Assignment, file: MatterFile, returned: AssignmentFact) -> None:
    """Give a row the term of the round that was returned."""
    rounds = {(each.row.step, each.row.round): each.row for each in file.assignments}
    first = rounds[row.step, returned.round]
    for kept in ("clock_start", "due_on", "extended_to", "term_value", "term_unit"):
        setattr(row, kept, getattr(first, kept))
    row.returned = True


def _deem(session: Session, office: Office, file: MatterFile, duty: Duty, now: datetime) -> None:
    """Record what counts as done at the end of its term. Source: ADR-0003."""
    row = file.assignments[-1].row
    unit, missing = office.stored(row.unit_code), f"期限届满未{row.step.label}"
    deemed = Answer(
        assignment_id=key_of(row), unit_code=unit.code, person=RULE, recorded_at=now, effective_at=row.due_at,
        decision=DEEMED, fields={}, explanation=f"{missing}，{duty.lapse}", channel=Channel.RULE,
    )  # fmt: skip
    session.add(deemed)
    row.answered_at, row.rung_at = now, None
    session.add(row)
    summary = f"{unit.name}{missing}，自 {row.due_on} 起{duty.lapse}"
    append_entry(
        session, file.matter.number, now, EntryKind.DEEMED_RECEIVED, RULE, summary,
        unit=unit.code, effective_at=row.due_at.isoformat(),
    )  # fmt: skip


def _close(act: Act, file: MatterFile, outcome: Outcome) -> None:
    """Close the matter; where it was the last share of a unit, its parent goes on."""
    close_matter(act, file, outcome)
    if file.parent is not None and file.matter.unit_code is not None:
        gather(act, file.parent)
