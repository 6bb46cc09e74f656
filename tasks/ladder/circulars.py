"""Circulars: drafted when their rung has come, published only after a person agreed. Source: 通知§12(六)."""

from collections.abc import Sequence

from sqlmodel import Session

from models.codes import MatterKind
from models.documents.official import Block
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.ladder.vocabulary import Raising, Rung
from models.matters.facts import AcceptedAnswer
from models.matters.tables import Matter
from models.matters.vocabulary import Ruling
from models.record.entry_kinds import EntryKind
from notifications.texts.rendering import RenderedMessage
from tasks.desks import Act, MatterFile
from tasks.documents.issuing import NewDocument, draft_of, issue_documents, publish_draft, withdraw
from tasks.ladder.rung_messages import Notice, NoticeDesk
from tasks.petitions.pending import NewPetition, open_petition, settle_escalation
from tasks.record.ledger import append_entry
from tasks.workplace import work_calendar


def draft_circular(session: Session, desk: NoticeDesk, notice: Notice, person: str) -> Matter | None:
    """Put a circular, worded as it would be published, before the bureau.

    Args:
        session: The transaction that raised the rung and has locked the lead.
        desk: Words it.
        notice: The lead and what it owes.
        person: Who raised it, a person or the rule.

    Returns:
        The circular; None where no template gives its words.
    """
    text = desk.draft(session, notice)
    if text is None:
        return None
    bureau = desk.office.bureau().code
    draft = NewPetition(
        MatterKind.CIRCULAR, notice.matter, notice.row, bureau, person, text.body, subject=text.subject
    )
    matter = open_petition(session, draft, desk.now)
    recipient, lines = _addressed(text.body.splitlines())
    blocks = tuple(Block(line.strip()) for line in lines if line.strip())
    circular = NewDocument(
        DocumentKind.CIRCULAR, matter, recipient, text=(_without_mark(text.subject), blocks),
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


def _addressed(lines: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return whom a circular is addressed to, and its other lines; own wording may name nobody."""
    if lines and lines[0].rstrip().endswith("："):
        return lines[0].strip().rstrip("："), lines[1:]
    return "各有关单位", lines


def _without_mark(subject: str) -> str:
    """Return the title of a circular: its subject without the mark that sorts a mailbox."""
    return subject.removeprefix("【通报】")


def settle_circular(act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
    """Publish a circular word for word as it was approved, or note that it is withheld and why.

    Args:
        act: The transaction that records the ruling.
        file: The circular.
        accepted: The ruling.
    """
    session, office, matter, row = act.session, act.office, file.matter, file.subject.about
    petition = file.subject.petition
    lead = session.get_one(Matter, matter.parent_id)
    person = f"{office.stored(accepted.unit).short_name} {accepted.person}"
    approved = Ruling(accepted.decision) is Ruling.APPROVE
    reason = accepted.explanation or ("" if approved else "未写明理由")
    settle_escalation(
        session,
        petition,
        Raising.RAISED if approved else Raising.WITHHELD,
        f"{person}{reason and '：'}{reason}",
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
    append_entry(session, lead.number, accepted.recorded_at, kind, person, summary, circular=matter.number)
    lead.stale_since = accepted.recorded_at
    session.add(lead)
