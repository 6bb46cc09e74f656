"""Official documents: numbered with the change they tell of, issued once, withdrawn but never forgotten."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session, col, select

from models.documents.official import (
    Block,
    OfficialDocument,
    check_document,
    document_from_json,
    document_to_json,
)
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.errors import ConflictError, NotFound, RuleViolation
from models.matters.tables import Matter
from models.office.directory import Office
from models.record.entries import RULE, Fact
from models.record.entry_kinds import EntryKind
from models.texts import visible
from notifications.texts.rendering import render_document
from notifications.texts.wording import WordingFault, document_template, worded
from tasks.documents.unprintable import note_unprintable
from tasks.matters.reading import key_of
from tasks.messages.posting import note_wording
from tasks.record.ledger import append_entry, append_facts
from tasks.turns import next_number, take_turn


@dataclass(frozen=True)
class NewDocument:
    """A document to be numbered: what it says, and to whom.

    ``values`` fill the template of its kind; ``text`` (title and body) replaces the template where the words
    were fixed elsewhere. ``issuer`` blank means the bureau.
    """

    kind: DocumentKind
    matter: Matter
    recipient: str
    values: Mapping[str, object] = field(default_factory=dict)
    text: tuple[str, tuple[Block, ...]] | None = None
    issuer: str = ""
    copies: tuple[str, ...] = ()
    status: DocumentStatus = DocumentStatus.ISSUED
    actor: str = RULE


def issue_documents(
    session: Session, office: Office, wanted: Sequence[NewDocument], now: datetime
) -> list[str]:
    """Number documents and fix their text within the transaction of the change they tell of.

    Where the office's own template of a kind fails, the packaged one takes its place; see ``note_wording``.

    Returns:
        Their numbers, in the same order, blank where no template gave the words. A transaction that is
        rolled back gives its numbers back.
    """
    year = office.policy.day_of(now).year
    # Whoever takes turns in one order never blocks; a turn lasts until the transaction ends.
    for kind in sorted({new.kind for new in wanted}):
        take_turn(session, _series(kind, year))
    rows, facts, numbers, numbered = [], [], [], []
    faults: list[tuple[str, WordingFault]] = []
    for new in wanted:
        unnumbered, fault = _compose(office, new, now)
        if fault is not None:
            faults.append((new.matter.number, fault))
        if unnumbered is None:
            numbers.append("")
            continue
        sequence = next_number(session, _series(new.kind, year))
        number = office.policy.documents.number_of(new.kind, year, sequence)
        document = replace(unnumbered, number=number)
        content = document_to_json(document)
        numbers.append(number)
        numbered.append((new, document))
        rows.append(
            {
                "matter_id": key_of(new.matter), "kind": new.kind, "year": year, "sequence": sequence,
                "number": number, "status": new.status, "content": content, "created_at": now,
                "note": "", "pdf_sha256": None, "word_sha256": None,
            }
        )  # fmt: skip
        facts.append(_fact(new, document, content, now))
    if rows:
        session.flush()
        session.connection().execute(insert(Document), rows)
        append_facts(session, facts)
    for new, document in numbered:
        is_draft = new.status is DocumentStatus.DRAFT
        note_unprintable(session, office, new.matter, document, now, drafted=is_draft)
    note_wording(session, office, faults, now)
    return numbers


def _series(kind: DocumentKind, year: int) -> str:
    """Return the series a kind is numbered in."""
    return f"公文/{kind.value}/{year}"


def _compose(
    office: Office, new: NewDocument, now: datetime
) -> tuple[OfficialDocument | None, WordingFault | None]:
    """Return the document in the words of its template, not numbered yet, and what was wrong with that."""
    issuer = new.issuer or office.bureau().name
    values = {**new.values, "issuer": issuer}

    def render(wording: Path | None) -> OfficialDocument:
        title, body = new.text or render_document(new.kind, values, wording)
        document = OfficialDocument(
            kind=new.kind, number="", issuer=issuer, recipient=new.recipient, title=title, body=body,
            signature=issuer, dated=office.policy.day_of(now), copies=new.copies,
        )  # fmt: skip
        check_document(document)
        return document

    return worded(document_template(new.kind), new.kind.label, render, office.wording)


def _fact(new: NewDocument, document: OfficialDocument, content: Mapping[str, object], now: datetime) -> Fact:
    """Return the ledger entry of a document: its number, recipient and the digest of its text."""
    drafted = new.status is DocumentStatus.DRAFT
    summary = f"{'拟定' if drafted else '印发'}{new.kind.label} {document.number}：{document.recipient}"
    detail = {
        "document": document.number, "kind": new.kind.value, "recipient": document.recipient,
        "title": document.title, "copies": list(document.copies), "content_sha256": digest_of(content),
    }  # fmt: skip
    kind = EntryKind.DOCUMENT_DRAFTED if drafted else EntryKind.DOCUMENT_ISSUED
    return Fact(new.matter.number, now, kind, new.actor, summary, detail)


def digest_of(content: Mapping[str, object]) -> str:
    """Return the SHA-256 of a document's text as canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def draft_of(session: Session, matter: Matter) -> Document | None:
    """Return the draft that belongs to a matter, locked, if there is one."""
    query = select(Document).where(
        col(Document.matter_id) == matter.id, col(Document.status) == DocumentStatus.DRAFT
    )
    return session.exec(query.with_for_update()).first()


