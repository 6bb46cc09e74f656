"""Alembic's environment: migrates over the connection it is handed."""

from alembic import context
from sqlmodel import SQLModel

import models.tables  # noqa: F401 - the tables register themselves

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    # SQLite alters a table by copying it.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
