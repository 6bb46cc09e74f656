"""Whether the server can do its work: both databases and the store answer."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from sqlalchemy.exc import SQLAlchemyError

from deployments.installation.revisions import newest_revision, revision_of
from deployments.mended.locks import Application
from tasks.workplace import Workplace

# A part that has not answered by then does not answer, in seconds.
_PATIENCE = 4.0


class Readiness:
    """Looks at each part the server needs; knows of each only whether it answers."""

    def __init__(self, place: Workplace, conduct: Application) -> None:
        """Take the facts and the application that speaks to Prefect's database."""
        self._place = place
        self._conduct = conduct
        self._newest = newest_revision()

    async def look(self) -> dict[str, bool]:
        """Return whether the facts, Prefect's database and the store answer, in this order."""
        parts: dict[str, Callable[[], Awaitable[bool]]] = {
            "facts": lambda: asyncio.to_thread(self._facts_answer),
            "conduct": self._conduct_answers,
            "store": lambda: asyncio.to_thread(self._store_answers),
        }
        found = await asyncio.gather(*(_in_time(part) for part in parts.values()))
        return dict(zip(parts, found, strict=True))

    def _facts_answer(self) -> bool:
        """Tell whether the database of facts answers and is at the revision of this program."""
        with self._place.engine.connect() as connection:
            return revision_of(connection) == self._newest

    def _store_answers(self) -> bool:
        """Tell whether evidence and documents can be stored."""
        return not self._place.store.fault()

    async def _conduct_answers(self) -> bool:
        """Ask Prefect itself, without a way through the network."""
        transport = httpx.ASGITransport(app=self._conduct)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return (await client.get("/api/ready")).is_success


async def _in_time(look: Callable[[], Awaitable[bool]]) -> bool:
    """Tell what a part answers; one that fails or takes too long does not answer."""
    try:
        return await asyncio.wait_for(look(), _PATIENCE)
    except (SQLAlchemyError, OSError, httpx.HTTPError, TimeoutError):
        return False
