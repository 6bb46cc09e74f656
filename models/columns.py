"""Column types: moments that never lose their zone, and vocabulary codes that come back as members."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

from models.vocabulary import Labelled


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
