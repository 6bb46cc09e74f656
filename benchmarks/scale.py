"""How much is measured: the full size, which alone is published, and small ones for trying the harness."""

from dataclasses import dataclass, fields, replace
from typing import Self

from databases import POSTGRESQL, SQLITE


@dataclass(frozen=True)
class Scale:
    """The sizes of all benchmarks; those that begin with ``few`` are for ways that are much slower.

    Attributes:
        databases: On which kinds of databases.
        leads: Leads answered a fixed time apart, then all at once.
        spacing_seconds: That fixed time.
        prompt_leads: Leads answered the moment each wait is there, one lead after the other.
        cycles: Leads that go from start to closure.
        burst: Answers that arrive at once.
        small_burst: The same where one after the other many ways are tried.
        runs_at_once: How many runs are executed at once, each of these in turn.
        parked: Leads that lie in an idle system.
        idle_seconds: How long an idle system is watched.
        repetitions: How often a command is started.
        counted_steps: Steps whose API calls are counted.
        due_at_once: Assignments that fall due at the same instant.
        many_due_at_once: The same for a whole province, once.
        rounds: How often that is repeated.
        few_open: Open assignments of a small office, in which nothing is due.
        many_open: Those of a very large one.
        due_dates: Due dates that are computed.
        few_due_dates: Of these, how many the slow peer computes too.
        messages: Messages that are handed over.
        many_leads: Leads of very many years, each with ten entries in its ledger.
    """

    databases: tuple[str, ...] = (SQLITE, POSTGRESQL)
    leads: int = 30
    few_leads: int = 10
    spacing_seconds: float = 3
    prompt_leads: int = 10
    few_prompt_leads: int = 3
    cycles: int = 40
    few_cycles: int = 20
    burst: int = 200
    few_burst: int = 20
    small_burst: int = 60
    runs_at_once: tuple[int, ...] = (2, 4, 6, 8, 12)
    parked: int = 1000
    few_parked: int = 10
    idle_seconds: float = 60
    repetitions: int = 15
    counted_steps: int = 5
    due_at_once: int = 10_000
    many_due_at_once: int = 100_000
    rounds: int = 5
    few_open: int = 10_000
    many_open: int = 1_000_000
    due_dates: int = 1_000_000
    few_due_dates: int = 20_000
    messages: int = 1_000
    many_leads: int = 100_000

    def at_most(self, leads: int) -> Self:
        """Return the same with no count of leads above a number."""
        counts = {
            each.name: min(getattr(self, each.name), leads)
            for each in fields(self)
            if each.type is int and each.name not in {"repetitions", "rounds"}
        }
        return replace(self, **counts)

    def quick(self) -> Self:
        """Return a size that only shows that everything works."""
        return replace(
            self.at_most(3), runs_at_once=(2, 6), few_parked=1, idle_seconds=5, repetitions=3, many_open=5
        )
