"""The tables: every fact the system stands on.

One matter has at most one open assignment, one answer per assignment (the first wins), one ledger
sequence without gaps, and one outbox row per (matter, step, round, kind, recipient).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.columns import Coded, json_field, matter_key, moment_field, text_field
from models.vocabulary import (
    Barrier,
    Category,
    Channel,
    Delivery,
    DocumentKind,
    DocumentStatus,
    Grounds,
    Importance,
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


class Unit(SQLModel, table=True):
    """A unit of the directory (单位); ``roles`` is a list of role codes."""

    code: str = Field(primary_key=True, max_length=32)
    name: str = Field(unique=True, max_length=100)
    short_name: str = Field(unique=True, max_length=40)
    roles: list[str] = json_field()
    active: bool = True


class Matter(SQLModel, table=True):
    """What is being handled (事项) and its run in Prefect."""

    __table_args__ = (
        Index("ix_matter_open", "outcome", "id"),
        # With the kind first it answers how many there are without a look at the table.
        Index("ix_matter_listed", "kind", "outcome", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: MatterKind = Field(sa_column=Column(Coded(MatterKind), nullable=False))
    number: str = Field(unique=True, max_length=40)
    printed_number: str = Field(max_length=60)
    # The lead that a petition is about.
    parent_id: int | None = Field(default=None, foreign_key="matter.id", index=True)
    title: str = text_field()
    created_at: datetime = moment_field()
    closed_at: datetime | None = moment_field(nullable=True, index=True)
    outcome: Outcome | None = Field(default=None, sa_column=Column(Coded(Outcome), nullable=True))
    flow_run_id: str | None = Field(default=None, max_length=36)
    # How often the matter has waited for a form; gives every wait a key of its own in Prefect.
    waits: int = 0
    # Since when the run's name, tags and story say less than the facts; empty where they are up to date.
    stale_since: datetime | None = moment_field(nullable=True, index=True)


class Lead(SQLModel, table=True):
    """A reported breach of the negative list (问题线索). Source: 通知§12(二)."""

    # All that is asked of leads beside their text, so that a list need not read the facts of every one.
    __table_args__ = (
        Index(
            "ix_lead_listed", "source_level", "category", "barrier", "importance", "received_at", "matter_id"
        ),
    )

    matter_id: int = matter_key(primary_key=True)
    source_level: SourceLevel = Field(sa_column=Column(Coded(SourceLevel), nullable=False))
    document_number: str = Field(default="", max_length=100)
    facts: str = text_field()
    category: Category = Field(sa_column=Column(Coded(Category), nullable=False))
    received_at: datetime = moment_field(index=True)
    # A digest of what the lead says, so that importing the same lead twice creates nothing.
    fingerprint: str = Field(unique=True, max_length=64)
    # The sort of barrier, where it is one. Source: 通知§13(三).
    barrier: Barrier | None = Field(default=None, sa_column=Column(Coded(Barrier), nullable=True))
    importance: Importance = Field(
        default=Importance.ORDINARY,
        sa_column=Column(Coded(Importance), nullable=False, server_default="ordinary"),
    )


class LeadText(SQLModel, table=True):
    """Title and facts as they are searched; the database keeps it in step with them. Source: ADR-0017."""

    matter_id: int = matter_key(primary_key=True)
    folded: str = text_field()


class Petition(SQLModel, table=True):
    """What is put before a person to decide (请示): an extension, or a circular as it would be published.

    ``due_on`` is the due date it was raised about, ``proposed_on`` the date an extension is asked for;
    ``subject`` is empty for an extension.
    """

    matter_id: int = matter_key(primary_key=True)
    assignment_id: int = Field(foreign_key="assignment.id", index=True)
    due_on: date
    unit_code: str = Field(foreign_key="unit.code", max_length=32)
    person: str = Field(max_length=100)
    proposed_on: date | None = None
    subject: str = text_field("")
    body: str = text_field()


class PetitionEvidence(SQLModel, table=True):
    """Which files of the lead a petition rests on: the written request of an extension."""

    matter_id: int = Field(foreign_key="petition.matter_id", primary_key=True)
    evidence_id: int = Field(foreign_key="evidence.id", primary_key=True)


class Assignment(SQLModel, table=True):
    """One unit owes one answer by one due date (交办); ``answered_at`` empty means open."""

    __table_args__ = (
        UniqueConstraint("matter_id", "step", "round"),
        Index("ix_assignment_open_due", "answered_at", "due_at"),
        Index(
            "ix_assignment_owed",
            "matter_id",
            "step",
            "unit_code",
            "due_on",
            "due_at",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
        # Which authority a lead was handed to.
        Index(
            "ix_assignment_handed",
            "unit_code",
            "matter_id",
            sqlite_where=text("step = 'receipt'"),
            postgresql_where=text("step = 'receipt'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    matter_id: int = matter_key()
    step: Step = Field(sa_column=Column(Coded(Step), nullable=False))
    round: int = 1
    unit_code: str = Field(foreign_key="unit.code", max_length=32)
    opened_at: datetime = moment_field()
    clock_start: date
    due_on: date
    due_at: datetime = moment_field()
    provisional: bool = False
    # The day an extension was granted to, before it moved off a rest day; empty where the term decides.
    extended_to: date | None = None
    term_value: int
    term_unit: str = Field(max_length=20)
    answered_at: datetime | None = moment_field(nullable=True)
    # When the ladder has to be looked at again; empty where nothing more comes, or it was answered.
    rung_at: datetime | None = moment_field(nullable=True, index=True)
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
    at: datetime = moment_field()
    actor: str = Field(max_length=100)
    # Only where a person raised it by hand.
    grounds: Grounds | None = Field(default=None, sa_column=Column(Coded(Grounds), nullable=True))
    reason: str = text_field("")


class Answer(SQLModel, table=True):
    """What a unit handed in (反馈); one per assignment."""

    id: int | None = Field(default=None, primary_key=True)
    assignment_id: int = Field(foreign_key="assignment.id", unique=True)
    unit_code: str = Field(foreign_key="unit.code", max_length=32)
    person: str = Field(max_length=50)
    recorded_at: datetime = moment_field()
    effective_at: datetime = moment_field()
    decision: str = Field(default="", max_length=40)
    fields: dict[str, str] = json_field()
    explanation: str = text_field("")
    channel: Channel = Field(sa_column=Column(Coded(Channel), nullable=False))


class Evidence(SQLModel, table=True):
    """A stored file (印证材料), addressed by its SHA-256 and stored once per matter."""

    __table_args__ = (UniqueConstraint("matter_id", "sha256"),)

    id: int | None = Field(default=None, primary_key=True)
    matter_id: int = matter_key()
    sha256: str = Field(max_length=64, index=True)
    name: str = text_field()
    media_type: str = Field(max_length=100)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    stored_at: datetime = moment_field()


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
    matter_id: int = matter_key()
    kind: DocumentKind = Field(sa_column=Column(Coded(DocumentKind), nullable=False))
    year: int
    sequence: int
    number: str = Field(unique=True, max_length=80)
    status: DocumentStatus = Field(sa_column=Column(Coded(DocumentStatus), nullable=False))
    content: dict[str, Any] = json_field()
    created_at: datetime = moment_field()
    note: str = text_field("")
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
    subject: str = text_field()
    body: str = text_field()
    status: Delivery = Field(default=Delivery.CREATED, sa_column=Column(Coded(Delivery), nullable=False))
    created_at: datetime = moment_field()
    attempts: int = 0
    next_attempt_at: datetime = moment_field()
    handed_over_at: datetime | None = moment_field(nullable=True)
    last_error: str = text_field("")


class CalendarNotice(SQLModel, table=True):
    """An imported State Council notice; ``days`` maps ISO dates to [kind, festival]."""

    id: int | None = Field(default=None, primary_key=True)
    year: int = Field(index=True)
    issued_on: date | None = None
    imported_at: datetime = moment_field()
    digest: str = Field(index=True, max_length=64)
    days: dict[str, list[str]] = json_field()


class Counter(SQLModel, table=True):
    """The last number given in a series, as 线索/2026."""

    series: str = Field(primary_key=True, max_length=40)
    last: int
