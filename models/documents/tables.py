"""The table of official documents."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import Coded, json_field, matter_key, moment_field, text_field
from models.documents.vocabulary import DocumentKind, DocumentStatus


class Document(SQLModel, table=True):
    """An official document (公文): its number, its text as fixed with the number, and its files by digest.

    ``content`` is ``models.documents.official.OfficialDocument`` as JSON; ``note`` says why it was withdrawn.
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
