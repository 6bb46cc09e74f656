"""The record: a chained and sealed ledger that only grows, informants, stored files, the archive."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("ledgerentry", "seal", "sealedhead")
_REFUSAL = "the record only grows"
_NOTHING = "0" * 64
_AT_ONCE = 1000


def upgrade() -> None:
    """Apply the change; the entries that are there are chained as they are found."""
    _create_record()
    _create_archive()
    with op.batch_alter_table("lead") as lead:
        lead.add_column(sa.Column("barrier", sa.String(length=40), nullable=True))
        lead.add_column(
            sa.Column("importance", sa.String(length=40), server_default="ordinary", nullable=False)
        )
    _resize_evidence(sa.Integer(), sa.BigInteger())
    op.execute(
        "INSERT INTO storedfile (sha256, size, stored_at)"
        " SELECT sha256, max(size), min(stored_at) FROM evidence GROUP BY sha256"
    )
    op.add_column("ledgerentry", sa.Column("hash", sa.String(length=64), nullable=True))
    _chain()
    with op.batch_alter_table("ledgerentry") as ledger:
        ledger.alter_column("hash", existing_type=sa.String(length=64), nullable=False)
    _refuse_changes()


def downgrade() -> None:
    """Take the change back; seals, informants and the archive go with it."""
    _allow_changes()
    with op.batch_alter_table("ledgerentry") as ledger:
        ledger.drop_column("hash")
    _resize_evidence(sa.BigInteger(), sa.Integer())
    with op.batch_alter_table("lead") as lead:
        lead.drop_column("importance")
        lead.drop_column("barrier")
    for table in (
        "archiveitem", "archiverecord", "storedfile", "informant", "sealedhead", "seal", "ledgerhead",
    ):  # fmt: skip
        op.drop_table(table)


def _create_record() -> None:
    """Create the tables of the ledger, its seals and what is protected."""
    op.create_table(
        "ledgerhead",
        sa.Column("stream", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("stream", name="pk_ledgerhead"),
    )
    op.create_table(
        "seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matters", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("changes", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_seal"),
    )
    op.create_table(
        "sealedhead",
        sa.Column("seal_number", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["seal_number"], ["seal.number"], name="fk_sealedhead_seal_number_seal"),
        sa.PrimaryKeyConstraint("seal_number", "stream", name="pk_sealedhead"),
    )
    op.create_index("ix_sealedhead_stream", "sealedhead", ["stream", "sequence"], unique=False)
    op.create_table(
        "informant",
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_informant_matter_id_matter"),
        sa.PrimaryKeyConstraint("matter_id", name="pk_informant"),
    )
    op.create_table(
        "storedfile",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name="pk_storedfile"),
    )
    op.create_index("ix_storedfile_checked_at", "storedfile", ["checked_at"], unique=False)


def _create_archive() -> None:
    """Create the tables of the archive."""
    op.create_table(
        "archiverecord",
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("retention", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_until", sa.Date(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("disposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_archiverecord_matter_id_matter"),
        sa.PrimaryKeyConstraint("matter_id", name="pk_archiverecord"),
        sa.UniqueConstraint("number", name="uq_archiverecord_number"),
        sa.UniqueConstraint("year", "retention", "sequence", name="uq_archiverecord_year_retention_sequence"),
    )
    op.create_index("ix_archiverecord_review_on", "archiverecord", ["review_on"], unique=False)
    op.create_table(
        "archiveitem",
        sa.Column("matter_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("document_number", sa.String(length=80), nullable=False),
        sa.Column("author", sa.String(length=100), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["matter_id"], ["archiverecord.matter_id"], name="fk_archiveitem_matter_id_archiverecord"
        ),
        sa.PrimaryKeyConstraint("matter_id", "sequence", name="pk_archiveitem"),
    )
    op.create_index("ix_archiveitem_sha256", "archiveitem", ["sha256"], unique=False)


def _resize_evidence(old: sa.types.TypeEngine[Any], new: sa.types.TypeEngine[Any]) -> None:
    """Let the size of a file grow past two gigabytes, or no longer."""
    with op.batch_alter_table("evidence") as evidence:
        evidence.alter_column("size", existing_type=old, type_=new, existing_nullable=False)


def _chain() -> None:
    """Compute the digest of every entry that is there, stream by stream."""
    connection = op.get_bind()
    last: dict[str, tuple[int, str]] = {}
    note = sa.text("UPDATE ledgerentry SET hash = :hash WHERE id = :id")
    for entries in _batches(connection):
        noted = []
        for entry in entries:
            sequence, previous = last.get(entry.stream, (0, _NOTHING))
            if entry.sequence != sequence + 1:
                raise ValueError(f"the ledger of {entry.stream} lacks entry {sequence + 1}")
            mark = _hash_of(entry, previous)
            last[entry.stream] = (entry.sequence, mark)
            noted.append({"id": entry.id, "hash": mark})
        connection.execute(note, noted)
    if last:
        head = sa.text("INSERT INTO ledgerhead (stream, sequence, hash) VALUES (:stream, :sequence, :hash)")
        rows = [{"stream": s, "sequence": sequence, "hash": mark} for s, (sequence, mark) in last.items()]
        connection.execute(head, rows)


def _batches(connection: sa.Connection) -> Iterator[list[Any]]:
    """Yield the entries in the order of their streams, some at a time."""
    entry = sa.table(
        "ledgerentry", sa.column("id", sa.Integer), sa.column("stream", sa.String),
        sa.column("sequence", sa.Integer), sa.column("at", sa.DateTime(timezone=True)),
        sa.column("kind", sa.String), sa.column("actor", sa.String), sa.column("summary", sa.Text),
        sa.column("detail", sa.JSON),
    )  # fmt: skip
    key = sa.tuple_(entry.c.stream, entry.c.sequence)
    query = sa.select(entry).order_by(entry.c.stream, entry.c.sequence).limit(_AT_ONCE)
    batch = connection.execute(query).fetchall()
    while batch:
        yield list(batch)
        after = sa.tuple_(sa.literal(batch[-1].stream), sa.literal(batch[-1].sequence))
        batch = connection.execute(query.where(key > after)).fetchall()


def _hash_of(entry: Any, previous: str) -> str:  # noqa: ANN401 - a row of whatever driver
    """Return the digest of an entry, as the first release that chained them computed it."""
    at: datetime = entry.at if entry.at.tzinfo else entry.at.replace(tzinfo=UTC)
    content = {
        "stream": entry.stream, "sequence": entry.sequence, "previous": previous,
        "at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", "kind": entry.kind, "actor": entry.actor,
        "summary": entry.summary, "detail": entry.detail,
    }  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_changes() -> None:
    """Let the database itself refuse to change or remove what is recorded."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
        )
        for table in _APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in _APPEND_ONLY:
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
    # INSERT OR REPLACE removes a row without asking the trigger of DELETE.
    for table, key in (
        ("ledgerentry", "id = NEW.id OR (stream = NEW.stream AND sequence = NEW.sequence)"),
        ("seal", "number = NEW.number"),
        ("sealedhead", "seal_number = NEW.seal_number AND stream = NEW.stream"),
    ):
        there = f"SELECT 1 FROM {table} WHERE {key}"  # noqa: S608 - names from this file
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({there})"
            f" BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        )


def _allow_changes() -> None:
    """Take the triggers away; on SQLite they go with a table that is copied, but not with the others."""
    if op.get_bind().dialect.name == "postgresql":
        for table in _APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
        op.execute("DROP FUNCTION refuse_change()")
        return
    for table in _APPEND_ONLY:
        for deed in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER {table}_no_{deed}")
