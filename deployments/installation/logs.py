"""The log: one form of line for every process, for people or as one JSON object each.

A line says when, how grave, which process, which logger and what, and where it is known the matter and the
flow run it concerns. Passwords and keys that a message carries by accident are blotted out.
"""

import json
import logging
import multiprocessing
import os
import socket
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from deployments.installation.settings import LogFormat, Settings, load_settings
from models.errors import Zero137Error

# Prefect reads its logging from here; everything for a console goes through our lines.
PREFECT_LOGGING = Path(__file__).with_name("logging.yml")
# Our own packages tell more than libraries, which only warn.
_OURS = ("flows", "tasks", "notifications", "deployments")
_BLOT = "***"
# A password as short as that would blot out ordinary words.
_SHORTEST_SECRET = 5

logger = logging.getLogger(__name__)


class Lines(logging.Formatter):
    """Writes a record as one line of the log; a traceback follows it, or stands in its object."""

    def __init__(self, form: LogFormat = LogFormat.TEXT, secrets: frozenset[str] = frozenset()) -> None:
        """Choose the form, and name what must not appear."""
        super().__init__()
        self._form = form
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        facts = {name: self._blotted(fact) for name, fact in self._facts(record).items()}
        return json.dumps(facts, ensure_ascii=False) if self._form is LogFormat.JSON else _for_people(facts)

    def _blotted(self, fact: object) -> object:
        """Return a fact without what must not appear."""
        if isinstance(fact, str):
            for secret in self._secrets:
                fact = fact.replace(secret, _BLOT)
        return fact

    def _facts(self, record: logging.LogRecord) -> dict[str, object]:
        """Return what a line says; what is not known is left out."""
        moment = datetime.fromtimestamp(record.created).astimezone()
        facts = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": record.processName,
            "logger": record.name,
            "message": record.getMessage(),
            "host": socket.gethostname(),
            "pid": record.process,
            **_concern(record),
            "exception": self.formatException(record.exc_info) if record.exc_info else "",
        }
        return {name: value for name, value in facts.items() if value not in {None, ""}}


def configure_logging(settings: Settings, role: str) -> None:
    """Let this process write its log to standard error, in the form that is set.

    Prefect, imported before or after, adds handlers of its own that use the same lines.

    Args:
        settings: The installation.
        role: The part this process plays, as worker.
    """
    # The field of the standard library that says which process a record comes from.
    multiprocessing.current_process().name = role
    handler = logging.StreamHandler()
    handler.setFormatter(lines_of(settings))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for package in _OURS:
        logging.getLogger(package).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_end
    threading.excepthook = lambda args: _log_end(args.exc_type, args.exc_value, args.exc_traceback)


def lines_of(settings: Settings) -> Lines:
    """Return the form of the lines of an installation."""
    return Lines(settings.log_format, _secrets_of(settings))


def lines_from_environment() -> Lines:
    """Return the form of the lines for Prefect; what is wrong with the settings is told elsewhere."""
    try:
        return lines_of(load_settings())
    except Zero137Error:
        return Lines()


def append_error(settings: Settings, error: BaseException) -> Path:
    """Append a fault of a command to the error log; returns the file.

    Raises:
        OSError: It cannot be written.
    """
    log = settings.home / "logs" / "error.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    told = (type(error), error, error.__traceback__)
    record = logger.makeRecord(logger.name, logging.ERROR, "", 0, "命令未能完成", (), told)
    record.processName = "cli"
    with log.open("a", encoding="utf-8") as stream:
        stream.write(lines_of(settings).format(record) + "\n")
    return log


def _for_people(facts: Mapping[str, object]) -> str:
    """Return a line as people read it."""
    concerned = " ".join(str(facts[name]) for name in ("matter", "flow_run_name") if name in facts)
    about = f" [{concerned}]" if concerned else ""
    line = f"{facts['time']} {facts['level']} {facts['process']} {facts['logger']}{about} {facts['message']}"
    return f"{line}\n{facts['exception']}" if "exception" in facts else line


def _concern(record: logging.LogRecord) -> dict[str, object]:
    """Return the matter and the flow run a record concerns: by its own word, else by the run under way."""
    own = {name: getattr(record, name, None) for name in ("matter", "flow_run_id", "flow_run_name")}
    return {**_run_under_way(), **{name: value for name, value in own.items() if value}}


def _run_under_way() -> dict[str, object]:
    """Return the flow run in whose context this is executed, and its matter; empty outside of runs."""
    context_class = getattr(sys.modules.get("prefect.context"), "FlowRunContext", None)
    context = context_class.get() if context_class is not None else None
    if context is None or context.flow_run is None:
        # Whoever never imported Prefect is in no run, and a short command must not import it for that.
        return {}
    number = (context.parameters or {}).get("number")
    found = {"flow_run_id": str(context.flow_run.id), "flow_run_name": context.flow_run.name}
    return {"matter": str(number), **found} if number else found


def _secrets_of(settings: Settings) -> frozenset[str]:
    """Return the passwords and keys of an installation, as they stand and as an address writes them."""
    given = settings.informant_key.get_secret_value().split(",") if settings.informant_key else []
    auth = settings.auth.get_secret_value() if settings.auth else ""
    found = {*map(str.strip, given), auth, auth.partition(":")[2]}
    for address in (settings.database_url, settings.prefect_database_url, settings.redis_url):
        written = address.get_secret_value().rpartition("@")[0].rpartition(":")[2]
        found |= {written, unquote(written), _password_in(address.get_secret_value())}
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST_SECRET)


def _password_in(address: str) -> str:
    """Return the password in the address of a database, blank where there is none."""
    try:
        return str(make_url(address).password or "")
    except (ArgumentError, ValueError):
        return ""


def _log_end(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    """Write what ends a process or a thread into the log like everything else."""
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logger.critical("进程或线程异常结束（%s）", os.getpid(), exc_info=(kind, error or kind(), traceback))
