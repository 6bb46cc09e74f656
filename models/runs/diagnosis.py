"""The runs that carry the matters: what can be wrong with one, told from facts alone.

Every open matter has exactly one live run, which waits for what the database says it waits for.
"""

from dataclasses import dataclass
from datetime import timedelta

from models.runs.vocabulary import RunFault

# A run of whose owner nothing is known is believed to be under way for this long.
PATIENCE = timedelta(minutes=10)

_ENDED = {
    "COMPLETED": RunFault.ENDED,
    "FAILED": RunFault.FAILED,
    "CRASHED": RunFault.CRASHED,
    "CANCELLED": RunFault.CANCELLED,
    "CANCELLING": RunFault.CANCELLED,
}
HELD = frozenset({"PENDING", "RUNNING"})


@dataclass(frozen=True)
class RunFact:
    """A run in Prefect, as it stands now.

    Attributes:
        id: The id of the run.
        number: The matter it was started for, blank for a run that carries none.
        state: The type of its state, as PAUSED.
        age: How long it has been in that state, by the clock of the server.
        wait: The key of the form it waits with, blank where it does not wait.
        deployed: Whether its deployment still exists; without one it can never go on.
        owned: Whether the worker that carries it lives; None where that cannot be known.
        continues: The lost run it was started to continue, blank where there is none.
    """

    id: str
    number: str
    state: str
    age: timedelta
    wait: str = ""
    deployed: bool = True
    owned: bool | None = None
    continues: str = ""


@dataclass(frozen=True)
class Carried:
    """A matter, the run that carries it, and the form it should wait with.

    Attributes:
        number: The matter.
        run_id: Its run, None where it never got one.
        wait: The key of the form of its open assignment, None where nobody owes an answer.
        lapsed: Whether the open assignment ends by time alone (the deemed receipt).
        closed: Whether nothing is left to do but to end the run.
    """

    number: str
    run_id: str | None
    wait: str | None
    lapsed: bool = False
    closed: bool = False


def diagnose(carried: Carried, run: RunFact | None) -> RunFault | None:
    """Tell what is wrong with the run of a matter; None where all is as it should be.

    Args:
        carried: The matter.
        run: Its run, None where Prefect knows none.
    """
    if carried.closed and (run is None or run.state in _ENDED):
        return None
    if carried.run_id is None:
        return RunFault.NEVER_STARTED
    if run is None:
        return RunFault.LOST
    if run.state in _ENDED:
        return _ENDED[run.state]
    return _diagnose_live(carried, run) if run.deployed else RunFault.DETACHED


def _diagnose_live(carried: Carried, run: RunFact) -> RunFault | None:
    """Tell what is wrong with a run that has not ended; one that is scheduled will be taken on."""
    if run.state in HELD:
        return RunFault.ORPHANED if is_orphaned(run) else None
    if run.state == "PAUSED":
        if run.wait != carried.wait:
            return RunFault.SUPERSEDED
        return RunFault.LAPSED if carried.lapsed else None
    return None


def is_superfluous(run: RunFact, carrier: str | None) -> bool:
    """Tell whether a run of a matter has to be ended because another one carries it.

    One that is scheduled or under way finds out by itself that it has nothing to do. One that was made to
    continue the carrier is about to take its place.

    Args:
        run: The run.
        carrier: The run that carries the matter, None where none does.
    """
    if carrier in {None, run.id, run.continues}:
        return False
    return run.state in {"PAUSED", "CANCELLING"} or is_orphaned(run)


def is_orphaned(run: RunFact) -> bool:
    """Tell whether a run claims to be under way although nobody carries it."""
    if run.state not in HELD or run.owned:
        return False
    return run.owned is False or run.age > PATIENCE
