"""One part of the system each: what stands in the way is told in one sentence before anything starts."""

import os
import socket
from collections.abc import Iterator

import pytest
from fakes.receivers import free_port
from harness.command_line import Terminal
from harness.wording import assert_is_one_sentence

from deployments.installation.settings import Settings
from deployments.processes.environment import child_environment

POSTGRES = "postgresql+asyncpg://postgres@127.0.0.1:5432/nobody"


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def refusal(terminal: Terminal, code: int, *words: str) -> str:
    """Return why a command does not start."""
    said = terminal.run(*words)
    assert (said.code, said.out) == (code, "")
    assert_is_one_sentence(said.err.strip())
    return said.err


@pytest.mark.parametrize("words", [("serve", "--no-services"), ("services",)])
def test_several_processes_need_postgresql_and_redis(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """SQLite serves one server; without Redis none hears of the other; both are told with what to do."""
    assert "PostgreSQL" in refusal(terminal, 6, *words)
    monkeypatch.setenv("ZERO137_PREFECT_DATABASE_URL", POSTGRES)
    assert "ZERO137_REDIS_URL" in refusal(terminal, 6, *words)
    monkeypatch.setenv("ZERO137_REDIS_URL", "http://127.0.0.1")
    assert "redis://" in refusal(terminal, 6, *words)
    monkeypatch.setenv("ZERO137_REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    assert "连不上 Redis" in refusal(terminal, 10, *words)


def test_a_port_that_is_taken_is_told_with_its_setting(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, taken_port: int
) -> None:
    """That of the server, and that for probes."""
    monkeypatch.setenv("ZERO137_PORT", str(taken_port))
    assert "ZERO137_PORT" in refusal(terminal, 10, "serve")
    monkeypatch.setenv("ZERO137_HEALTH_PORT", str(taken_port))
    assert "ZERO137_HEALTH_PORT" in refusal(terminal, 10, "work")


def test_nobody_works_on_a_database_that_is_not_there(bare_terminal: Terminal) -> None:
    """A worker in a wrong folder would otherwise start another register."""
    assert "zero137 init" in refusal(bare_terminal, 10, "work")


def test_what_is_registered_needs_a_server(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, but not for ever."""
    monkeypatch.setattr("deployments.cli.system.roles.SERVER_SECONDS", 0)
    assert "没有应答" in refusal(terminal, 10, "register")


def test_a_role_becomes_the_process_that_was_asked_for(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signals have to reach it, the keys of informants only the worker, and Prefect's settings come first."""
    became: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda _, words, environment: became.append((words, environment)))
    monkeypatch.setenv("ZERO137_INFORMANT_KEY", "secret")
    terminal.run("work", "--json")
    terminal.run("serve")
    (work, told), (serve, told_too) = became
    assert (work[-3:], serve[-2:]) == (["worker", "alone", "json"], ["server", "alone"])
    assert (told.get("ZERO137_INFORMANT_KEY"), told_too.get("ZERO137_INFORMANT_KEY")) == ("secret", None)
    assert told["PREFECT_API_URL"].endswith("/api")


def test_prefect_understands_what_it_is_told(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that Prefect does not know would be passed over in silence."""
    url = "redis://127.0.0.1:6379/1"
    settings = Settings(
        home=terminal.home,
        prefect_database_url=POSTGRES,
        redis_url=url,
        auth="office:four-words-in-a-row",
        event_days=3,
        run_days=9,
    )
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    from prefect.settings import Settings as PrefectSettings
    from prefect_redis.cleanup_queue import RedisWorkerCleanupQueueSettings
    from prefect_redis.client import RedisMessagingSettings

    server = PrefectSettings().server
    named = ("messaging", "ordering", "lease_storage", "cleanup_queue")
    assert {
        server.events.messaging_broker, server.events.messaging_cache, server.events.causal_ordering,
        server.concurrency.lease_storage, server.worker_channel.cleanup_queue_storage,
    } == {f"prefect_redis.{name}" for name in named}  # fmt: skip
    assert {server.docket.url, RedisMessagingSettings().url, RedisWorkerCleanupQueueSettings().url} == {url}
    assert (server.events.retention_period.days, server.services.db_vacuum.retention_period.days) == (3, 9)
    assert server.api.auth_string is not None
    assert server.api.auth_string.get_secret_value() == "office:four-words-in-a-row"
