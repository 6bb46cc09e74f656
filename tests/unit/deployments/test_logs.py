"""The lines of the log: what they say, in both forms, and what they never say."""

import json
import logging
import logging.config
import sys
from datetime import datetime
from types import ModuleType, SimpleNamespace

import pytest
from prefect.logging.configuration import load_logging_config
from pydantic import SecretStr

from deployments.installation.logs import PREFECT_LOGGING, Lines, lines_from_environment, lines_of
from deployments.installation.settings import LogFormat, Settings


def record(message: str, *arguments: object, **more: object) -> logging.LogRecord:
    """Return a warning of the worker."""
    made = logging.getLogger("tasks.conduct.answers").makeRecord(
        "tasks.conduct.answers", logging.WARNING, "", 0, message, arguments, None, extra=more
    )
    made.processName = "worker"
    return made


def facts(lines: Lines, made: logging.LogRecord) -> dict[str, object]:
    """Return what a line of JSON says."""
    written = lines.format(made)
    assert "\n" not in written
    return dict(json.loads(written))


def test_a_line_of_json_says_everything_in_one_object() -> None:
    """The moment has its zone; line breaks of a message stay within the object."""
    found = facts(Lines(LogFormat.JSON), record("%s 的反馈\n未采纳", "L2026-0001", matter="L2026-0001"))
    assert datetime.fromisoformat(str(found["time"])).tzinfo is not None
    assert found["message"] == "L2026-0001 的反馈\n未采纳"
    told = {name: found[name] for name in ("level", "logger", "process", "matter")}
    assert told == {
        "level": "WARNING", "logger": "tasks.conduct.answers", "process": "worker", "matter": "L2026-0001",
    }  # fmt: skip
    assert {"host", "pid"} <= found.keys()
    assert "exception" not in found


def test_a_traceback_stands_in_the_object_or_below_the_line() -> None:
    """Nobody has to guess to which line it belongs."""
    made = record("出错")
    made.exc_info = (ZeroDivisionError, ZeroDivisionError("nobody foresaw it"), None)
    assert "nobody foresaw it" in str(facts(Lines(LogFormat.JSON), made)["exception"])
    first, *rest = Lines().format(made).splitlines()
    assert first.endswith("WARNING worker tasks.conduct.answers 出错")
    assert rest[-1] == "ZeroDivisionError: nobody foresaw it"


def test_a_line_within_a_run_names_run_and_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever logs below a flow says nothing of it; the run under way is known to Prefect."""
    run = SimpleNamespace(id="8a", name="侯线〔2026〕1号 · 核查")
    context = SimpleNamespace(flow_run=run, parameters={"number": "L2026-0001"})
    prefect = ModuleType("prefect.context")
    prefect.FlowRunContext = SimpleNamespace(get=lambda: context)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "prefect.context", prefect)
    found = facts(Lines(LogFormat.JSON), record("出错"))
    assert (found["matter"], found["flow_run_id"], found["flow_run_name"]) == ("L2026-0001", "8a", run.name)
    assert "[L2026-0001 侯线〔2026〕1号 · 核查]" in Lines().format(record("出错"))


@pytest.mark.parametrize("form", LogFormat)
def test_passwords_and_keys_are_blotted_out(form: LogFormat) -> None:
    """Also where a library puts the whole address into its message, with signs written as %…"""
    settings = Settings(
        log_format=form,
        auth=SecretStr("admin:correct-horse"),
        database_url=SecretStr("postgresql+psycopg://zero137:p%40ss-word@db/facts"),
        redis_url=SecretStr("redis://:battery-staple@redis:6379/0"),
        informant_key=SecretStr("first-key-of-informants,second-key-of-informants"),
    )
    text = "admin:correct-horse p%40ss-word p@ss-word redis://:battery-staple@redis second-key-of-informants"
    written = lines_of(settings).format(record(text))
    for secret in ("correct-horse", "p%40ss-word", "p@ss-word", "battery-staple", "second-key"):
        assert secret not in written


def test_prefect_finds_the_form_of_our_lines() -> None:
    """Prefect takes its own settings without a word when the file it is given is missing."""
    assert PREFECT_LOGGING.is_file()
    maker = load_logging_config(PREFECT_LOGGING)["formatters"]["lines"]["()"]
    assert logging.config.BaseConfigurator({}).resolve(str(maker)) is lines_from_environment
