"""The table of the patrol's rounds."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from models.columns import moment_field


class PatrolRound(SQLModel, table=True):
    """The last patrol that did all it had to (巡查); there is one row. Only the worker knows the keys."""

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    finished_at: datetime = moment_field()
    # Whether the keys of informants could not be used then.
    keys_faulty: bool
