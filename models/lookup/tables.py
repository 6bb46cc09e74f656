"""The table of what is searched."""

from sqlmodel import SQLModel

from models.columns import matter_key, text_field


class LeadText(SQLModel, table=True):
    """Title and facts as they are searched; the database keeps it in step with them. Source: ADR-0017."""

    matter_id: int = matter_key(primary_key=True)
    folded: str = text_field()
