"""The tables of any matter: one open assignment at most, one answer per assignment (the first wins)."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.codes import MatterKind, Outcome, Step
from models.columns import Coded, json_field, matter_key, moment_field, text_field
from models.matters.vocabulary import Channel


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
    # What it is a part of.
    parent_id: int | None = Field(default=None, foreign_key="matter.id", index=True)
    # What it belongs to in the end, as its file does; empty where it stands by itself.
    root_id: int | None = Field(default=None, index=True)
    # The unit whose share of its parent it is; empty for what is put before somebody about a parent.
    unit_code: str | None = Field(default=None, max_length=32, index=True)
    title: str = text_field()
    created_at: datetime = moment_field()
    closed_at: datetime | None = moment_field(nullable=True, index=True)
    outcome: Outcome | None = Field(default=None, sa_column=Column(Coded(Outcome), nullable=True))
    flow_run_id: str | None = Field(default=None, max_length=36)
    # How often the matter has waited for a form; gives every wait a key of its own in Prefect.
    waits: int = 0
    # Since when the run's name, tags and story say less than the facts; empty where they are up to date.
    stale_since: datetime | None = moment_field(nullable=True, index=True)


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
    # For which unit the owing one stands in, because that one is absent; empty where it owes by itself.
    acting_for: str | None = Field(default=None, max_length=32)
    # Whether it goes on with the term of the round before, because the answer was returned.
    returned: bool = False
    term_value: int
    term_unit: str = Field(max_length=20)
    answered_at: datetime | None = moment_field(nullable=True)
    # When the ladder has to be looked at again; empty where nothing more comes, or it was answered.
    rung_at: datetime | None = moment_field(nullable=True, index=True)
    # While an extension or a hand-back is asked for, the rungs after the due date wait for the decision.
    held: bool = False
    # While the letter it rests on is withdrawn, nothing comes of it by time alone.
    paused: bool = False
    # The form last shown for it, so that what was filled in is found again after any crash, by any run.
    form_run_id: str | None = Field(default=None, max_length=36)
    form_key: str | None = Field(default=None, max_length=60)


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
