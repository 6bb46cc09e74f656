"""Log files: put aside when they have grown large, while a process writes to the handle it inherited."""

import subprocess
import sys
from pathlib import Path

from harness.running_system import until

from deployments.processes.log_files import rotate_logs

_WRITER = """
import select, sys
while not select.select([sys.stdin], [], [], 0)[0]:
    sys.stdout.write("a line\\n")
    sys.stdout.flush()
sys.stdout.write("the end\\n")
"""
_LARGEST = 20_000


def test_a_writer_goes_on_while_its_log_is_put_aside(tmp_path: Path) -> None:
    """The file stays small, earlier ones are kept up to five, and nothing is written past its end."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-c", _WRITER]
    with (
        log.open("ab") as handle,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=handle) as writer,
    ):
        for _ in range(7):
            until(lambda: log.stat().st_size > _LARGEST, "the log has grown large")
            rotate_logs(tmp_path, largest=_LARGEST)
        assert writer.stdin is not None
        writer.stdin.close()
        assert writer.wait(60) == 0
    rotate_logs(tmp_path, largest=_LARGEST)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["worker.log", *(f"worker.log.{number}" for number in range(1, 6))]
    assert log.stat().st_size <= _LARGEST
    assert b"\0" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    newest = (tmp_path / "worker.log.1").read_text() + log.read_text()
    assert newest.splitlines()[-1] == "the end"


def test_a_log_that_cannot_be_put_aside_stays(tmp_path: Path) -> None:
    """A folder in the way of the copy stands for a full disk: nothing is cut off."""
    (tmp_path / "worker.log").write_text("x" * 100)
    (tmp_path / "worker.log.new").mkdir()
    rotate_logs(tmp_path, largest=10)
    assert (tmp_path / "worker.log").read_text() == "x" * 100
