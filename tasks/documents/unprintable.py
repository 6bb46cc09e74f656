"""Characters of official documents that no font here can draw: told before a letter with 〓 goes out."""

from datetime import datetime

from sqlmodel import Session

from models.documents.official import OfficialDocument
from models.matters.tables import Matter
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.record.entries import RULE, Fact
from models.record.entry_kinds import EntryKind
from notifications.papers.glyphs import named_characters, undrawable
from tasks.messages.posting import NewMessage, is_told, message_key, post
from tasks.record.ledger import append_facts


def note_unprintable(
    session: Session,
    office: Office,
    matter: Matter,
    document: OfficialDocument,
    now: datetime,
    *,
    drafted: bool = False,
) -> None:
    """Note in the ledger what a document cannot print, and tell the bureau; once for a document.

    The document goes out all the same, since terms run. Whoever calls this before the message of the
    document is written has the bureau told first: messages go out in the order they were written.

    Args:
        session: The transaction in which it is numbered or its files are kept.
        office: The directory, the policy and the office's own wording.
        matter: The matter it belongs to.
        document: Its text.
        now: The moment (aware).
        drafted: Whether it is a draft, which is attached to no message yet.
    """
    missing = undrawable(document.texts)
    key = message_key(matter.number, MessageKind.UNPRINTABLE, document.number)
    if missing and not is_told(session, key):
        append_facts(session, [_fact(matter, document, missing, now)])
        post(session, office, [_notice(office, key, matter, document, missing, drafted=drafted)], now)


def _fact(matter: Matter, document: OfficialDocument, missing: str, now: datetime) -> Fact:
    """Return the ledger entry of a document that prints 〓."""
    summary = (
        f"{document.kind.label} {document.number} 中{named_characters(missing)}没有可用字体，PDF 中印作〓"
    )
    detail = {"document": document.number, "characters": list(missing)}
    return Fact(matter.number, now, EntryKind.UNPRINTABLE, RULE, summary, detail)


def _notice(
    office: Office, key: str, matter: Matter, document: OfficialDocument, missing: str, *, drafted: bool
) -> NewMessage:
    """Return what the bureau is told of it, with the document so that somebody looks at it."""
    bureau = office.bureau()
    values = {
        "addressee": bureau.name, "written": document.kind.label, "document": document.number,
        "recipient": document.recipient, "printed_number": matter.printed_number, "title": matter.title,
        "characters": named_characters(missing),
    }  # fmt: skip
    # A draft may not go out, to nobody.
    attached = "" if drafted else document.number
    return NewMessage(
        MessageKind.UNPRINTABLE, bureau.code, f"{key}/{bureau.code}", values, matter, document=attached
    )
