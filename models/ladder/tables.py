"""The table of rungs that were reached."""

from datetime import date, datetime

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Coded, moment_field, text_field
from models.ladder.vocabulary import Grounds, Raising, Rung


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
