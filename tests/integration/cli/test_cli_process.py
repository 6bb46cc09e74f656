"""The command line as a program of its own: the console script, what it imports, and how fast it is."""

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from harness.command_line import Terminal

SCRIPT = Path(sys.executable).with_name("zero137")
ROUNDS = 5


@pytest.fixture
def environment(terminal: Terminal) -> dict[str, str]:
    """The environment of the terminal, in which Python may keep what it compiled."""
    assert terminal.home.is_dir()
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}


def cpu_seconds(command: list[str | Path], environment: dict[str, str]) -> float:
    """Run a program to its end and return the processor time it took; other programs do not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_console_script_lists_the_leads(terminal: Terminal, environment: dict[str, str]) -> None:
    """Installed as people call it, and Chinese wherever its output goes."""
    terminal.text("lead", "add", "--title", "要求企业设立子公司", "--facts", "事实")
    done = subprocess.run([SCRIPT, "lead", "list"], env=environment, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "要求企业设立子公司" in done.stdout.decode()
    wrong = subprocess.run([SCRIPT, "lead", "show", "L1"], env=environment, check=False, capture_output=True)
    assert (wrong.returncode, wrong.stdout) == (4, b"")
    assert wrong.stderr.decode().startswith("没有编号为“L1”的事项")


def test_short_commands_do_not_import_prefect(terminal: Terminal, environment: dict[str, str]) -> None:
    """The SDK takes seconds to import; leads, answers, units, calendar and messages do without it."""
    added = terminal.json("lead", "add", "--title", "题", "--facts", "事")
    assert isinstance(added, dict)
    terminal.advance(str(added["number"]))
    commands = [
        ["lead", "add", "--title", "又一题", "--facts", "事"],
        ["lead", "list"],
        ["lead", "show", added["number"]],
        ["lead", "why", added["number"]],
        ["answer", added["number"], "移交", "--by", "发改局/经办人甲", "--authority", "住建局"],
        ["units", "list"],
        ["calendar", "show", "2027"],
        ["messages", "list"],
    ]
    program = (
        "import sys\n"
        "from deployments.cli.main import run\n"
        f"codes = [run(command) for command in {commands!r}]\n"
        "print(codes, 'prefect' in sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert done.stderr == f"{[0] * len(commands)} False\n"


def test_listing_leads_takes_little_more_than_its_libraries(environment: dict[str, str]) -> None:
    """Measured against what importing SQLModel and click costs on the same machine in the same minute."""
    listing: list[str | Path] = [SCRIPT, "lead", "list"]
    libraries: list[str | Path] = [sys.executable, "-c", "import sqlmodel, click"]
    # Once for the compiled files and the caches of the disk.
    cpu_seconds(listing, environment)
    taken = [(cpu_seconds(listing, environment), cpu_seconds(libraries, environment)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(times) for times in zip(*taken, strict=True))
    # 1.5 to 1.7 on a quiet machine, by what the tables and the policy take; the SDK alone would make it five.
    assert ours / theirs < 2
