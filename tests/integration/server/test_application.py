"""The server around a stand-in for Prefect: who is let in, and what every answer carries."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.schema import migrate, take_back
from deployments.mended.locks import Message, Receive, Send
from deployments.server.application import application
from deployments.server.guard import HEADERS, Guard
from tasks.store.protocol import EXPORTS

LOGIN = ("office", "four-words-in-a-row")
AUTH = SecretStr(":".join(LOGIN))
OURS = "http://127.0.0.1:4200"
Ask = Callable[..., httpx.Response]


async def answer(request: Request) -> Response:
    """Answer as Prefect does: its API in JSON, the files of its UI with leave to keep them."""
    if request.url.path.startswith("/api"):
        return JSONResponse({"message": "OK"}, headers={"X-Frame-Options": "ALLOW"})
    return PlainTextResponse("UI", headers={"Cache-Control": "max-age=600"})


PREFECT = Starlette(
    routes=[Route("/{path:path}", answer, methods=["GET", "POST"])],
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation that asks for a login, with one export."""
    (tmp_path / EXPORTS).mkdir()
    (tmp_path / EXPORTS / "台账.csv").write_text("序号", encoding="utf-8")
    (tmp_path / "evidence").mkdir()
    found = Settings(home=tmp_path, auth=AUTH)
    place = open_workplace(found)
    migrate(place.engine)
    place.close()
    return found


def ask(settings: Settings, path: str, method: str = "GET", **more: object) -> httpx.Response:
    """Ask the application once, as a browser at its usual address."""
    headers = {"Host": "127.0.0.1:4200", **more.pop("headers", {})}  # type: ignore[dict-item]

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app=application(settings, PREFECT))
        async with httpx.AsyncClient(transport=transport, base_url=OURS) as client:
            return await client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]

    return asyncio.run(once())


@pytest.mark.parametrize("path", ["/exports/台账.csv", "/exports/", "/metrics"])
def test_exports_and_figures_are_given_for_the_login_alone(settings: Settings, path: str) -> None:
    """A browser is challenged, so that it asks its user once."""
    for login in (None, ("office", "four-words-in-a-ro"), ("other", LOGIN[1]), ("用户", "口令")):
        refused = ask(settings, path, auth=login)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
        assert "序号" not in refused.text
    assert ask(settings, path, auth=LOGIN).status_code != 401
    assert ask(replace_auth(settings), path).status_code != 401


def replace_auth(settings: Settings) -> Settings:
    """Return the same installation without a login."""
    return settings.model_copy(update={"auth": None})


def test_every_answer_carries_the_headers_of_a_careful_server(settings: Settings) -> None:
    """Prefect's own, refusals and ours; what the UI may keep it keeps, what tells facts is never kept."""
    for path in ("/", "/api/flow_runs", "/health", "/ready", "/metrics", "/exports/台账.csv"):
        found = ask(settings, path)
        assert {name: found.headers[name] for name in HEADERS} == dict(HEADERS), path
        kept = "max-age=600" if path == "/" else "no-store"
        assert found.headers["cache-control"] == kept, path
    assert ask(settings, "/exports/台账.csv", auth=LOGIN).headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200), (OURS, 200), ("http://zero137.example.org", 403), ("null", 403), ("", 403),
        ("http://127.0.0.1:4201", 403), ("http://127.0.0.1", 403), ("127.0.0.1:4200", 403), ("http://[", 403),
        ("http://127.0.0.1:4200.example.org", 403), ("http://127.0.0.1:x", 403),
    ],
)  # fmt: skip
def test_what_another_site_sends_is_refused(settings: Settings, origin: str | None, status: int) -> None:
    """With and without a login: a browser sends it along with whatever it has."""
    headers = {} if origin is None else {"Origin": origin}
    for installation in (settings, replace_auth(settings)):
        for path, method in (("/api/flow_runs/filter", "POST"), ("/api/flow_runs", "GET")):
            assert ask(installation, path, method, headers=headers).status_code == status


def test_pages_behind_a_proxy_are_ours(settings: Settings) -> None:
    """By the address that is set, whatever name the proxy asks for."""
    behind = settings.model_copy(update={"server_url": "https://zero137.example.org/"})
    for origin in ("https://zero137.example.org", "https://zero137.example.org:443"):
        assert ask(behind, "/api/flow_runs", headers={"Origin": origin, "Host": "server-1:4200"}).is_success
    assert ask(behind, "/api/flow_runs", headers={"Origin": "http://zero137.example.org"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:4200", 200), ("localhost:4200", 200), ("[::1]:4200", 200), ("localhost", 200),
        ("zero137.example.org", 403), ("127.0.0.1.example.org:4200", 403), ("10.0.0.7:4200", 403), ("", 403),
        ("[", 403),
    ],
)  # fmt: skip
def test_without_a_login_only_names_of_this_machine_are_answered(
    settings: Settings, host: str, status: int
) -> None:
    """A page may let its own name point here; probes and whoever knows the login may use any."""
    headers = {"Host": host}
    assert ask(replace_auth(settings), "/api/flow_runs", headers=headers).status_code == status
    assert ask(replace_auth(settings), "/health", headers=headers).status_code == 200
    assert ask(replace_auth(settings), "/api/ready", headers=headers).status_code == 200
    assert ask(settings, "/api/flow_runs", headers=headers).status_code == 200


@pytest.mark.parametrize(("origin", "passed"), [(b"http://evil.example.org", False), (OURS.encode(), True)])
def test_a_page_of_another_site_hears_no_events(origin: bytes, passed: bool) -> None:
    """A browser asks nobody before it opens a websocket to another site."""
    sent: list[Message] = []

    async def inner(scope: Message, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:4200"), (b"origin", origin)]
    scope = {"type": "websocket", "path": "/api/events/out", "headers": headers}
    asyncio.run(Guard(inner, OURS, protected=False)(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.accept" if passed else "websocket.close"]


def test_the_server_is_ready_when_every_part_answers(settings: Settings) -> None:
    """Nobody is asked for a login, and nobody is told more than which part fails."""
    found = ask(settings, "/ready")
    assert (found.status_code, found.json()) == (200, {"facts": "ok", "conduct": "ok", "store": "ok"})
    assert ask(settings, "/health").status_code == 200


def test_a_database_of_another_release_is_not_ready(settings: Settings) -> None:
    """The process lives all the same."""
    place = open_workplace(settings)
    take_back(place.engine, "0006")
    place.close()
    found = ask(settings, "/ready")
    assert (found.status_code, found.json()["facts"], found.json()["store"]) == (503, "failed", "ok")
    assert ask(settings, "/health").status_code == 200


def test_a_store_that_is_gone_is_not_ready(settings: Settings) -> None:
    """As when a shared folder is not there any more."""
    settings = settings.model_copy(update={"store_url": str(settings.home / "disk")})
    assert ask(settings, "/ready").json() == {"facts": "ok", "conduct": "ok", "store": "failed"}


def test_a_database_that_does_not_answer_is_not_ready(settings: Settings) -> None:
    """Nothing of its address is told."""
    elsewhere = settings.model_copy(
        update={"database_url": SecretStr("postgresql+psycopg://u:geheim@127.0.0.1:1/db")}
    )
    found = ask(elsewhere, "/ready")
    assert (found.status_code, found.json()["facts"]) == (503, "failed")
    assert "geheim" not in json.dumps(dict(found.headers)) + found.text
    figures = ask(elsewhere, "/metrics", auth=LOGIN)
    assert (figures.status_code, figures.text) == (503, "数据库没有应答。")
