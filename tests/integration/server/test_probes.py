"""Probes: what a container platform asks a process that serves nothing else."""

import httpx
from fakes.receivers import free_port
from harness.running_system import until

from deployments.server.probes import answering_probes


def test_probes_answer_with_what_is() -> None:
    """200 where all is well, 503 where it is not, 404 for anything else; the port is closed at the end."""
    port, ready = free_port(), False
    with (
        answering_probes("127.0.0.1", port, {"/health": lambda: True, "/ready": lambda: ready}),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):

        def status(path: str) -> int:
            try:
                return client.get(path).status_code
            except httpx.TransportError:
                return 0

        until(lambda: status("/health") == 200, "the port is open")
        assert [status(path) for path in ("/ready", "/", "/health/more")] == [503, 404, 404]
        ready = True
        assert status("/ready") == 200


def test_without_a_port_nobody_is_answered() -> None:
    """Nothing is opened where nobody asks."""
    with answering_probes("127.0.0.1", None, {}):
        pass
