"""The stage of a drill: a system of its own in a folder of its own, with a mailbox on this machine.

Nothing of a live installation is read or written: every setting is given anew, both databases and all files
lie in the folder, and every channel leads to the mailbox.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from deployments.installation.clock import is_drill, set_drill_clock
from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.processes.preparing import prepare
from models.errors import InputError, StartError
from models.office.policy import packaged_policy_text
from tasks.office.units import list_units
from tasks.runs.prefect_api import PrefectApi
from tasks.workplace import Workplace

_START_SECONDS, _STOP_SECONDS = 180, 60
_LOOPBACK = "127.0.0.1"
# So that no document, run or message of a drill can be taken for a real one.
_NUMBERS = {
    'key = "L{year}-{sequence:04d}"': 'key = "D{year}-{sequence:04d}"',
    'printed = "侯线〔{year}〕{sequence}号"': 'printed = "演练〔{year}〕{sequence}号"',
    ' = "侯发改': ' = "演练',
}


@dataclass
class Mailbox:
    """Takes every mail that the system sends and counts it by address."""

    port: int
    received: Counter[str] = field(default_factory=Counter)
    subjects: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802 - aiosmtpd calls it so
        """Take a mail."""
        del server, session
        content: bytes = envelope.original_content  # type: ignore[attr-defined]
        mail = message_from_bytes(content, EmailMessage, policy=policy.default)
        self.received.update(envelope.rcpt_tos)  # type: ignore[attr-defined]
        self.subjects.append(str(mail["Subject"]))
        return "250 OK"


@dataclass(frozen=True)
class Stage:
    """A running system of a drill."""

    settings: Settings
    place: Workplace
    mailbox: Mailbox
    process: "subprocess.Popen[bytes]"

    def turn_clock(self, moment: datetime) -> None:
        """Let it be a moment (aware) for the whole system."""
        set_drill_clock(self.settings.home, moment)

    def check_alive(self) -> None:
        """Notice that the system has ended by itself.

        Raises:
            StartError: It has.
        """
        if self.process.poll() is not None:
            raise StartError(f"演练系统意外停止，请查看 {self.settings.home / 'logs'} 中的日志。")


@contextmanager
def open_stage(home: Path, moment: datetime) -> Iterator[Stage]:
    """Bring up a system in a new folder, at a moment (aware), and take it down at the end.

    Raises:
        InputError: The folder holds something already; a drill never works on what is there.
        StartError: The system did not start.
    """
    home = home.expanduser().resolve()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        hint = "是上一次演练的文件夹" if is_drill(home) else "已有内容"
        raise InputError(f"{home} {hint}；演练只在新的空文件夹中进行，请用 --folder 另行指定。")
    for name in ("logs", "prefect", "evidence", "papers"):
        (home / name).mkdir(parents=True)
    set_drill_clock(home, moment)
    with ExitStack() as stack:
        settings = _settings(home)
        mailbox = stack.enter_context(_open_mailbox())
        prepare(settings, lambda _: None)
        place = open_workplace(settings)
        stack.callback(place.close)
        _write_channels(place, mailbox.port)
        process = stack.enter_context(_system(settings))
        yield Stage(settings, place, mailbox, process)


def _settings(home: Path) -> Settings:
    """Return the settings of a drill, whatever the environment says; patrols are started by the drill."""
    text = packaged_policy_text()
    for before, after in _NUMBERS.items():
        if before not in text:
            raise InputError("自带政策文件的编号格式已变，演练无法标注编号。")
        text = text.replace(before, after)
    (home / "policy.toml").write_text(text, encoding="utf-8")
    return Settings(
        home=home, port=_free_port(), policy=home / "policy.toml", patrol_cron="0 0 29 2 *", concurrency=4
    )


def _free_port() -> int:
    """Return a port on this machine at which nobody answers."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def _open_mailbox() -> Iterator[Mailbox]:
    """Run the receiver of mail."""
    from aiosmtpd.controller import Controller

    mailbox = Mailbox(_free_port())
    controller = Controller(mailbox, hostname=_LOOPBACK, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def _write_channels(place: Workplace, port: int) -> None:
    """Let every unit and its leader be reached at the mailbox."""
    lines = ["version: 1", "urls:"]
    for unit in list_units(place):
        for tag in (unit.code, f"{unit.code}-leader"):
            address = f"{tag}@drill.invalid".lower()
            url = f"mailto://{_LOOPBACK}:{port}?smtp={_LOOPBACK}&mode=insecure&from=drill@drill.invalid&to={address}"
            lines += [f"  - {url}:", f"      - tag: {tag}"]
    place.channels_file.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def _system(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    """Start ``zero137 up`` and end it."""
    own = {
        f"ZERO137_{name.upper()}": str(value)
        for name, value in settings.model_dump(exclude_none=True).items()
    }
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ZERO137_", "PREFECT_"))} | own
    command = [sys.executable, "-c", "from deployments.cli.entry import main; main()", "up"]
    with (settings.home / "logs" / "up.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        _await_start(settings, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await_start(settings: Settings, process: "subprocess.Popen[bytes]") -> None:
    """Wait until everything runs.

    Raises:
        StartError: It does not come up.
    """
    log = settings.home / "logs" / "up.log"
    deadline = time.monotonic() + _START_SECONDS
    while "系统已启动" not in log.read_text("utf-8"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise StartError(f"演练系统未能启动，请查看 {log}。")
        time.sleep(0.2)
    with PrefectApi(settings.api) as api:
        if not api.healthy():
            raise StartError(f"演练系统未能启动，请查看 {log}。")
