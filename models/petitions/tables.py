"""The tables of petitions."""

from datetime import date

from sqlmodel import Field, SQLModel

from models.columns import matter_key, text_field


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
    """Which files of the matter a petition rests on: the written request of an extension."""

    matter_id: int = Field(foreign_key="petition.matter_id", primary_key=True)
    evidence_id: int = Field(foreign_key="evidence.id", primary_key=True)
