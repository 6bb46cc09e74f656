"""The table of protected informants."""

from datetime import datetime

from sqlmodel import SQLModel

from models.columns import matter_key, moment_field, text_field


class Informant(SQLModel, table=True):
    """Who reported a lead (举报人), encrypted: nothing here can be read without the key."""

    matter_id: int = matter_key(primary_key=True)
    sealed: str = text_field()
    recorded_at: datetime = moment_field()
