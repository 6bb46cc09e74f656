"""What becomes of a message that no channel takes: the bureau is told, and a person may send it again."""

from datetime import datetime

from sqlmodel import Session

from models.errors import ConflictError, NotFound
from models.matters.tables import Matter
from models.messages.kinds import MessageKind
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from models.office.directory import Office
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.matters.reading import lock_matters
from tasks.messages.posting import STREAM, NewMessage, message_key, post
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, bureau_person


def tell_given_up(session: Session, office: Office, message: Message, now: datetime) -> None:
    """Note that a message is not tried again, and write to the bureau why.

    A notice of this kind that is given up itself raises no other: the bureau's own channel is broken, which
    ``zero137 status`` and the ledger show.
    """
    unit = office.stored(message.unit_code)
    summary = f"消息未能交付{unit.name}，已停止发送：{message.subject}"
    stream = stream_of(session, message)
    append_entry(
        session, stream, now, EntryKind.MESSAGE_GIVEN_UP, RULE, summary,
        message=message.id, attempts=message.attempts, reason=message.last_error,
    )  # fmt: skip
    if message.kind is MessageKind.GIVEN_UP:
        return
    bureau = office.bureau()
    values = {
        "addressee": bureau.name, "recipient": unit.name, "told": message.subject, "body": message.body,
        "attempts": message.attempts, "reason": message.last_error, "message": message.id, "matter": stream,
        "document": message.document_number or "",
        # What own templates of earlier releases say.
        "unit": unit.name, "lead": stream,
    }  # fmt: skip
    key = message_key(stream, MessageKind.GIVEN_UP, f"{message.id}-{message.attempts}")
    matter = session.get(Matter, message.matter_id) if message.matter_id else None
    post(session, office, [NewMessage(MessageKind.GIVEN_UP, bureau.code, key, values, matter)], now)


def send_again(place: Workplace, message_id: int, person: str, now: datetime) -> Message:
    """Put a message back into the outbox because a person asked for it; the next delivery hands it over.

    Args:
        place: The workplace.
        message_id: The message.
        person: Who asks (经办人).
        now: The moment (aware).

    Raises:
        NotFound: There is no such message.
        RuleViolation: Nobody is named.
        ConflictError: It is waiting to be sent anyway, or is being sent at this moment.
    """
    with place.writing() as session:
        actor = bureau_person(session, place, person)
        message = session.get(Message, message_id, with_for_update=True)
        if message is None:
            raise NotFound(f"没有编号为 {message_id} 的消息，可用 zero137 messages list 查看。")
        if message.status is Delivery.CREATED:
            raise ConflictError("该消息正在待发送，不必重发；未配置渠道的请先配置。")
        if message.status is Delivery.SENDING and message.next_attempt_at > now:
            raise ConflictError("该消息正在发送，请稍后再看。")
        was = message.status
        message.status, message.next_attempt_at = Delivery.CREATED, now
        session.add(message)
        append_entry(
            session, stream_of(session, message), now, EntryKind.MESSAGE_RESENT, actor,
            f"重新发送消息：{message.subject}", message=message.id, before=was.value,
        )  # fmt: skip
        return message


def stream_of(session: Session, message: Message) -> str:
    """Return the ledger a message belongs to, locked; what concerns no matter has one of its own."""
    if message.matter_id is None:
        return STREAM
    lock_matters(session, message.matter_id)
    return session.get_one(Matter, message.matter_id).number
