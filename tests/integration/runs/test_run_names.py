"""The names of runs that operators start, where Prefect does not answer: the deed counts, not its name."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fakes.receivers import free_port
from harness.command_line import Terminal
from prefect.client.schemas.objects import State
from prefect.context import AsyncClientContext
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    temporary_settings,
)
from prefect.states import Completed

from deployments.installation.clock import set_drill_clock
from flows.console import Ended, carry_out
from models.errors import RuleViolation
from tasks.workplace import Workplace

Work = Callable[[Workplace], Awaitable[Ended]]
DONE = Completed(name="已登记", message="新登记12条")


@pytest.fixture(autouse=True)
def unnamed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An import under way on a morning in Houma, whose server has gone."""
    set_drill_clock(terminal.home, datetime(2026, 11, 30, 1, tzinfo=UTC))
    monkeypatch.setenv("PREFECT__RUNTIME__FLOW_RUN__ID", str(UUID(int=137)))
    monkeypatch.setenv("PREFECT__RUNTIME__FLOW_RUN__FLOW_NAME", "批量导入")
    # Connecting is tried for a second and a half, and the reminders of a patrol do not wait for it.
    monkeypatch.setattr("flows.console.NAMING_SECONDS", 0.1)
    url = f"http://127.0.0.1:{free_port()}/api"
    # A worker has asked for the version of its server long before.
    with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False}):
        yield


def carried_out(work: Work, *about: str) -> State[Any]:
    """Carry out a work as the flow of an import does, with one client as a worker has it."""

    async def once() -> State[Any]:
        async with AsyncClientContext.get_or_create():
            return await carry_out(work, *about, failed="未导入")

    return asyncio.run(once())


def ending(ended: Ended) -> Work:
    """Return a work that ends so."""

    async def end(place: Workplace) -> Ended:
        assert place.clock().hour == 1
        return ended

    return end


def failing(error: Exception) -> Work:
    """Return a work that raises."""

    async def fail(_: Workplace) -> Ended:
        raise error

    return fail


def names(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the names that could not be given."""
    said = [record.getMessage() for record in caplog.records if record.name == "flows.console"]
    return [line.split("“")[1].split("”")[0] for line in said]


@pytest.mark.parametrize(
    ("ended", "about", "begun", "named"),
    [
        (Ended(DONE, "新登记12条"), ["线索.xlsx"], " · 线索.xlsx", "线索.xlsx · 新登记12条"),
        (Ended(DONE), ["L2026-0012", "督办"], " · L2026-0012 · 督办", "L2026-0012 · 督办 · 已登记"),
        (Ended(DONE, "无到期提醒"), [], "", "11-30 09:00 · 无到期提醒"),
        (Ended(DONE, "", "侯线〔2026〕12号"), [], "", "侯线〔2026〕12号"),
        (Ended(Completed(name="批量导入未完成")), [], "", "11-30 09:00 · 未完成"),
    ],
    ids=["file", "lead", "nothing in particular", "known at the end", "state named after the flow"],
)
def test_a_run_that_cannot_be_named_ends_as_it_would(
    ended: Ended, about: list[str], begun: str, named: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By the office's time on the clock of the place; one warning for each of the two names."""
    assert carried_out(ending(ended), *about) is ended.state
    assert names(caplog) == [f"批量导入 · 11-30 09:00{begun}", f"批量导入 · {named}"]


def test_an_error_is_told_by_the_state_and_in_the_name(caplog: pytest.LogCaptureFixture) -> None:
    """The sentence stands in the state, which people open; the name says only that nothing came of it."""
    state = carried_out(failing(RuleViolation("第2行不合格。")), "线索.xlsx")
    assert (state.type.value, state.name, state.message) == ("FAILED", "未导入", "第2行不合格。")
    assert names(caplog)[1] == "批量导入 · 线索.xlsx · 未导入"
    with pytest.raises(OSError, match="disk"):
        carried_out(failing(OSError("disk")), "线索.xlsx")
    assert names(caplog)[3] == "批量导入 · 11-30 09:00 · 线索.xlsx · 未完成"


def test_where_no_workplace_is_found_the_run_is_named_without_a_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The clock is that of the workplace; Prefect's client itself says that nobody answers."""
    monkeypatch.setattr("flows.console.NAMING_SECONDS", 20)
    monkeypatch.setenv("ZERO137_DATABASE_URL", "nonsense")
    assert carried_out(ending(Ended(DONE))).name == "未导入"
    assert names(caplog) == ["批量导入 · 未导入"]
    assert caplog.messages[-1].endswith("：ConnectError")
