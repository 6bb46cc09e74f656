"""Delivery: the one sender. What was posted is claimed, handed over and settled. Source: ADR-0012."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update
from sqlmodel import col, select

from models.errors import DeliveryError, InputError, NoChannelError, RuleViolation, StoreError
from models.messages.kinds import MessageKind
from models.messages.tables import Message
from models.messages.vocabulary import WAITING, Delivery
from notifications.channels.handing_over import hand_over, open_channels
from notifications.texts.rendering import RenderedMessage
from notifications.texts.wording import WordingFault, worded_mail
from tasks.delivery.given_up import stream_of, tell_given_up
from tasks.documents.rendered import attached
from tasks.messages.posting import note_wording
from tasks.workplace import Workplace, office_of, work_calendar

if TYPE_CHECKING:
    from apprise import Apprise

logger = logging.getLogger(__name__)

# A claimed row is another deliverer's after this time: the first one was killed.
LEASE = timedelta(minutes=5)
# A unit without an address is looked at again after this time.
UNCONFIGURED_RETRY = timedelta(minutes=20)
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))


@dataclass(frozen=True)
class DeliveryReport:
    """How many messages were handed over and how many were not, and why the last one was not."""

    handed_over: int = 0
    failed: int = 0
    reason: str = ""


def deliver_messages(
    place: Workplace, number: str | None = None, message_id: int | None = None, document: str | None = None
) -> DeliveryReport:
    """Hand over every message that is due, each by one deliverer only.

    Outside business hours nothing is handed over, whatever the message: it waits for the next opening.

    Args:
        place: The workplace; without a channel file everything stays in the outbox.
        number: Only the messages of this matter.
        message_id: Only this message.
        document: Only the messages this document is attached to.
    """
    try:
        channels = open_channels(place.channels_file)
    except InputError as error:
        # A wrong file must not end a flow: everything stays in the outbox until it is mended.
        logger.error("%s", error)  # noqa: TRY400 - told as a sentence, not as a traceback
        return DeliveryReport(reason=str(error))
    if channels is None:
        return DeliveryReport(reason=f"未配置渠道（{place.channels_file.name}），消息留在发件箱。")
    if not _may_tell(place):
        return DeliveryReport(reason="现在不是办公时间，消息留待开始办公后发送。")
    handed_over = failed = 0
    reason = ""
    for message in _due_messages(place, place.clock(), number, message_id, document):
        # A channel may take its time: every lease is counted from its own beginning.
        if not _claim(place, message, place.clock()):
            continue
        if why := _attempt(place, channels, message):
            failed, reason = failed + 1, why
        else:
            handed_over += 1
    return DeliveryReport(handed_over, failed, reason)


def _attempt(place: Workplace, channels: "Apprise", message: Message) -> str:
    """Try to hand over a claimed message and settle it; returns why it was not, blank where it was."""
    try:
        fault = _send(place, channels, message)
    except DeliveryError as error:
        logger.warning("消息 %s 未能交付渠道：%s", message.dedupe_key, error)
        _settle(place, message, error)
        return str(error)
    _settle(place, message, None, fault)
    return ""


def _send(place: Workplace, channels: "Apprise", message: Message) -> WordingFault | None:
    """Hand a message over, as mail with its HTML form and its document; returns what was wrong with the form.

    Raises:
        DeliveryError: A channel did not take it, or its document cannot be rendered now.
    """
    number = message.document_number or ""
    text = RenderedMessage(message.subject, message.body)
    html, fault = worded_mail(message.kind, text, number, place.templates_folder)
    try:
        with attached(place, number, place.clock()) as files:
            _tell_first(place, channels, message)
            hand_over(channels, tags_of(message), message.subject, message.body, html=html, attachments=files)
    except (InputError, StoreError) as error:
        raise DeliveryError(str(error), retryable=True) from error
    except RuleViolation as error:
        raise DeliveryError(str(error), retryable=False) from error
    return fault


def _tell_first(place: Workplace, channels: "Apprise", message: Message) -> None:
    """Hand over what the bureau has to know of a document before it goes out; rendering may have told it."""
    if message.document_number is None or message.kind is MessageKind.UNPRINTABLE:
        return
    for notice in _due_messages(place, place.clock(), None, document=message.document_number):
        if notice.kind is MessageKind.UNPRINTABLE and _claim(place, notice, place.clock()):
            _attempt(place, channels, notice)


def tags_of(message: Message) -> list[str]:
    """Return the tags to look for; the leader of a unit is reached by the unit where none is named."""
    return list(dict.fromkeys((message.tag, message.unit_code)))


def can_deliver(place: Workplace, number: str) -> bool:
    """Tell whether there is anything to hand over for a matter, and a channel to try."""
    waiting = place.channels_file.exists() and _due_messages(place, place.clock(), number)
    return bool(waiting) and _may_tell(place)


def _may_tell(place: Workplace) -> bool:
    """Tell whether people may be told anything now."""
    with place.reading() as session:
        return place.policy.business_hours.is_open(place.clock(), work_calendar(session))


def _due_messages(
    place: Workplace,
    now: datetime,
    number: str | None,
    message_id: int | None = None,
    document: str | None = None,
) -> list[Message]:
    """Return the messages whose attempt is due, the oldest first."""
    waiting = col(Message.status).in_(WAITING)
    query = select(Message).where(waiting, col(Message.next_attempt_at) <= now).order_by(col(Message.id))
    if number is not None:
        query = query.where(col(Message.dedupe_key).startswith(f"{number}/"))
    if document is not None:
        query = query.where(col(Message.document_number) == document)
    if message_id is not None:
        query = query.where(col(Message.id) == message_id)
    with place.reading() as session:
        return list(session.exec(query))


def _claim(place: Workplace, message: Message, now: datetime) -> bool:
    """Take a message for this deliverer; False where another one was faster."""
    mine = update(Message).where(
        col(Message.id) == message.id,
        col(Message.attempts) == message.attempts,
        # Its unit may have been succeeded since it was read: then it is read again first.
        col(Message.unit_code) == message.unit_code,
        col(Message.status).in_(WAITING),
    )
    with place.writing() as session:
        taken = session.connection().execute(
            mine.values(status=Delivery.SENDING, attempts=Message.attempts + 1, next_attempt_at=now + LEASE)
        )
        return taken.rowcount == 1


def _settle(
    place: Workplace, message: Message, error: DeliveryError | None, fault: WordingFault | None = None
) -> None:
    """Record how an attempt ended: handed over, to be tried again, or given up and told to the operator."""
    now = place.clock()
    with place.writing() as session:
        row = session.get_one(Message, message.id, with_for_update=True)
        if row.attempts != message.attempts + 1:
            # The lease ran out and another deliverer has taken the message since.
            return
        if error is None:
            row.status, row.handed_over_at, row.last_error = Delivery.HANDED_OVER, now, ""
            if fault is not None:
                note_wording(session, office_of(session, place), [(stream_of(session, row), fault)], now)
        elif isinstance(error, NoChannelError):
            row.status, row.last_error, row.attempts = Delivery.CREATED, str(error), row.attempts - 1
            row.next_attempt_at = now + UNCONFIGURED_RETRY
        elif error.retryable and row.attempts <= len(RETRY_AFTER):
            row.status, row.last_error = Delivery.FAILED, str(error)
            row.next_attempt_at = now + RETRY_AFTER[row.attempts - 1]
        else:
            row.status, row.last_error = Delivery.GIVEN_UP, str(error)
            tell_given_up(session, office_of(session, place), row, now)
        session.add(row)
