"""Handing a lead over anew (改派): a new round with a new letter and clock. Source: 通知§12(二); ADR-0030."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.archive.rules import check_reason
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.errors import ConflictError, RuleViolation
from models.matters.facts import REDIRECTED
from models.matters.tables import Answer, Assignment, Matter
from models.matters.vocabulary import Channel
from models.mechanisms.leads.duties import TRANSFER
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.record.entry_kinds import EntryKind
from models.texts import check_person
from tasks.desks import Act, MatterFile, Redirection
from tasks.documents.issuing import withdraw
from tasks.informants.screening import Author, refuse_naming, screened
from tasks.matters.reading import find_matter, key_of, read_file, step_label
from tasks.messages.posting import tell_unit
from tasks.petitions.pending import drop_petitions
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of


@dataclass(frozen=True)
class RedirectionRequest:
    """What the bureau decides by itself: the authority, who works along, why, and who decided, as typed."""

    authority: str
    cooperating: str
    grounds: str
    person: str
    channel: Channel = Channel.COMMAND_LINE


def redirect_lead(place: Workplace, number: str, request: RedirectionRequest, now: datetime) -> str:
    """Hand a lead over anew because the bureau decided so; what was handed back need not be decided any more.

    Args:
        place: The workplace.
        number: The lead.
        request: To whom and why.
        now: The moment (aware).

    Returns:
        The number of the lead; its run is still to be woken.

    Raises:
        NotFound: Unknown lead or unit.
        RuleViolation: The unit that has it is to have it again, or something is missing.
        ConflictError: It is closed, or its verification was answered.

    Source: ADR-0030.
    """
    person, why = check_person(request.person), check_reason(request.grounds, "改派理由")
    with screened(place) as session:
        matter = find_matter(session, number, for_change=True)
        office = office_of(session, place)
        file = read_file(session, matter, place.mechanisms)
        to = Redirection(*_read(request, office), person, why, request.channel)
        act = Act(session, office, place.mechanisms, now)
        file.desk.redirect(act, file, to)
        drop_petitions(act, file.assignments[-1].row, "已改派")
        author = Author(office.bureau().code, _actor(office, to), now)
        refuse_naming(session, place, matter, author, why)
        return matter.number


def _read(request: RedirectionRequest, office: Office) -> tuple[str, str]:
    """Return the codes of the authority and of the units that work along."""
    given = {"authority": request.authority, "cooperating": request.cooperating}
    read = {field.key: field.read(given[field.key], office) for field in TRANSFER.fields}
    office.check_apart(read["authority"], read["cooperating"])
    return read["authority"], read["cooperating"]


def redirect(act: Act, file: MatterFile, to: Redirection) -> None:
    """End what an authority owes without its answer; the next step hands the lead to another one.

    The old letter is withdrawn, and whoever had it is told.

    Args:
        act: The transaction, which has locked the lead.
        file: The lead.
        to: Who gets it, and who decided so.

    Raises:
        RuleViolation: No authority owes its receipt or verification now, or it is to have it again.
        ConflictError: It is closed.
    """
    session, office, matter = act.session, act.office, file.matter
    row = _handed(file)
    if row.unit_code == to.authority and not row.paused:
        raise RuleViolation(f"该线索现由{office.stored(to.authority).name}办理，不必改派。")
    fields = {"authority": to.authority, "cooperating": to.cooperating}
    session.add(
        Answer(
            assignment_id=key_of(row), unit_code=office.bureau().code, person=to.person, recorded_at=act.now,
            effective_at=act.now, decision=REDIRECTED, fields=fields, explanation=to.why, channel=to.channel,
        )
    )  # fmt: skip
    row.answered_at, row.rung_at, row.held, row.paused = act.now, None, False, False
    matter.stale_since = act.now
    session.add_all((row, matter))
    actor = _actor(office, to)
    new, old = office.stored(to.authority), office.stored(row.unit_code)
    append_entry(
        session, matter.number, act.now, EntryKind.REDIRECTED, actor,
        f"{step_label(row)}环节由{old.name}改派{new.name}：{to.why}",
        step=row.step.value, round=row.round, decision=REDIRECTED, fields=fields, explanation=to.why,
        effective_at=act.now.isoformat(), evidence=[], channel=to.channel.value,
    )  # fmt: skip
    letter = _letter(session, matter)
    if letter is not None:
        withdraw(session, letter, f"已改派{new.name}", actor, act.now)
    tell_unit(
        session, office, file, row, MessageKind.REDIRECTED, old.code, act.now,
        reasons=to.why, handed_to=new.name, withdrawn=letter.number if letter is not None else "",
    )  # fmt: skip


def pause(act: Act, file: MatterFile, document: Document, actor: str) -> str:
    """Let the clock stand still of an authority whose transfer letter a person has withdrawn.

    Returns:
        What follows, in a sentence; blank where nobody owes anything by that letter.
    """
    row = file.open_assignment
    if document.kind is not DocumentKind.TRANSFER_LETTER or row is None or row.paused:
        return ""
    if not file.desk.kind.duty(row.step).may_be_handed_back or _letter(act.session, file.matter) is not None:
        return ""
    row.paused, row.rung_at, file.matter.stale_since = True, None, act.now
    act.session.add_all((row, file.matter))
    unit = act.office.stored(row.unit_code)
    summary = f"移交函 {document.number} 已撤回，{step_label(row)}环节停止计时，待重新移交"
    append_entry(
        act.session, file.matter.number, act.now, EntryKind.PAUSED, actor, summary,
        step=row.step.value, round=row.round, unit=unit.code, document=document.number,
    )  # fmt: skip
    stopped = f"{unit.name}的{row.step.label}已停止计时，不再催办，也不视为签收"
    return f"{stopped}；请用 zero137 lead redirect 重新移交。"


def _handed(file: MatterFile) -> Assignment:
    """Return what an authority owes since the lead was handed to it."""
    if file.matter.outcome is not None:
        raise ConflictError(f"该线索已办结（{file.matter.outcome.label}），不能改派。")
    row = file.open_assignment
    if row is None or not file.desk.kind.duty(row.step).may_be_handed_back:
        step = row.step.label if row is not None else "系统派发下一步"
        raise RuleViolation(f"只有签收、核查环节可以改派，该线索当前环节：{step}。")
    return row


def _letter(session: Session, matter: Matter) -> Document | None:
    """Return the transfer letter that is in force, locked."""
    query = select(Document).where(
        col(Document.matter_id) == matter.id,
        col(Document.kind) == DocumentKind.TRANSFER_LETTER,
        col(Document.status) == DocumentStatus.ISSUED,
    )
    return session.exec(query.order_by(col(Document.id).desc()).with_for_update()).first()


def _actor(office: Office, to: Redirection) -> str:
    """Return who decided, as the ledger names one."""
    return f"{office.bureau().short_name} {to.person}"
