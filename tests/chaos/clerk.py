"""Using the command line as a person would, sometimes killed in the middle of a command."""

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from chaos.journal import Attempt, Journal, Promise
from chaos.killer import Doom
from chaos.plans import Turn
from chaos.victim import Victim
from harness.running_system import COMMAND
from sqlalchemy import text

from tasks.workplace import Workplace

# Refused by a rule, unknown name, conflict, database busy: what the handbook lets a person expect.
REFUSED = (3, 4)
EXPECTED = (0, *REFUSED, 5, 10)
_SECONDS = 180
# A doom waits so long for an answer or a registration before a mere look takes it, in seconds.
_DOOM_SECONDS = 6
_LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class Done:
    """How a command ended; ``code`` None means that it was killed."""

    code: int | None
    out: str


class Clerk:
    """Runs commands; the next one that starts takes the doom the killer has laid out."""

    def __init__(self, victim: Victim, place: Workplace, journal: Journal, dooms: Queue[Doom]) -> None:
        """Work on a running system."""
        self.victim = victim
        self.place = place
        self.journal = journal
        self._dooms = dooms

    @property
    def is_doomed(self) -> bool:
        """Whether the killer has waited for a command so long that any will do."""
        waiting = list(self._dooms.queue)
        return bool(waiting) and time.monotonic() - waiting[0].laid_at > _DOOM_SECONDS

    def look(self) -> None:
        """Read the list, as people do in between."""
        self._run("查看", None, "lead", "list", "--json")

    def bring(self, file: Path, titles: list[str]) -> bool:
        """Import leads; returns whether the command came to its end."""
        done = self._run("登记", lambda: self._known("matter", "title", titles[0]), "lead", "import", file)
        return done.code == 0

    def upload(self, number: str, proof: Path) -> str:
        """Store evidence ahead of a form; returns its number, blank where the command did not end well."""
        done = self._run(
            "上传",
            lambda: self._known("evidence", "name", proof.name),
            "evidence",
            "add",
            number,
            proof,
            "--json",
        )
        return str(json.loads(done.out)[0]["key"]) if done.code == 0 else ""

    def answer(self, number: str, unit: str, person: str, turn: Turn, proof: Path) -> int | None:
        """Hand in an answer; returns the exit code, None where the command was killed."""
        words: list[str | Path] = ["answer", number, turn.step.label, "--by", f"{unit}/{person}"]
        for name, value in (*turn.fields.items(), ("explanation", turn.explanation)):
            words += [f"--{name.replace('_', '-')}", value] if value else []
        words += ["--evidence", proof] if turn.proven else []
        done = self._run("反馈", lambda: self._known("answer", "person", person), *words)
        self.journal.attempts.append(Attempt(person, done.code))
        return done.code

    def change(self, number: str, kind: str, person: str, *words: str) -> int | None:
        """Change a lead; returns the exit code, None where the command was killed."""
        done = self._run("变更", lambda: self.is_noted(number, kind, person), *words, "--json")
        self.journal.promises.append(Promise(number, kind, person, done.code))
        return done.code

    def is_noted(self, number: str, kind: str, person: str = "") -> bool:
        """Tell whether the ledger of a lead holds an entry of a kind, of one person or of anybody."""
        query = text("SELECT 1 FROM ledgerentry WHERE stream = :number AND kind = :kind AND actor LIKE :who")
        given = {"number": number, "kind": str(kind), "who": f"%{person}"}
        with self.place.reading() as session:
            return session.connection().execute(query, given).first() is not None

    def _known(self, table: str, column: str, value: str) -> bool:
        """Tell whether our database holds a row with a value."""
        query = text(f"SELECT 1 FROM {table} WHERE {column} = :value")
        with self.place.reading() as session:
            return session.connection().execute(query, {"value": value}).first() is not None

    def _run(self, what: str, committed: Callable[[], bool] | None, *words: str | Path) -> Done:
        """Run a command to its end, or to the end the killer has chosen for it."""
        arguments = [*map(str, words)]
        doom = self._next_doom()
        if doom is None:
            ended = self.victim.run(*arguments, check=False)
        elif (ended := self._run_doomed(doom, arguments, committed)) is None:
            phase = f"{what}·{'已提交' if committed() else '未提交'}" if committed else what
            self.journal.kill("命令", phase, doom.signal.name)
            doom.done.set()
            return Done(None, "")
        self.journal.tell(ended.returncode, *words[:5])
        self.journal.commands[ended.returncode] += 1
        if ended.returncode not in EXPECTED:
            self.journal.surprises.append(f"{what} {ended.returncode} {ended.stderr.strip()[:200]}")
        return Done(ended.returncode, ended.stdout)

    def _next_doom(self) -> Doom | None:
        """Take the doom that lies ready, if one does."""
        with suppress(Empty):
            return self._dooms.get_nowait()
        return None

    def _run_doomed(
        self, doom: Doom, arguments: list[str], committed: Callable[[], bool] | None
    ) -> "subprocess.CompletedProcess[str] | None":
        """Run a command to be killed, imports and all; None where it was, else it ended before."""
        process = subprocess.Popen(
            [COMMAND, *arguments],
            env=self.victim.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        struck = self._strike(doom, process, committed)
        out, err = process.communicate(timeout=_SECONDS)
        if struck:
            return None
        # The command was faster; the next one is given less time.
        doom.seconds *= 0.7
        self._dooms.put(doom)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def _strike(
        self, doom: Doom, process: subprocess.Popen[Any], committed: Callable[[], bool] | None
    ) -> bool:
        """Kill a command at its moment; tells whether it still ran."""
        strike_at = time.monotonic() + doom.seconds
        by_commit = committed if doom.after_commit else None
        while process.poll() is None:
            if by_commit() if by_commit else time.monotonic() > strike_at:
                process.send_signal(doom.signal)
                if process.wait() == -doom.signal:
                    return True
            time.sleep(_LOOK_SECONDS)
        return False
