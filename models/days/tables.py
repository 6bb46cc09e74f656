"""The table of imported notices of rest days."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from models.columns import json_field, moment_field


class CalendarNotice(SQLModel, table=True):
    """An imported State Council notice; ``days`` maps ISO dates to [kind, festival]."""

    id: int | None = Field(default=None, primary_key=True)
    year: int = Field(index=True)
    issued_on: date | None = None
    imported_at: datetime = moment_field()
    digest: str = Field(index=True, max_length=64)
    days: dict[str, list[str]] = json_field()
