"""Posting: messages are written with the change they tell of, and handed over afterwards."""

from datetime import datetime

from sqlmodel import Session, select

from models.matters.tables import Assignment
from models.messages.tables import Message
from models.office.directory import Office
from notifications.texts.rendering import render_message
from tasks.matters.reading import MatterFile, key_of
from tasks.messages.values import matter_values

# A date may move back and forth and a unit be asked again; all else is told once per assignment.
_RECURRING = frozenset({"due_moved", "consultation"})


def enqueue(
    session: Session,
    office: Office,
    file: MatterFile,
    row: Assignment,
    kind: str,
    unit_code: str,
    now: datetime,
    **more: object,
) -> bool:
    """Write a message into the outbox within the transaction of the change it tells of.

    ``more`` is what its template speaks of beside the matter; ``document`` is the number of what is attached.

    Returns:
        False where this (matter, step, round, kind, recipient) has its message already.
    """
    occasion = f"{kind}-{now:%Y%m%d%H%M%S}" if kind in _RECURRING else kind
    key = f"{file.matter.number}/{row.step.value}/{row.round}/{occasion}/{unit_code}"
    if session.exec(select(Message.id).where(Message.dedupe_key == key)).first() is not None:
        return False
    message = render_message(
        kind,
        {**matter_values(office, file, row, unit_code), **more},
        office.wording,
    )
    written = Message(
        matter_id=key_of(file.matter), unit_code=unit_code, tag=unit_code, kind=kind, dedupe_key=key,
        document_number=str(more.get("document") or "") or None,
        subject=message.subject, body=message.body, created_at=now, next_attempt_at=now,
    )  # fmt: skip
    session.add(written)
    return True
