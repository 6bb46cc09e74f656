"""Processes of a benchmark: started with a log, ended with everything they started, weighed by /proc."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

# Every process of a site carries this variable, so that what it started in sessions of its own is found.
MARK = "BENCH_SITE"
_STOP_SECONDS = 20
_TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A process in a session of its own."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> None:
        """Start the command; what it prints goes to the log."""
        self.log = log
        with log.open("ab") as stream:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                start_new_session=True,
            )  # fmt: skip
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        """Return the running process."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop it: asked first, killed if it does not listen."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None


def all_ids() -> Iterator[int]:
    """Give the id of every process of this machine."""
    yield from (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal())


def marked(mark: str) -> list[int]:
    """Return the processes that carry a mark, in any session."""
    words = f"{MARK}={mark}\0".encode()
    found = []
    for pid in all_ids():
        with suppress(OSError):
            if words in Path(f"/proc/{pid}/environ").read_bytes():
                found.append(pid)
    return found


def end_marked(mark: str) -> None:
    """End what is left of a site: flow runs whose worker went before them."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in marked(mark):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + _STOP_SECONDS
        while marked(mark) and time.monotonic() < deadline:
            time.sleep(0.2)


def role_of(pid: int) -> str:
    """Return the role of a child of ``zero137 up``; blank for any other process."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return (
        words[words.index("deployments.processes.children") + 1]
        if "deployments.processes.children" in words
        else ""
    )


def session_of(leader: int) -> list[int]:
    """Return the processes of a session by the id of its leader."""
    found = []
    for pid in all_ids():
        with suppress(OSError):
            if int(_after_name(pid)[3]) == leader:
                found.append(pid)
    return found


def cpu_seconds(leader: int) -> float:
    """Return the processor time the living processes of a session have used so far."""
    used = 0
    for pid in session_of(leader):
        with suppress(OSError):
            used += sum(map(int, _after_name(pid)[11:13]))
    return used / _TICKS


def memory_mb(leader: int, kind: str = "Pss") -> float:
    """Return the memory of a session in MB: Pss shares out what processes have in common, Rss does not."""
    size = 0
    for pid in session_of(leader):
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith(f"{kind}:"):
                    size += int(line.split()[1])
    return size / 1024


def _after_name(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat that follow the name, which may itself hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
