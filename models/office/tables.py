"""The tables of the office: its units, and the numbers it gave."""

from sqlmodel import Field, SQLModel

from models.columns import json_field


class Unit(SQLModel, table=True):
    """A unit of the directory (单位); ``roles`` is a list of role codes."""

    code: str = Field(primary_key=True, max_length=32)
    name: str = Field(unique=True, max_length=100)
    short_name: str = Field(unique=True, max_length=40)
    roles: list[str] = json_field()
    active: bool = True


class Counter(SQLModel, table=True):
    """The last number given in a series, as 线索/2026."""

    series: str = Field(primary_key=True, max_length=40)
    last: int
