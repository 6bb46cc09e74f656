"""The programs of a site: which is started for a way, and with which environment."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from processes import MARK, Process
from ways import POOL, Way

from deployments.installation.settings import Settings
from deployments.processes.environment import child_environment

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent


def our_environment(settings: Settings) -> dict[str, str]:
    """Return the environment ``zero137 up`` gives its children."""
    return {**child_environment(settings), MARK: str(settings.home)}


def stock_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the stock programs: Prefect as installed, with our facts beside it.

    Only where state lies, which port is used and that nothing is sent out is not Prefect's default.
    """
    kept = (
        "PREFECT_HOME", "PREFECT_PROFILES_PATH", "PREFECT_API_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY", "PREFECT_SERVER_ANALYTICS_ENABLED",
    )  # fmt: skip
    return {key: value for key, value in ours.items() if not key.startswith("PREFECT_") or key in kept}


def start_server(
    way: Way, ours: Mapping[str, str], stock: Mapping[str, str], home: Path, *, counted: bool
) -> Process:
    """Start the server of a way."""
    log = home / "logs" / "server.log"
    if way.server == "stock":
        port = ours["ZERO137_PORT"]
        return Process(_prefect("server", "start", "--host", "127.0.0.1", "--port", port), stock, log)
    if counted:
        noting = {**ours, "BENCH_CALLS": str(home / "calls.jsonl")}
        return Process(_python(str(HERE / "counted_server.py")), noting, log)
    return Process(_python("-m", "deployments.processes.children", "server"), ours, log)


def start_executor(
    way: Way, ours: Mapping[str, str], stock: Mapping[str, str], home: Path, flow: str
) -> Process:
    """Register what an executor needs and start it."""
    log = home / "logs" / "executor.log"
    environment = ours if way.executor == "in-process" else stock
    if way.executor == "serve":
        return Process(_python(str(HERE / "serving.py"), flow), environment, log)
    register = _python(str(HERE / "registering.py"), way.executor)
    subprocess.run(register, env=dict(environment), check=True, stdin=subprocess.DEVNULL)
    if way.executor == "in-process":
        return Process(_python("-m", "deployments.processes.children", "worker"), environment, log)
    return Process(_prefect("worker", "start", "--type", "process", "--pool", POOL), environment, log)


def _python(*words: str) -> list[str]:
    """Return a command for this interpreter."""
    return [sys.executable, *words]


def _prefect(*words: str) -> list[str]:
    """Return a command of Prefect's own."""
    return [str(PROGRAMS / "prefect"), *words]
