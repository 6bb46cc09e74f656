"""The outbox: one row per (matter, step, round, kind, recipient)."""

from datetime import datetime

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from models.columns import Coded, moment_field, text_field
from models.ladder.vocabulary import Recipient
from models.messages.kinds import MessageKind
from models.messages.vocabulary import Delivery


class Message(SQLModel, table=True):
    """One text to one unit (消息): the outbox. ``tag`` is the channel it goes to, as ZJJ or ZJJ-leader."""

    __table_args__ = (Index("ix_message_status_next", "status", "next_attempt_at"),)

    id: int | None = Field(default=None, primary_key=True)
    # Empty where it concerns no matter, as the notice of a year that is not loaded.
    matter_id: int | None = Field(default=None, foreign_key="matter.id", index=True)
    unit_code: str = Field(foreign_key="unit.code", max_length=32)
    recipient: Recipient = Field(
        default=Recipient.UNIT, sa_column=Column(Coded(Recipient), nullable=False, server_default="unit")
    )
    tag: str = Field(max_length=80)
    kind: MessageKind = Field(sa_column=Column(Coded(MessageKind), nullable=False))
    # The official document attached to it.
    document_number: str | None = Field(default=None, foreign_key="document.number", max_length=80)
    dedupe_key: str = Field(unique=True, max_length=160)
    subject: str = text_field()
    body: str = text_field()
    status: Delivery = Field(default=Delivery.CREATED, sa_column=Column(Coded(Delivery), nullable=False))
    created_at: datetime = moment_field()
    attempts: int = 0
    next_attempt_at: datetime = moment_field()
    handed_over_at: datetime | None = moment_field(nullable=True)
    last_error: str = text_field("")
