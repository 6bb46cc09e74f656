"""The tables: every fact the system stands on.

One matter has at most one open assignment, one answer per assignment (the first wins), one ledger
sequence without gaps, and one outbox row per (matter, step, round, kind, recipient).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Coded, Moment
from models.vocabulary import (
    Category,
    Channel,
    Delivery,
    DocumentKind,
    DocumentStatus,
    Grounds,
    MatterKind,
    Outcome,
    Raising,
    Recipient,
    Rung,
    SourceLevel,
    Step,
)

# Every constraint has a name, so that a later migration can alter it on every database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _moment(*, nullable: bool = False, index: bool = False) -> Any:  # noqa: ANN401 - a field of any type
    """Return a field that holds an aware moment."""
    return Field(sa_column=Column(Moment, nullable=nullable, index=index), default=None if nullable else ...)


def _json() -> Any:  # noqa: ANN401 - a field of any type
    """Return a field that holds JSON."""
    return Field(sa_column=Column(JSON, nullable=False))


def _text(default: Any = ...) -> Any:  # noqa: ANN401 - a field of any type
    """Return a field that holds text of any length."""
    return Field(default=default, sa_column=Column(Text, nullable=False))


def _of_matter(*, primary_key: bool = False) -> Any:  # noqa: ANN401 - a field of any type
    """Return the foreign key to a matter."""
    key = ForeignKey("matter.id")
    return Field(
        sa_column=Column(Integer, key, primary_key=primary_key, index=not primary_key, nullable=False)
    )


class Unit(SQLModel, table=True):
    """A unit of the directory (单位); ``roles`` is a list of role codes."""

    code: str = Field(primary_key=True, max_length=32)
    name: str = Field(unique=True, max_length=100)
    short_name: str = Field(unique=True, max_length=40)
    roles: list[str] = _json()
    active: bool = True


class Matter(SQLModel, table=True):
    """What is being handled (事项) and its run in Prefect."""

    __table_args__ = (Index("ix_matter_open", "outcome", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: MatterKind = Field(sa_column=Column(Coded(MatterKind), nullable=False))
    number: str = Field(unique=True, max_length=40)
    printed_number: str = Field(max_length=60)
    # The lead that a petition is about.
    parent_id: int | None = Field(default=None, foreign_key="matter.id", index=True)
    title: str = _text()
    created_at: datetime = _moment()
    closed_at: datetime | None = _moment(nullable=True)
    outcome: Outcome | None = Field(default=None, sa_column=Column(Coded(Outcome), nullable=True))
    flow_run_id: str | None = Field(default=None, max_length=36)
    # How often the matter has waited for a form; gives every wait a key of its own in Prefect.
    waits: int = 0
    # Since when the run's name, tags and story say less than the facts; empty where they are up to date.
    stale_since: datetime | None = _moment(nullable=True, index=True)


class Lead(SQLModel, table=True):
    """A reported breach of the negative list (问题线索). Source: 通知§12(二)."""

    matter_id: int = _of_matter(primary_key=True)
    source_level: SourceLevel = Field(sa_column=Column(Coded(SourceLevel), nullable=False))
    document_number: str = Field(default="", max_length=100)
    facts: str = _text()
    category: Category = Field(sa_column=Column(Coded(Category), nullable=False))
    received_at: datetime = _moment()
    # A digest of what the lead says, so that importing the same lead twice creates nothing.
    fingerprint: str = Field(unique=True, max_length=64)


class Petition(SQLModel, table=True):
    """What is put before a person to decide (请示): an extension, or a circular as it would be published.

    ``due_on`` is the due date it was raised about, ``proposed_on`` the date an extension is asked for;
    ``subject`` is empty for an extension.
    """

    matter_id: int = _of_matter(primary_key=True)
    assignment_id: int = Field(foreign_key="assignment.id", index=True)
    due_on: date
    unit_code: str = Field(foreign_key="unit.code", max_length=32)
    person: str = Field(max_length=100)
    proposed_on: date | None = None
    subject: str = _text("")
    body: str = _text()


class PetitionEvidence(SQLModel, table=True):
    """Which files of the lead a petition rests on: the written request of an extension."""

    matter_id: int = Field(foreign_key="petition.matter_id", primary_key=True)
    evidence_id: int = Field(foreign_key="evidence.id", primary_key=True)


class Assignment(SQLModel, table=True):
    """One unit owes one answer by one due date (交办); ``answered_at`` empty means open."""

    __table_args__ = (
        UniqueConstraint("matter_id", "step", "round"),
        Index("ix_assignment_open_due", "answered_at", "due_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    matter_id: int = _of_matter()
    step: Step = Field(sa_column=Column(Coded(Step), nullable=False))
    round: int = 1
    unit_code: str = Field(foreign_key="unit.code", max_length=32)
    opened_at: datetime = _moment()
    clock_start: date
    due_on: date
    due_at: datetime = _moment()
    provisional: bool = False
    # The day an extension was granted to, before it moved off a rest day; empty where the term decides.
    extended_to: date | None = None
    term_value: int
    term_unit: str = Field(max_length=20)
    answered_at: datetime | None = _moment(nullable=True)
    # When the ladder has to be looked at again; empty where nothing more comes, or it was answered.
    rung_at: datetime | None = _moment(nullable=True, index=True)
    # While an extension is asked for, the rungs after the due date wait for the decision.
    held: bool = False
    # The form last shown for it, so that what was filled in is found again after any crash, by any run.
    form_run_id: str | None = Field(default=None, max_length=36)
    form_key: str | None = Field(default=None, max_length=60)


class Escalation(SQLModel, table=True):
    """One rung of the ladder reached by one assignment (督办升级); each once for a due date."""

    __table_args__ = (UniqueConstraint("assignment_id", "due_on", "rung"),)

    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignment.id")
    due_on: date
    rung: Rung = Field(sa_column=Column(Coded(Rung), nullable=False))
    raising: Raising = Field(sa_column=Column(Coded(Raising), nullable=False))
    at: datetime = _moment()
    actor: str = Field(max_length=100)
    # Only where a person raised it by hand.
    grounds: Grounds | None = Field(default=None, sa_column=Column(Coded(Grounds), nullable=True))
    reason: str = _text("")


class Answer(SQLModel, table=True):
    """What a unit handed in (反馈); one per assignment."""

    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignment.id", unique=True)
    unit_code: str = Field(foreign_key="unit.code", max_length=32)
    person: str = Field(max_length=50)
    recorded_at: datetime = _moment()
    effective_at: datetime = _moment()
    decision: str = Field(default="", max_length=40)
    fields: dict[str, str] = _json()
    explanation: str = _text("")
    channel: Channel = Field(sa_column=Column(Coded(Channel), nullable=False))


class Evidence(SQLModel, table=True):
    """A stored file (印证材料), addressed by its SHA-256 and stored once per matter."""

    __table_args__ = (UniqueConstraint("matter_id", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    matter_id: int = _of_matter()
    sha256: str = Field(max_length=64, index=True)
    name: str = _text()
    media_type: str = Field(max_length=100)
    size: int
    stored_at: datetime = _moment()


class AnswerEvidence(SQLModel, table=True):
    """Which files an answer rests on; a file may support the answer before and after a return."""

    answer_id: int = Field(foreign_key="answer.id", primary_key=True)
    evidence_id: int = Field(foreign_key="evidence.id", primary_key=True)


class Document(SQLModel, table=True):
    """An official document (公文): its number, its text as fixed with the number, and its files by digest.

    ``content`` is ``models.documents.OfficialDocument`` as JSON; ``note`` says why it was withdrawn.
    """

    __table_args__ = (UniqueConstraint("kind", "year", "sequence"),)

    id: int | None = Field(default=None, primary_key=True)
    matter_id: int = _of_matter()
    kind: DocumentKind = Field(sa_column=Column(Coded(DocumentKind), nullable=False))
    year: int
    sequence: int
    number: str = Field(unique=True, max_length=80)
    status: DocumentStatus = Field(sa_column=Column(Coded(DocumentStatus), nullable=False))
    content: dict[str, Any] = _json()
    created_at: datetime = _moment()
    note: str = _text("")
    # Empty until it is rendered; the patrol looks for those.
    pdf_sha256: str | None = Field(default=None, max_length=64, index=True)
    word_sha256: str | None = Field(default=None, max_length=64)


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
    kind: str = Field(max_length=40)
    # The official document attached to it.
    document_number: str | None = Field(default=None, foreign_key="document.number", max_length=80)
    dedupe_key: str = Field(unique=True, max_length=160)
    subject: str = _text()
    body: str = _text()
    status: Delivery = Field(default=Delivery.CREATED, sa_column=Column(Coded(Delivery), nullable=False))
    created_at: datetime = _moment()
    attempts: int = 0
    next_attempt_at: datetime = _moment()
    handed_over_at: datetime | None = _moment(nullable=True)
    last_error: str = _text("")


class LedgerEntry(SQLModel, table=True):
    """One append-only fact (台账记录). ``stream`` is a lead's number, or what else was changed."""

    __table_args__ = (UniqueConstraint("stream", "sequence"),)

    id: int | None = Field(default=None, primary_key=True)
    stream: str = Field(max_length=40)
    sequence: int
    at: datetime = _moment()
    kind: str = Field(max_length=40)
    actor: str = Field(max_length=100)
    summary: str = _text()
    detail: dict[str, Any] = _json()


class CalendarNotice(SQLModel, table=True):
    """An imported State Council notice; ``days`` maps ISO dates to [kind, festival]."""

    id: int | None = Field(default=None, primary_key=True)
    year: int = Field(index=True)
    issued_on: date | None = None
    imported_at: datetime = _moment()
    digest: str = Field(index=True, max_length=64)
    days: dict[str, list[str]] = _json()


class Counter(SQLModel, table=True):
    """The last number given in a series, as 线索/2026."""

    series: str = Field(primary_key=True, max_length=40)
    last: int
