"""Which messages must lie in the outbox, worked out from what happened to each matter."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from models.codes import CALLED_OFF, Outcome
from models.matters.facts import REDIRECTED
from models.mechanisms.hand_backs import HAND_BACKS
from models.mechanisms.leads.duties import LEADS

_DUTIES = (*LEADS.duties, *HAND_BACKS.duties)
_NOTICES = {duty.step.value: duty.notice.value for duty in _DUTIES if duty.notice is not None}
_CALLED_OFF = {outcome.value for outcome in CALLED_OFF}
# A correction may come again, so its key holds its second.
_SECOND = re.compile(r"-\d{14}/")


@dataclass(frozen=True)
class _Row:
    """An assignment as it stands in our database, with what was decided."""

    matter: int
    step: str
    round: int
    unit: str
    returned: bool
    decision: str | None

    def key(self, kind: str, unit: str) -> str:
        """Return how a message about it is called here."""
        return f"{self.matter}/{self.step}/{self.round}/{kind}/{unit} {kind} {unit}"


def found_messages(ask: Callable[[str], list[tuple[Any, ...]]]) -> Counter[str]:
    """Return every message of a matter that is there."""
    rows = ask("SELECT matter_id, dedupe_key, kind, unit_code FROM message")
    return Counter(
        f"{matter}/{_SECOND.sub('/', key).split('/', 1)[1]} {kind} {unit}" for matter, key, kind, unit in rows
    )


def expected_messages(ask: Callable[[str], list[tuple[Any, ...]]]) -> Iterator[str]:
    """Yield what must have been told: each notice to whom owes, each end and change to whom it concerns."""
    rows: dict[int, list[_Row]] = {}
    for each in ask(
        "SELECT a.matter_id, a.step, a.round, a.unit_code, a.returned, w.decision FROM assignment a"
        " LEFT JOIN answer w ON w.assignment_id = a.id ORDER BY a.id"
    ):
        rows.setdefault(each[0], []).append(_Row(*each))
    yield from _told_of_steps([row for some in rows.values() for row in some])
    bureau = rows[min(rows)][0].unit
    for matter, kind, outcome in ask("SELECT id, kind, outcome FROM matter WHERE outcome IS NOT NULL"):
        if kind == "lead" and matter in rows:
            yield from _told_of_the_end(rows[matter], outcome, bureau)
    yield from _told_of_insisting(ask, rows)
    yield from _told_of_corrections(ask, rows, bureau)


def _told_of_steps(rows: Iterable[_Row]) -> Iterator[str]:
    """Yield the notices, and what a unit is told from which a lead was taken."""
    for row in rows:
        if row.step in _NOTICES:
            yield row.key("return" if row.returned else _NOTICES[row.step], row.unit)
        if row.decision == REDIRECTED:
            yield row.key("redirected", row.unit)


def _told_of_the_end(rows: list[_Row], outcome: str, bureau: str) -> Iterator[str]:
    """Yield what whoever worked on a lead is told; the bureau hears of a calling off by its report."""
    kind = "called_off" if outcome in _CALLED_OFF else "closure"
    for unit in _at_work(rows):
        if kind == "closure" or unit != bureau or outcome == Outcome.WITHDRAWN:
            yield rows[-1].key(kind, unit)


def _told_of_insisting(
    ask: Callable[[str], list[tuple[Any, ...]]], rows: dict[int, list[_Row]]
) -> Iterator[str]:
    """Yield the replies to who handed back in vain."""
    for matter, unit in ask(
        "SELECT m.id, p.unit_code FROM matter m JOIN petition p ON p.matter_id = m.id"
        " WHERE m.outcome = 'insisted'"
    ):
        yield rows[matter][-1].key("hand_back_reply", unit)


def _told_of_corrections(
    ask: Callable[[str], list[tuple[Any, ...]]], rows: dict[int, list[_Row]], bureau: str
) -> Iterator[str]:
    """Yield what the units are told that worked on a lead when it was corrected: as the ledger has it."""
    for matter, opened in ask(
        "SELECT m.id, (SELECT count(*) FROM ledgerentry o WHERE o.stream = c.stream AND o.kind = 'assigned'"
        " AND o.sequence < c.sequence) FROM ledgerentry c JOIN matter m ON m.number = c.stream"
        " WHERE c.kind = 'corrected'"
    ):
        till = rows[matter][:opened]
        yield from (till[-1].key("corrected", unit) for unit in _at_work(till) if unit != bureau)


def _at_work(rows: Iterable[_Row]) -> set[str]:
    """Return the units that owe or gave an answer and from which the lead was not taken since."""
    units: set[str] = set()
    for row in rows:
        (units.discard if row.decision == REDIRECTED else units.add)(row.unit)
    return units
