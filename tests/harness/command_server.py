"""Commands that start at once: forked from a process that has imported the command line already.

Each runs in a process of its own, as at a terminal; what is saved is the second its imports take.
"""

import atexit
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from shutil import rmtree
from socket import AF_UNIX, socket
from socketserver import ForkingMixIn, StreamRequestHandler, UnixStreamServer
from tempfile import TemporaryDirectory, mkdtemp
from threading import Lock

import click

from deployments.cli.entry import main
from deployments.cli.main import cli

# What commands import only when they get to it.
_LATER = (
    "alembic.command", "chinese_calendar", "deployments.keeping.schema", "deployments.mechanisms", "h2",
    "httpcore", "jinja2", "tasks.mechanisms.leads.registering",
)  # fmt: skip

_STARTING = Lock()


def run_command(
    arguments: Sequence[str], environment: Mapping[str, str], seconds: float
) -> "subprocess.CompletedProcess[str]":
    """Run ``zero137`` with these arguments to its end; any thread may do so.

    Raises:
        TimeoutError: It has not ended within these seconds.
    """
    with TemporaryDirectory() as folder, socket(AF_UNIX) as asking:
        written = [str(Path(folder) / name) for name in ("out", "err")]
        asked = {
            "arguments": arguments,
            "environment": environment,
            "folder": str(Path.cwd()),
            "written": written,
        }
        asking.settimeout(seconds)
        with _STARTING:
            address = _address()
        asking.connect(address)
        asking.sendall(json.dumps(asked).encode() + b"\n")
        code = asking.recv(8)
        out, err = (Path(path).read_text(encoding="utf-8") for path in written)
    # Without an answer the process was killed, or died of what no command does.
    return subprocess.CompletedProcess([*arguments], int(code or -1), out, err)


@cache
def _address() -> str:
    """Start the server, once for each process of the tests; returns where it listens."""
    folder = mkdtemp()
    address = str(Path(folder) / "commands")
    process = subprocess.Popen(
        [sys.executable, "-P", __file__, address], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    atexit.register(rmtree, folder, ignore_errors=True)
    atexit.register(process.kill)
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline(), "the server of commands has ended"
    return address


class _Command(StreamRequestHandler):
    """One command; the answer is its exit code."""

    def handle(self) -> None:
        """Become the command that is asked for: this is a process forked for it alone."""
        asked = json.loads(self.rfile.readline())
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["folder"])
        for descriptor, path in enumerate(asked["written"], start=1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
        sys.argv = ["zero137", *asked["arguments"]]
        try:
            main()
        except SystemExit as ended:
            sys.stdout.flush()
            sys.stderr.flush()
            self.wfile.write(str(ended.code or 0).encode())


class _Server(ForkingMixIn, UnixStreamServer):
    """Forks for every command, as long as whoever started it lives."""

    request_queue_size = 64
    _starter = os.getppid()

    def service_actions(self) -> None:
        """Look after the children; end when nobody is left who could ask."""
        super().service_actions()
        if os.getppid() != self._starter:
            os._exit(0)


def _serve(address: str) -> None:
    """Import everything, then listen."""
    context = click.Context(cli)
    for name in cli.list_commands(context):
        cli.get_command(context, name)
    for name in _LATER:
        importlib.import_module(name)
    with _Server(address, _Command) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    _serve(sys.argv[1])
