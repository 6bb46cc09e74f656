"""Posting: the one writer of messages. Each is written once, with the change it tells of.

Handing them over is ``tasks.delivery.sending``. A message that cannot be put into the office's own words
goes out in the packaged ones, is noted in the ledger, and the bureau is told; the others are not touched.
Source: ADR-0026.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from models.ladder.vocabulary import Recipient
from models.matters.tables import Assignment, Matter
from models.messages.kinds import MessageKind
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from models.office.directory import Office
from models.record.entries import RULE, Fact, digest
from models.record.entry_kinds import EntryKind
from notifications.texts.rendering import RenderedMessage
from notifications.texts.wording import WordingFault, worded_message
from tasks.database import insert_into
from tasks.desks import MatterFile
from tasks.messages.values import matter_values
from tasks.record.ledger import append_facts

logger = logging.getLogger(__name__)

# The stream of what concerns no matter.
STREAM = "messages"
# A date and a duty may move back and forth, a unit be asked again; all else is told once per assignment.
_RECURRING = frozenset(
    {MessageKind.DUE_MOVED, MessageKind.CONSULTATION, MessageKind.CORRECTED, MessageKind.SUCCESSION}
)


@dataclass(frozen=True)
class NewMessage:
    """A message to be written.

    Attributes:
        kind: What it is; its template bears the same name.
        unit_code: To whom.
        key: What it is known by for ever, see ``message_key`` and ``step_key``; it is written once.
        values: What its template speaks of: the values its kind declares.
        matter: What it concerns, if a matter.
        document: The number of the document that is attached; blank where none is.
        recipient: Who in the unit is meant.
        text: The words, where a person approved them; else the template gives them.
        not_before: When it may be handed over first (aware); None for at once.
    """

    kind: MessageKind
    unit_code: str
    key: str
    values: Mapping[str, object]
    matter: Matter | None = None
    document: str = ""
    recipient: Recipient = Recipient.UNIT
    text: RenderedMessage | None = None
    not_before: datetime | None = None


def message_key(stream: str, *occasion: object) -> str:
    """Return the key of a message: its stream and what tells it from the others there.

    Existing homes hold these keys. One that is spelt otherwise is another message, and goes out again.
    """
    return "/".join(map(str, (stream, *occasion)))


def step_key(matter: Matter, row: Assignment, kind: MessageKind, occasion: str, to: str) -> str:
    """Return the key of a message about one step of a matter; a blank occasion comes once."""
    return message_key(matter.number, row.step, row.round, f"{kind}-{occasion}" if occasion else kind, to)


def is_told(session: Session, key: str) -> bool:
    """Tell whether anybody was told under a key, to which that of each message adds its unit."""
    query = select(Message.id).where(col(Message.dedupe_key).startswith(f"{key}/", autoescape=True))
    return session.exec(query.limit(1)).first() is not None


@dataclass(frozen=True)
class Addressee:
    """To whom a message about a step goes: who in a unit; ``occasion`` tells it from others of its kind."""

    unit_code: str
    recipient: Recipient = Recipient.UNIT
    occasion: str = ""


def tell_unit(
    session: Session,
    office: Office,
    file: MatterFile,
    row: Assignment,
    kind: MessageKind,
    to: Addressee | str,
    now: datetime,
    **more: object,
) -> None:
    """Write to a unit about a step of a matter, within the transaction of the change it tells of.

    ``to`` is the code of a unit where nothing else is to be said of it; one that was abolished is written to
    at its successor. ``more`` is what its template speaks of beside the matter; ``document`` is the number of
    what is attached. What is known of a matter and its kind of message does not declare is left out: a
    template means the same for a matter of any kind.
    """
    who = to if isinstance(to, Addressee) else Addressee(to)
    unit_code = office.heir(who.unit_code).code
    occasion = who.occasion or (f"{now:%Y%m%d%H%M%S}" if kind in _RECURRING else "")
    named = unit_code + (":leader" if who.recipient is Recipient.LEADER else "")
    key = step_key(file.matter, row, kind, occasion, named)
    known = matter_values(office, file, row, unit_code)
    if who.recipient is Recipient.LEADER:
        known["addressee"] = f"{known['addressee']}主要负责人"
    values = {name: value for name, value in known.items() if name in kind.values} | more
    new = NewMessage(
        kind, unit_code, key, values, file.matter, str(values.get("document", "")), who.recipient
    )
    post(session, office, [new], now)


def post(session: Session, office: Office, wanted: Iterable[NewMessage], now: datetime) -> None:
    """Put messages into words and write them, within the transaction of the change they tell of.

    What was written before is left as it is. What cannot be put into words keeps nothing else from being
    written: it is noted and told, see ``note_wording``.
    """
    rows: list[dict[str, object]] = []
    faulty: list[tuple[NewMessage, WordingFault]] = []
    for new in wanted:
        text, fault = (new.text, None) if new.text else worded_message(new.kind, new.values, office.wording)
        if text is not None:
            rows.append(_row(new, text, now))
        if fault is not None:
            faulty.append((new, fault))
    note_wording(session, office, _new_faults(session, office, faulty), now)
    _write(session, rows)


def _new_faults(
    session: Session, office: Office, faulty: Sequence[tuple[NewMessage, WordingFault]]
) -> list[tuple[str, WordingFault]]:
    """Return the faults with their streams, but for those of messages that were written before."""
    keys = [new.key for new, _ in faulty]
    query = select(Message.dedupe_key).where(col(Message.dedupe_key).in_(keys))
    written = set(session.exec(query)) if keys else set()
    return [
        (_stream_of(new), fault if fault.is_replaced else _addressed(fault, office, new.unit_code))
        for new, fault in faulty
        if new.key not in written
    ]


def put_into_words(
    session: Session, office: Office, new: NewMessage, now: datetime
) -> RenderedMessage | None:
    """Return the words of a message without writing it; None where no template gives any."""
    text, fault = worded_message(new.kind, new.values, office.wording)
    note_wording(session, office, [(_stream_of(new), fault)] if fault else [], now)
    return text


def note_wording(
    session: Session, office: Office, faults: Sequence[tuple[str, WordingFault]], now: datetime
) -> None:
    """Note templates that failed in the ledger of each matter, and tell the bureau.

    Args:
        session: The transaction in which a text was to be written.
        office: The directory, the policy and the office's own wording.
        faults: Stream and fault; the same one of a matter is noted once.
        now: The moment (aware).
    """
    noted = list(dict.fromkeys(faults))
    append_facts(session, [_fact(stream, fault, now) for stream, fault in noted])
    _write(session, list(_accounts(office, noted, now)))


def _fact(stream: str, fault: WordingFault, now: datetime) -> Fact:
    """Return the ledger entry of a template that failed."""
    logger.error("模板 %s 无法使用（%s）：%s", fault.template, stream, fault.reason)
    became = "已改用自带模板" if fault.is_replaced else "未能写出，请另行转告"
    summary = f"{fault.what}：模板 {fault.template} 无法使用，{became}"
    detail = {"template": fault.template, "reason": fault.reason, "replaced": fault.is_replaced}
    return Fact(stream, now, EntryKind.WORDING_FAILED, RULE, summary, detail)


def _accounts(
    office: Office, faults: Iterable[tuple[str, WordingFault]], now: datetime
) -> Iterator[dict[str, object]]:
    """Give what the bureau is told: once a day of a template that was replaced, of all else one by one."""
    bureau, kind = office.bureau(), MessageKind.WORDING_FAULT
    accounts = {_account_key(office, stream, fault, now): (stream, fault) for stream, fault in faults}
    # In one order: two transactions that tell of the same templates never wait for each other.
    for key, (stream, fault) in sorted(accounts.items()):
        values = {
            "addressee": bureau.name, "template": fault.template, "written": fault.what,
            "reason": fault.reason, "replaced": fault.is_replaced,
            "matter": "日常提醒" if stream == STREAM else stream,
        }  # fmt: skip
        # In the packaged words: the office's own may be what is wrong.
        text, broken = worded_message(kind, values, None)
        if text is None:
            logger.error("模板 %s 无法使用：%s", kind, broken)
        else:
            yield _row(NewMessage(kind, bureau.code, key, values), text, now)


def _account_key(office: Office, stream: str, fault: WordingFault, now: datetime) -> str:
    """Return the key of what the bureau is told of a fault; see ``_accounts``."""
    occasion = [] if fault.is_replaced else [stream, digest(fault.what)[:8]]
    day = office.policy.day_of(now)
    return message_key(STREAM, MessageKind.WORDING_FAULT, day, *occasion, fault.template)


def _addressed(fault: WordingFault, office: Office, unit_code: str) -> WordingFault:
    """Return a fault that says whom somebody has to call, because nothing was written."""
    return replace(fault, what=f"发给{office.stored(unit_code).name}的{fault.what}")


def _stream_of(new: NewMessage) -> str:
    """Return the ledger a message belongs to."""
    return new.matter.number if new.matter else STREAM


def _row(new: NewMessage, text: RenderedMessage, now: datetime) -> dict[str, object]:
    """Return the row of a message; who leads a unit has a channel of its own beside the unit's."""
    leader = "-leader" if new.recipient is Recipient.LEADER else ""
    return {
        "matter_id": new.matter and new.matter.id, "unit_code": new.unit_code, "recipient": new.recipient,
        "tag": f"{new.unit_code}{leader}", "kind": new.kind, "dedupe_key": new.key,
        "document_number": new.document or None, "subject": text.subject, "body": text.body,
        "status": Delivery.CREATED, "created_at": now, "attempts": 0,
        "next_attempt_at": new.not_before or now, "handed_over_at": None, "last_error": "",
    }  # fmt: skip


def _write(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Write rows in their order, but for those that are there."""
    if rows:
        # The matters and documents they belong to come first.
        session.flush()
        insertion = insert_into(session, Message).on_conflict_do_nothing(index_elements=["dedupe_key"])
        session.connection().execute(insertion, rows)
