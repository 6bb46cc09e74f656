"""Circulars: drafted when their rung has come, published only after a person agreed. Source: 通知§12(六)."""

from datetime import date

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.codes import Outcome
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising, Rung
from models.matters.facts import AcceptedAnswer
from models.matters.tables import Matter
from models.matters.vocabulary import Ruling
from models.mechanisms.circulars import CIRCULARS
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from notifications.texts.rendering import RenderedMessage
from notifications.texts.wording import circular_of
from tasks.desks import Act, MatterFile
from tasks.documents.issuing import NewDocument, draft_of, issue_documents, publish_draft, withdraw
from tasks.ladder.rung_messages import Notice, NoticeDesk
from tasks.matters.reading import key_of
from tasks.petitions.pending import NewPetition, open_petition
from tasks.record.ledger import append_entry
from tasks.workplace import work_calendar


def draft_circular(session: Session, desk: NoticeDesk, notice: Notice, person: str) -> Matter | None:
    """Put a circular, worded as it would be published, before the bureau.

    Args:
        session: The transaction that raised the rung and has locked the matter.
        desk: Words it.
        notice: The matter and what it owes.
        person: Who raised it, a person or the rule.

    Returns:
        The circular; None where no template gives its words.
    """
    text = desk.draft(session, notice)
    if text is None:
        # What is merely skipped a person may raise again, once the template is mended; the fault was told.
        _settle_rung(
            session, key_of(notice.row), notice.row.due_on, Raising.SKIPPED, "通报稿的模板无法使用，未能拟稿"
        )
        return None
    bureau = desk.office.bureau().code
    draft = NewPetition(CIRCULARS, notice.matter, notice.row, bureau, person, text.body, subject=text.subject)
    matter = open_petition(session, draft, desk.now)
    recipient, title, body = circular_of(text)
    circular = NewDocument(
        DocumentKind.CIRCULAR, matter, recipient, text=(title, body),
        status=DocumentStatus.DRAFT, actor=person,
    )  # fmt: skip
    issue_documents(session, desk.office, [circular], desk.now)
    for stream in (notice.matter.number, matter.number):
        append_entry(
            session, stream, desk.now, EntryKind.CIRCULAR_DRAFTED, person,
            f"通报稿 {matter.printed_number} 已拟定，待批准后发布",
            circular=matter.number, due_on=notice.row.due_on.isoformat(), body=text.body,
        )  # fmt: skip
    return matter


def settle_circular(act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
    """Publish a circular word for word as it was approved, or note that it is withheld and why.

    Args:
        act: The transaction that records the ruling.
        file: The circular.
        accepted: The ruling.
    """
    session, office, matter, row = act.session, act.office, file.matter, file.subject.about
    petition = file.subject.petition
    parent = session.get_one(Matter, matter.parent_id)
    person = f"{office.stored(accepted.unit).short_name} {accepted.person}"
    approved = Ruling(accepted.decision) is Ruling.APPROVE
    reason = accepted.explanation or ("" if approved else "未写明理由")
    raising = Raising.RAISED if approved else Raising.WITHHELD
    _settle_rung(
        session, petition.assignment_id, petition.due_on, raising, f"{person}{reason and '：'}{reason}"
    )
    document = draft_of(session, matter)
    if document is not None:
        if approved:
            publish_draft(session, office, document, person, accepted.recorded_at)
        else:
            withdraw(session, document, f"不予发布：{reason}", person, accepted.recorded_at)
    if approved:
        rule = next(rule for rule in office.policy.ladder if rule.rung is Rung.CIRCULAR)
        text = RenderedMessage(petition.subject, petition.body)
        number = "" if document is None else document.number
        notices = [
            Notice(matter, row, rule, recipient, text=text, document=number) for recipient in rule.recipients
        ]
        NoticeDesk(office, act.mechanisms, work_calendar(session), accepted.recorded_at).enqueue(
            session, notices
        )
    summary = f"通报 {matter.printed_number} {'经批准发布' if approved else f'不予发布：{reason}'}"
    kind = EntryKind.CIRCULAR_PUBLISHED if approved else EntryKind.CIRCULAR_WITHHELD
    append_entry(session, parent.number, accepted.recorded_at, kind, person, summary, circular=matter.number)
    parent.stale_since = accepted.recorded_at
    session.add(parent)


def drop_circular(act: Act, file: MatterFile, why: str) -> None:
    """Take back a circular that need not be decided on any more, and say so at the rung that brought it."""
    petition = file.subject.petition
    _settle_rung(act.session, petition.assignment_id, petition.due_on, Raising.SKIPPED, why)
    draft = draft_of(act.session, file.matter)
    if draft is not None:
        withdraw(act.session, draft, f"{Outcome.MOOT.label}（{why}）", RULE, act.now)


def stored_rung(assignment_id: int, due_on: date, rung: Rung) -> SelectOfScalar[Escalation]:
    """Return the query for what is stored of a rung: each is there once for an assignment and due date."""
    return select(Escalation).where(
        col(Escalation.assignment_id) == assignment_id,
        col(Escalation.due_on) == due_on,
        col(Escalation.rung) == rung,
    )


def _settle_rung(session: Session, assignment_id: int, due_on: date, raising: Raising, reason: str) -> None:
    """Note at the rung of the ladder what became of its circular."""
    row = session.exec(stored_rung(assignment_id, due_on, Rung.CIRCULAR)).one()
    row.raising = raising
    # The grounds of a person who raised it by hand stay.
    row.reason = "；".join(filter(None, (row.reason, reason)))
    session.add(row)
