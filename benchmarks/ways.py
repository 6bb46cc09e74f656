"""The ways of executing runs that are compared: which server, which executor, which settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# The flow and the deployment of the plain peer share this name.
FOUR_WAITS = "four-waits"
# The work pool of the stock worker.
POOL = "bench"


@dataclass(frozen=True)
class Way:
    """One way of executing runs.

    Attributes:
        name: How the results call it.
        server: ``ours`` (the child of ``zero137 up``) or ``stock`` (``prefect server start``).
        executor: ``in-process``, ``serve`` or ``process``.
        settings: Settings of the stock programs that are not Prefect's own.
    """

    name: str
    server: str
    executor: str
    settings: Mapping[str, str] = field(default_factory=dict)


OURS = Way("zero137", "ours", "in-process")
# Tells what the worker does and what the server does for the result; the server notes what it answers.
OURS_ON_STOCK = Way(
    "zero137 worker on the stock server", "stock", "in-process", {"PREFECT_SERVER_LOGGING_LEVEL": "INFO"}
)
SERVE_DEFAULT = Way("serve(), poll 10 s (default)", "stock", "serve")
# The setting is a whole number of seconds, so this is the best serve() allows.
SERVE = Way("serve(), poll 1 s", "stock", "serve", {"PREFECT_RUNNER_POLL_FREQUENCY": "1"})
PROCESS_DEFAULT = Way("process worker, poll 10 s (default)", "stock", "process")
# Without a limit, as by default: with one, the stock worker of Prefect 3.8.8 ended with an error as soon as
# a run was resumed whose last process had not quite gone ("this borrower is already holding one …").
PROCESS = Way("process worker, poll 0.5 s", "stock", "process", {"PREFECT_WORKER_QUERY_SECONDS": "0.5"})
# For what is measured without any run.
NOBODY = Way("", "", "")
BEST_STOCK = (SERVE, PROCESS)
DEFAULT_STOCK = (SERVE_DEFAULT, PROCESS_DEFAULT)