def publish_draft(session: Session, office: Office, draft: Document, actor: str, now: datetime) -> None:
    """Issue a draft word for word; only its date is that of the day it is issued."""
    document = replace(document_from_json(draft.content), dated=office.policy.day_of(now))
    draft.content, draft.status = document_to_json(document), DocumentStatus.ISSUED
    session.add(draft)
    append_entry(
        session, session.get_one(Matter, draft.matter_id).number, now, EntryKind.DOCUMENT_ISSUED, actor,
        f"印发{draft.kind.label} {draft.number}：{document.recipient}",
        document=draft.number, content_sha256=digest_of(draft.content),
    )  # fmt: skip


def withdraw(session: Session, document: Document, why: str, actor: str, now: datetime) -> None:
    """Withdraw a document; its number stays its own for ever, with a note.

    Raises:
        RuleViolation: No reason is given.
        ConflictError: It was withdrawn before.
    """
    if not visible(why):
        raise RuleViolation("请写明撤回的原因。")
    if document.status is DocumentStatus.WITHDRAWN:
        raise ConflictError(f"{document.number} 此前已撤回：{document.note}")
    document.status, document.note = DocumentStatus.WITHDRAWN, why
    session.add(document)
    append_entry(
        session, session.get_one(Matter, document.matter_id).number, now, EntryKind.DOCUMENT_WITHDRAWN, actor,
        f"撤回{document.kind.label} {document.number}（文号保留，不再使用）：{why}", document=document.number,
    )  # fmt: skip


def find_document(session: Session, number: str, *, for_change: bool = False) -> Document:
    """Find a document by what a person typed: its number, with whatever brackets, or G and its row number.

    Raises:
        NotFound: There is no such document.
    """
    wanted = unicodedata.normalize("NFKC", number).strip()
    plain = wanted.translate(str.maketrans("[(〔【", "〔〔〔〔")).translate(
        str.maketrans("])〕】", "〕〕〕〕")
    )
    digits = wanted.upper().removeprefix("G")
    query = select(Document).where(Document.number == plain)
    if digits.isdecimal() and len(digits) < 10:  # noqa: PLR2004 - an SQL integer
        query = select(Document).where(Document.id == int(digits))
    document = session.exec(query.with_for_update() if for_change else query).first()
    if document is None:
        raise NotFound(f"没有文号为“{number.strip()}”的公文，可用 zero137 document list 查看。")
    return document


def documents_of(session: Session, matter: Matter) -> list[Document]:
    """Return the documents of a matter, in the order in which they were numbered."""
    query = select(Document).where(col(Document.matter_id) == matter.id).order_by(col(Document.id))
    return list(session.exec(query))
