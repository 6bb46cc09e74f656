"""Kinds of matters: what each owes and how it goes on; all of them are handed in together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.codes import MatterKind, Step
from models.errors import RuleViolation
from models.matters.duties import Duty
from models.matters.facts import NextStep


@dataclass(frozen=True)
class Mark:
    """How a part is numbered after what it is a part of: ``Y`` and 延期 for L2026-0012-Y1 and 12号延期1."""

    letter: str
    word: str


@dataclass(frozen=True)
class Kind:
    """One kind of matter.

    Attributes:
        code: Its code.
        called: What sentences call one, as 线索.
        duties: What may be owed in it, in the order of its life.
        next_step: Decides from the facts of its kind, at a moment (aware), what happens next; None where the
            matter is closed.
        mark: How it is numbered as a part; None where it stands by itself, numbered by the policy.
        rests_on_due: Whether a petition of this kind rests on a date that was not kept, and is pointless
            once that date has moved.
    """

    code: MatterKind
    called: str
    duties: tuple[Duty, ...]
    # Each kind has facts of its own, which only its desk builds.
    next_step: Callable[[Any, datetime], NextStep | None]
    mark: Mark | None = None
    rests_on_due: bool = False

    def __post_init__(self) -> None:
        """Refuse a kind that would gather twice: its parts are opened once.

        Raises:
            ValueError: Two of its duties collect.
        """
        if sum(duty.collects for duty in self.duties) > 1:
            raise ValueError(f"{self.code} gathers its parts twice")

    @property
    def has_parts(self) -> bool:
        """Whether it gathers what several units owe at once."""
        return any(duty.collects for duty in self.duties)

    def duty(self, step: Step) -> Duty:
        """Return the duty of a step.

        Raises:
            RuleViolation: Nothing of that sort is ever owed in this kind.
        """
        for duty in self.duties:
            if duty.step is step:
                return duty
        raise RuleViolation(f"{self.called}没有{step.label}环节，请核对编号和环节。")


class Kinds:
    """All kinds of an installation."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        """Take the kinds, in the order in which people are shown them.

        Raises:
            ValueError: Two of them bear the same code, owe the same step or mark their parts alike.
        """
        self.all = tuple(kinds)
        self._by_code = {kind.code: kind for kind in self.all}
        self._duties = {duty.step: duty for kind in self.all for duty in kind.duties}
        steps = [duty.step for kind in self.all for duty in kind.duties]
        letters = [kind.mark.letter for kind in self.all if kind.mark is not None]
        for given in ([kind.code for kind in self.all], steps, letters):
            if len(set(given)) < len(given):
                raise ValueError("two kinds of matters share a code, a step or a mark")

    @property
    def duties(self) -> tuple[Duty, ...]:
        """Every duty there is, in the order of their kinds."""
        return tuple(self._duties.values())

    def of(self, code: MatterKind) -> Kind:
        """Return a kind by its code."""
        return self._by_code[code]

    def duty(self, step: Step) -> Duty:
        """Return the duty of a step, of whichever kind it is."""
        return self._duties[step]
