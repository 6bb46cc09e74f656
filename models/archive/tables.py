"""The tables of the archive."""

from datetime import date, datetime

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.archive.vocabulary import Retention
from models.columns import Coded, matter_key, moment_field, text_field


class ArchiveRecord(SQLModel, table=True):
    """The file of a closed matter (档案): its number, how long it is kept and when it is looked at again."""

    __table_args__ = (UniqueConstraint("year", "retention", "sequence"),)

    matter_id: int = matter_key(primary_key=True)
    # 档号, as given once and for ever.
    number: str = Field(unique=True, max_length=80)
    year: int
    retention: Retention = Field(sa_column=Column(Coded(Retention), nullable=False))
    sequence: int
    archived_at: datetime = moment_field()
    # The last day it has to be kept; empty where it is kept for ever.
    kept_until: date | None = None
    # When it has to be reviewed next. Source: 通知§13(五).
    review_on: date = Field(index=True)
    disposed_at: datetime | None = moment_field(nullable=True)


class ArchiveItem(SQLModel, table=True):
    """One line of a file index (卷内目录). Source: 通知§13(三), DA/T 22."""

    matter_id: int = Field(foreign_key="archiverecord.matter_id", primary_key=True)
    sequence: int = Field(primary_key=True)
    document_number: str = Field(default="", max_length=80)
    author: str = Field(max_length=100)
    title: str = text_field()
    dated: date
    # Empty where a file has no pages that could be counted.
    pages: int | None = None
    sha256: str = Field(max_length=64, index=True)
    # What it is called when it is handed on; never a path.
    name: str = text_field()
    note: str = text_field("")
