"""The tables of the office: its units, and the numbers it gave."""

from datetime import date

from sqlmodel import Field, SQLModel

from models.columns import json_field


class Unit(SQLModel, table=True):
    """A unit of the directory (单位); ``roles`` is a list of role codes."""

    code: str = Field(primary_key=True, max_length=32)
    name: str = Field(unique=True, max_length=100)
    short_name: str = Field(unique=True, max_length=40)
    roles: list[str] = json_field()
    active: bool = True
    # The first day of today's name; empty where no other one is known.
    since: date | None = None
    # Since when it is no more, and which unit goes on with its duties.
    ended_on: date | None = None
    succeeded_by: str | None = Field(default=None, max_length=32)


class UnitName(SQLModel, table=True):
    """A name a unit bore before (曾用名), up to and with a day."""

    unit_code: str = Field(foreign_key="unit.code", primary_key=True, max_length=32)
    until: date = Field(primary_key=True)
    name: str = Field(max_length=100)
    short_name: str = Field(max_length=40)


class Substitute(SQLModel, table=True):
    """Which unit stands in for another one (代行), from the first day to the last."""

    unit_code: str = Field(foreign_key="unit.code", primary_key=True, max_length=32)
    first: date = Field(primary_key=True)
    by_code: str = Field(foreign_key="unit.code", max_length=32)
    last: date


class Counter(SQLModel, table=True):
    """The last number given in a series, as 线索/2026."""

    series: str = Field(primary_key=True, max_length=40)
    last: int
