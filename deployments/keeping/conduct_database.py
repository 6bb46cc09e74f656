"""Bringing Prefect's own database up to date where several processes may begin to do so at once."""

import asyncio

from prefect.server.database import provide_database_interface
from prefect.server.models.block_registration import run_block_auto_registration

from deployments.installation.settings import Settings
from tasks.database import alone, open_engine

# A new database takes about half a minute to create.
_PATIENCE_SECONDS = 300


def migrate_conduct(settings: Settings) -> None:
    """Create or upgrade Prefect's database; whoever comes second finds it done.

    Every server does so when it starts. On PostgreSQL two of them would create the same tables, or block
    types, and one would fail; SQLite serves one process.

    Raises:
        StartError: Another process has been at it for long.
    """
    if settings.conduct_url.startswith("sqlite"):
        return
    engine = open_engine(settings.conduct_url.replace("+asyncpg", "+psycopg"))
    try:
        with alone(engine, "升级 Prefect 的数据库", _PATIENCE_SECONDS):
            asyncio.run(_migrate())
    finally:
        engine.dispose()


async def _migrate() -> None:
    """Do what a server would do itself, which then finds nothing left to do."""
    database = provide_database_interface()
    await database.create_db()
    async with await database.session() as session:
        await run_block_auto_registration(session=session)
