"""Search: the text of every lead folded and indexed by pairs of characters, kept in step by triggers."""

import sqlite3
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_TOLD = (
    "INSERT INTO leadtext (matter_id, folded)"
    " SELECT matter.id, folded_text(matter.title || {line} || lead.facts)"
    " FROM lead JOIN matter ON matter.id = lead.matter_id"
)
_RETOLD = (
    "UPDATE leadtext SET folded = (SELECT folded_text(matter.title || {line} || lead.facts)"
    " FROM lead JOIN matter ON matter.id = lead.matter_id WHERE lead.matter_id = leadtext.matter_id)"
    " WHERE matter_id = NEW.{key}"
)
_FORGOTTEN = "DELETE FROM leadtext WHERE matter_id = OLD.matter_id"
# When each of them is done: the name of the trigger, the deed, the table and the statement.
_TRIGGERS = (
    ("lead_told", "INSERT ON lead", _TOLD + " WHERE lead.matter_id = NEW.matter_id"),
    ("lead_retold", "UPDATE OF facts ON lead", _RETOLD.replace("{key}", "matter_id")),
    ("lead_forgotten", "DELETE ON lead", _FORGOTTEN),
    ("matter_retold", "UPDATE OF title ON matter", _RETOLD.replace("{key}", "id")),
)
_INDEXED = "INSERT INTO leadtext_pairs (rowid, pairs) VALUES (NEW.matter_id, text_pairs(NEW.folded))"
_REMOVED = (
    "INSERT INTO leadtext_pairs (leadtext_pairs, rowid, pairs)"
    " VALUES ('delete', OLD.matter_id, text_pairs(OLD.folded))"
)
_INDEX_TRIGGERS = (
    ("leadtext_indexed", "INSERT ON leadtext", _INDEXED),
    ("leadtext_reindexed", "UPDATE OF folded ON leadtext", f"{_REMOVED}; {_INDEXED}"),
    ("leadtext_removed", "DELETE ON leadtext", _REMOVED),
)
_INDEXES = (
    ("ix_lead_received_at", "lead", ["received_at"]),
    ("ix_matter_closed_at", "matter", ["closed_at"]),
    # What a list asks for is found in these without a look at the tables, whose texts are long.
    ("ix_matter_listed", "matter", ["kind", "outcome", "id"]),
    (
        "ix_lead_listed", "lead",
        ["source_level", "category", "barrier", "importance", "received_at", "matter_id"],
    ),
)  # fmt: skip

_PARTIAL_INDEXES = (
    ("ix_assignment_owed", ["matter_id", "step", "unit_code", "due_on", "due_at"], "answered_at IS NULL"),
    ("ix_assignment_handed", ["unit_code", "matter_id"], "step = 'receipt'"),
)


def upgrade() -> None:
    """Apply the change; the leads that are there are indexed."""
    op.create_table(
        "leadtext",
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_leadtext_matter_id_matter"),
        sa.PrimaryKeyConstraint("matter_id", name="pk_leadtext"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _search_postgresql()
    else:
        _search_sqlite()
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)
    for name, columns, which in _PARTIAL_INDEXES:
        part = sa.text(which)
        op.create_index(name, "assignment", columns, sqlite_where=part, postgresql_where=part)


def downgrade() -> None:
    """Take the change back; nothing is lost that the leads do not hold."""
    for name, _, _ in _PARTIAL_INDEXES:
        op.drop_index(name, table_name="assignment")
    for name, table, _ in _INDEXES:
        op.drop_index(name, table_name=table)
    if op.get_bind().dialect.name == "postgresql":
        for name, deed, _ in _TRIGGERS:
            op.execute(f"DROP TRIGGER {name} ON {deed.rpartition(' ')[2]}")
            op.execute(f"DROP FUNCTION {name}()")
        op.drop_table("leadtext")
        op.execute("DROP FUNCTION text_pairs(text)")
        op.execute("DROP FUNCTION folded_text(text)")
        return
    for name, _, _ in (*_TRIGGERS, *_INDEX_TRIGGERS):
        op.execute(f"DROP TRIGGER {name}")
    op.execute("DROP TABLE leadtext_pairs")
    op.drop_table("leadtext")


def _search_postgresql() -> None:
    """Create the functions, the triggers and an inverted index over the pairs; no extension is needed."""
    op.execute(
        "CREATE FUNCTION folded_text(told text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS"
        """ $$ SELECT lower(normalize(told, NFKC) COLLATE "C") $$"""
    )
    # The cost keeps the planner from computing the pairs of a row where the index could tell. It is not
    # called safe for parallel workers: to start them takes longer than to look into the index.
    op.execute(
        "CREATE FUNCTION text_pairs(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT COST 1000 AS"
        " $$ SELECT array_remove(array(SELECT DISTINCT one || lead(one) OVER (ORDER BY place)"
        " FROM unnest(string_to_array(folded, NULL)) WITH ORDINALITY AS each(one, place)), NULL) $$"
    )
    for name, deed, statement in _TRIGGERS:
        done = statement.replace("{line}", "E'\\n'")
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {done}; RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} AFTER {deed} FOR EACH ROW EXECUTE FUNCTION {name}()")
    op.execute(_TOLD.replace("{line}", "E'\\n'"))
    op.execute("CREATE INDEX leadtext_pairs ON leadtext USING gin (text_pairs(folded))")


def _search_sqlite() -> None:
    """Create the full-text index, which keeps no text of its own, and the triggers."""
    driver = op.get_bind().connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.create_function("folded_text", 1, _folded_text, deterministic=True)
        driver.create_function("text_pairs", 1, _text_pairs, deterministic=True)
    # The index over four digits answers a search for one character.
    op.execute(
        "CREATE VIRTUAL TABLE leadtext_pairs USING fts5(pairs, content='', tokenize='ascii', prefix='4')"
    )
    for name, deed, statement in (*_TRIGGERS, *_INDEX_TRIGGERS):
        done = statement.replace("{line}", "char(10)")
        op.execute(f"CREATE TRIGGER {name} AFTER {deed} BEGIN {done}; END")
    op.execute(_TOLD.replace("{line}", "char(10)"))
    op.execute("INSERT INTO leadtext_pairs (leadtext_pairs) VALUES ('optimize')")


def _folded_text(text: str) -> str:
    """Return a text as it is searched, as the first release that searched folded it."""
    return unicodedata.normalize("NFKC", text).translate(_SMALL)


def _text_pairs(text: str) -> str:
    """Return the pairs of a folded text, as the first release that searched wrote them."""
    digits = f"{text}\n".encode("utf-16-be", "surrogatepass").hex()
    return " ".join(digits[first : first + 8] for first in range(0, len(digits) - 4, 4))
