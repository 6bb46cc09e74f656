"""The table of leads."""

from datetime import date, datetime

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from models.archive.vocabulary import Barrier, Category, Importance
from models.columns import Coded, matter_key, moment_field, text_field
from models.documents.vocabulary import SourceLevel


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
    # The lead that answers for it, where the same was reported twice.
    merged_into_id: int | None = Field(default=None, index=True)
    # The closed lead of which it is the relapse (反弹).
    relapse_of_id: int | None = Field(default=None, index=True)
    # When the bureau is to look whether what was rectified holds (回头看); empty where nobody looks.
    look_back_on: date | None = Field(default=None, index=True)

    @property
    def source(self) -> str:
        """The level that sent it, with the number of its letter."""
        number = f"（{self.document_number}）" if self.document_number else ""
        return f"{self.source_level.label}{number}"


class FormerFingerprint(SQLModel, table=True):
    """What a lead said before it was corrected: the file it came from may still say so."""

    fingerprint: str = Field(primary_key=True, max_length=64)
    matter_id: int = matter_key()
