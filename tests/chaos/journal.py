"""What the harness itself did: every attempt, every kill, and how far crowd and killer may run ahead."""

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

CONFLICT = 5


@dataclass(frozen=True)
class Attempt:
    """One answer that was handed in by command; ``code`` None means that the command was killed."""

    person: str
    code: int | None


@dataclass(frozen=True)
class Promise:
    """One change of a lead that was asked for by command; ``kind`` is how the ledger tells of it."""

    number: str
    kind: str
    person: str
    code: int | None


@dataclass(frozen=True)
class Kill:
    """Who was killed, what it was doing as seen from outside, and by which signal."""

    target: str
    phase: str
    signal: str


@dataclass
class Journal:
    """Shared by all actors of a trial.

    Attributes:
        kills_planned: How many kills there will be.
        answers_planned: How many answers the plans hold.
        log: A file that tells every event with its second, for whoever looks into a failure.
        stop: Set when the trial ends early; every actor looks at it.
    """

    kills_planned: int
    answers_planned: int
    log: Path
    stop: Event = field(default_factory=Event)
    attempts: list[Attempt] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    ends_of_up: Counter[str] = field(default_factory=Counter)
    commands: Counter[int] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    database_lost: bool = False
    reconciled: int = 0
    _begun: set[tuple[str, str, int]] = field(default_factory=set)
    _names: int = 0
    _begun_at: float = field(default_factory=time.monotonic)
    _lock: Lock = field(default_factory=Lock)

    @property
    def killing_is_over(self) -> bool:
        """Whether every planned kill was made."""
        return len(self.kills) >= self.kills_planned

    @property
    def answers_begun(self) -> int:
        """How many planned answers somebody has begun to give."""
        return len(self._begun)

    @property
    def killer_is_ahead(self) -> bool:
        """Whether more of the kills are over than of the answers, but for a few."""
        begun = len(self._begun) + max(3, self.answers_planned // 20)
        return len(self.kills) * self.answers_planned > begun * self.kills_planned

    def may_begin(self, title: str, key: tuple[str, int]) -> bool:
        """Tell whether an answer may be given now.

        The crowd keeps step with the killer: were it faster, the last kills would hit a system at rest.
        """
        with self._lock:
            answer = (title, *key)
            ahead = len(self._begun) * self.kills_planned >= self.answers_planned * (len(self.kills) + 1)
            if answer not in self._begun and ahead:
                return False
            self._begun.add(answer)
            return True

    def name(self, kind: str) -> str:
        """Return the name of a person who never acted before, so that each attempt is told apart."""
        with self._lock:
            self._names += 1
            return f"{kind}{self._names:04d}"

    def tell(self, *words: object) -> None:
        """Write down an event."""
        line = f"{time.monotonic() - self._begun_at:7.1f}  {'  '.join(map(str, words))}\n"
        with self._lock, self.log.open("a", encoding="utf-8") as stream:
            stream.write(line)

    def kill(self, target: str, phase: str, signal: str) -> None:
        """Note a kill that was carried out."""
        self.tell("击杀", target, phase, signal)
        self.kills.append(Kill(target, phase, signal))

    def fail(self, what: str) -> None:
        """Note why the trial cannot go on, and end it."""
        self.tell("演练中止", what)
        self.faults.append(what)
        self.stop.set()
