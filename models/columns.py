"""Columns: moments that never lose their zone, vocabulary codes that come back as members, and the rest."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, ForeignKey, Integer, String, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from models.labels import Labelled

# Every constraint has a name, so that a later migration can alter it on every database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Columns and database check a row; a validator that SQLModel makes of a table is built where one asks for it.
SQLModel.model_config["defer_build"] = True


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored in UTC and returned in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments: a due date without a zone cannot be proven."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment with its zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Coded(TypeDecorator[Labelled]):
    """A member of a vocabulary, stored as its code."""

    impl = String(40)
    cache_ok = True

    def __init__(self, vocabulary: type[Labelled], **arguments: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
        """Remember the vocabulary to read codes with."""
        super().__init__(**arguments)
        self.vocabulary = vocabulary
        # Thousands of rows are read at once; a look into a dictionary is cheaper than a call.
        self._members = {member.value: member for member in vocabulary}

    def process_bind_param(self, value: Labelled | None, dialect: Dialect) -> str | None:
        """Store the code; a code outside the vocabulary is an error."""
        del dialect
        if value is None or isinstance(value, self.vocabulary):
            return value and value.value
        return self.vocabulary(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Labelled | None:
        """Return the member."""
        del dialect
        return None if value is None else self._members[value]


def moment_field(*, nullable: bool = False, index: bool = False) -> Any:  # noqa: ANN401 - a field of any type
    """Return a field that holds an aware moment."""
    return Field(sa_column=Column(Moment, nullable=nullable, index=index), default=None if nullable else ...)


def json_field() -> Any:  # noqa: ANN401 - a field of any type
    """Return a field that holds JSON."""
    return Field(sa_column=Column(JSON, nullable=False))


def text_field(default: Any = ...) -> Any:  # noqa: ANN401 - a field of any type
    """Return a field that holds text of any length."""
    return Field(default=default, sa_column=Column(Text, nullable=False))


def matter_key(*, primary_key: bool = False) -> Any:  # noqa: ANN401 - a field of any type
    """Return the foreign key to a matter."""
    key = ForeignKey("matter.id")
    return Field(
        sa_column=Column(Integer, key, primary_key=primary_key, index=not primary_key, nullable=False)
    )
