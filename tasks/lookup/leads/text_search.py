"""Looking for words in titles and facts, by the index each database has. Source: ADR-0017."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, column, literal_column, table
from sqlmodel import Session, col, func, select

from models.codes import MatterKind
from models.lookup.lead_text import pair_phrase
from models.lookup.tables import LeadText
from models.matters.tables import Matter


def worded(session: Session, words: tuple[str, ...]) -> Any:  # noqa: ANN401 - a selection of keys
    """Return the keys of the leads in whose text every word stands, as ``matter_id``."""
    if _is_sqlite(session):
        index = table("leadtext_pairs", column("rowid"))
        phrase = " AND ".join(map(pair_phrase, words))
        found = select(index.c.rowid.label("matter_id")).select_from(index)
        return found.where(literal_column("leadtext_pairs").op("MATCH")(phrase)).subquery("worded")
    keys = _having_words(words).cte("worded")
    # Read by itself, or PostgreSQL might compute the pairs of every lead that is otherwise asked for.
    return keys.prefix_with("MATERIALIZED") if any(len(word) > 1 for word in words) else keys


def with_words(session: Session, query: Any, key: Any, words: Any) -> Any:  # noqa: ANN401 - queries and a column
    """Return a query that begins elsewhere with the condition that the words stand in the text."""
    if _is_sqlite(session):
        return query.where(among(session, key, select(words.c.matter_id)))
    return query.join(words, words.c.matter_id == key)


def titled(words: tuple[str, ...], kinds: Collection[MatterKind]) -> ColumnElement[bool]:
    """Return the condition that a matter of other kinds than leads has all words in its title."""
    # They are few beside the leads and have no index: only titles of these kinds are folded.
    folded = func.folded_text(Matter.title)
    return and_(col(Matter.kind).in_(kinds), *(folded.contains(word, autoescape=True) for word in words))


def among(session: Session, key: Any, keys: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a column and a query
    """Return the condition that a key is one of others, perhaps very many."""
    # The sum keeps SQLite from beginning with these and looking each of them up.
    found: ColumnElement[bool] = (key + 0 if _is_sqlite(session) else key).in_(keys)
    return found


def _is_sqlite(session: Session) -> bool:
    """Tell which of the two indexes there is."""
    return session.get_bind().dialect.name == "sqlite"


def _having_words(words: tuple[str, ...]) -> Any:  # noqa: ANN401 - a query
    """Return PostgreSQL's query for the leads in whose text every word stands."""
    # Imported when it happens: whoever looks for words on SQLite, or for none, does without.
    from sqlalchemy.dialects.postgresql import ARRAY

    found = select(LeadText.matter_id)
    for word in words:
        pairs = sorted({word[first : first + 2] for first in range(len(word) - 1)})
        if pairs:
            found = found.where(func.text_pairs(LeadText.folded).op("@>")(cast(pairs, ARRAY(Text))))
        # Two characters are a pair, which needs no second look.
        if len(word) != 2:  # noqa: PLR2004 - a pair
            found = found.where(col(LeadText.folded).contains(word, autoescape=True))
    return found
