"""The table of stored files."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, text
from sqlmodel import Field, SQLModel

from models.columns import Coded, moment_field
from models.files.vocabulary import FileFault


class StoredFile(SQLModel, table=True):
    """One file of the store, whichever matters it belongs to; ``fault`` is what the last check found."""

    __table_args__ = (
        Index(
            "ix_storedfile_faulty",
            "fault",
            sqlite_where=text("fault IS NOT NULL"),
            postgresql_where=text("fault IS NOT NULL"),
        ),
    )

    sha256: str = Field(primary_key=True, max_length=64)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    stored_at: datetime = moment_field()
    # Empty until it is checked for the first time.
    checked_at: datetime | None = moment_field(nullable=True, index=True)
    fault: FileFault | None = Field(default=None, sa_column=Column(Coded(FileFault), nullable=True))
