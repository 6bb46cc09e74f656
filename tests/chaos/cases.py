"""A lead in somebody's hands, and the form of the Prefect UI as one of the two ways to answer it."""

import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from chaos.clerk import Clerk
from chaos.plans import LeadPlan, Manner, Turn, flawed

from models.matters.facts import AssignmentFact
from tasks.conduct.waits import shown_form

# Whoever filled in a form, or found none to fill in, takes to the command line after so long.
_PATIENCE_SECONDS = 30.0
# A form that was not accepted is tried again after so long.
_PAUSE_SECONDS = 1.0


@dataclass
class Case:
    """A lead in the hands of one person, and what belongs to the answer that is owed now.

    ``awaits`` is the number of what has to end before it goes on, ``into`` that of the lead it goes into.
    """

    number: str
    plan: LeadPlan
    proof: Path
    evidence: str = ""
    turn_key: tuple[str, int] = ("", 0)
    was_flawed: bool = False
    sent_form: str = ""
    patient_until: float = 0.0
    try_form_at: float = 0.0
    is_changed: bool = False
    awaits: str = ""
    into: str = ""

    def turn_for(self, owed: AssignmentFact) -> Turn:
        """Return the planned answer to what is owed; another than before starts afresh."""
        key = (owed.step.value, owed.round)
        turn = next((each for each in self.plan.turns if each.key == key), None)
        assert turn is not None, f"{self.number}：{owed.step.label}第{owed.round}次不在计划之内"
        if key != self.turn_key:
            self.turn_key, self.was_flawed, self.sent_form = key, False, ""
            self.patient_until = time.monotonic() + _PATIENCE_SECONDS
        return turn

    @property
    def tired_of_forms(self) -> bool:
        """Whether the form took too long to be shown or to be taken in."""
        return time.monotonic() > self.patient_until


def fill_form(clerk: Clerk, case: Case, turn: Turn, rng: Random) -> bool:
    """Fill in the form that is shown for an answer, first a flawed one where the plan says so.

    What is sent may be lost with Prefect's database, or be overtaken by a new run: then a form with
    another key is shown, and it is filled in again.

    Returns:
        Whether anything was done; False where no form waits to be filled in.
    """
    shown = shown_form(clerk.place, case.number)
    if shown is None or shown.key == case.sent_form or time.monotonic() < case.try_form_at:
        return False
    if (shown.assignment.step.value, shown.assignment.round) != turn.key:
        return False
    if turn.proven and not case.evidence:
        case.evidence = clerk.upload(case.number, case.proof)
        return True
    wrong = turn.manner is Manner.CORRECTED and not case.was_flawed
    filled = _filled(flawed(turn, rng) if wrong else turn, case)
    filled["person"] = clerk.journal.name("误填" if wrong else "填表")
    accepted = clerk.victim.resume(shown.flow_run_id, filled)
    clerk.journal.tell("表单", accepted, case.number, shown.key, filled["person"])
    if not accepted:
        case.try_form_at = time.monotonic() + _PAUSE_SECONDS
        return False
    case.sent_form, case.was_flawed = shown.key, case.was_flawed or wrong
    case.patient_until = time.monotonic() + _PATIENCE_SECONDS
    return True


def _filled(turn: Turn, case: Case) -> dict[str, str]:
    """Return the fields of the form as a browser sends them."""
    explanation = {"explanation": turn.explanation} if turn.explanation else {}
    evidence = {"evidence": case.evidence} if turn.proven else {}
    return {**turn.fields, **explanation, **evidence}
