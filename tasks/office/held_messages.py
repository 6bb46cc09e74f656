"""Messages that a unit never got, because it is no more: they go to its successor, which is told why."""

from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from models.matters.tables import Matter
from models.messages.tables import Message
from models.messages.vocabulary import WAITING, Delivery
from models.record.entries import RULE
from models.record.entry_kinds import EntryKind
from tasks.desks import Act
from tasks.messages.posting import STREAM
from tasks.record.ledger import append_entry


def is_held(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a message waits and nobody is handing it over at this moment (aware)."""
    is_free = (col(Message.status) != Delivery.SENDING) | (col(Message.next_attempt_at) <= now)
    return col(Message.status).in_(WAITING) & is_free


def pass_messages(act: Act) -> int:
    """Readdress what waits for units that are no more and have a successor; returns how many messages.

    What is just being sent is left alone: where it fails, the next patrol finds it waiting.
    """
    ended = [unit.code for unit in act.office.succeeded()]
    query = select(Message).where(col(Message.unit_code).in_(ended), is_held(act.now))
    # Whoever hands one over holds it for a moment and may wait for its matter: neither waits for the other.
    held = act.session.exec(query.order_by(col(Message.id)).with_for_update(skip_locked=True)).all()
    for message in held:
        _pass(act, message)
    return len(held)


def _pass(act: Act, message: Message) -> None:
    """Readdress one message, with a first line that says so, and note it."""
    before, heir = act.office.stored(message.unit_code), act.office.heir(message.unit_code)
    message.tag = f"{heir.code}{message.tag.removeprefix(before.code)}"
    message.unit_code = heir.code
    since = f"自{before.ended}起" if before.ended else ""
    message.body = (
        f"（本消息原致{before.name}，该单位职责{since}由{heir.name}承继，现转致你单位。）\n{message.body}"
    )
    act.session.add(message)
    matter = act.session.get(Matter, message.matter_id) if message.matter_id else None
    append_entry(
        act.session, matter.number if matter else STREAM, act.now, EntryKind.SUCCEEDED, RULE,
        f"未发出的消息由{before.name}转致{heir.name}：{message.subject}",
        message=message.id, before=before.code, after=heir.code,
    )  # fmt: skip
