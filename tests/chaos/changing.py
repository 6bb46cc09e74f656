"""What happens to a lead beside its answers: handed back, handed over anew, corrected, called off, merged."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chaos.cases import Case
from chaos.clerk import REFUSED, Clerk
from chaos.journal import CONFLICT
from chaos.plans import Change, LeadPlan

from models.record.entry_kinds import EntryKind
from tasks.conduct.steps import peek_step

_GROUNDS = "经核对职责分工和来文，情况如此。"


@dataclass(frozen=True)
class Changes:
    """Makes the changes of leads, each by its command, until it is known to be stored.

    Attributes:
        clerk: Runs the commands.
        repeated: Yields as often as a person tries again.
        register: Imports leads, and returns a case for each.
        take: Takes over a case.
    """

    clerk: Clerk
    repeated: Callable[[], Iterator[int]]
    register: Callable[[list[LeadPlan]], list[Case]]
    take: Callable[[Case], None]

    def make(self, case: Case, unit: str) -> bool | None:
        """Do what has to be done before the answer that is owed now.

        Returns:
            None where the answer is to be given; else whether anything was done.
        """
        plan = case.plan
        if plan.change is None or case.turn_key != plan.changed_at:
            return None
        if not case.is_changed:
            self._make(case, plan.change, unit)
            case.is_changed = True
            return True
        place = self.clerk.place
        if case.awaits and peek_step(place, case.awaits, place.clock()) is not None:
            return False
        return False if plan.change.is_redirected or plan.change.ends else None

    def _make(self, case: Case, change: Change, unit: str) -> None:
        """Make a change, and take over what comes by it."""
        plan, companion = case.plan, case.plan.companion
        match change:
            case Change.HANDED_ON | Change.INSISTED:
                self._do(case, EntryKind.HANDED_BACK, unit, "hand-back")
                assert companion is not None, f"{case.number}：退办没有计划"
                case.awaits = f"{case.number}-B1"
                self.take(Case(case.awaits, companion, case.proof))
            case Change.REDIRECTED:
                to = ("--to", plan.to, "--cooperating", "财政局")
                self._do(case, EntryKind.REDIRECTED, "", "lead", "redirect", *to)
            case Change.CORRECTED:
                given = ("--facts", f"{plan.facts}（更正）", "--document", f"示例转办〔2026〕{case.number}号")
                self._do(case, EntryKind.CORRECTED, "", "lead", "correct", *given)
            case Change.JOINED:
                assert companion is not None, f"{case.number}：并入的线索没有计划"
                (double,) = self.register([companion])
                double.into, case.awaits = case.number, double.number
                self.take(double)
            case _:
                self._do(case, EntryKind.CALLED_OFF, "", "lead", "call-off", *_because(case, change))

    def _do(self, case: Case, kind: EntryKind, unit: str, *command: str) -> None:
        """Repeat a command until its change is known to be stored, by this command or an earlier one.

        ``unit`` is who hands a lead back; blank means that the bureau acts. A refusal counts as done only
        where the ledger tells of the change: a command that was killed after its commit had made it.
        """
        words = len(command) if command[0] == "hand-back" else 2
        for _ in self.repeated():
            person = self.clerk.journal.name("变更")
            by = ("--by", f"{unit}/{person}") if unit else ("--person", person)
            line = (*command[:words], case.number, *command[words:], "--grounds", _GROUNDS, *by)
            code = self.clerk.change(case.number, kind, person, *line)
            if code == 0 or (code in (CONFLICT, *REFUSED) and self.clerk.is_noted(case.number, kind)):
                return
            assert code not in (CONFLICT, *REFUSED), f"{case.number}：正确的{kind.label}被拒绝（{code}）"


def _because(case: Case, change: Change) -> tuple[str, ...]:
    """Return the options that say why a lead is called off."""
    more = {
        Change.WITHDRAWN: ("--reference", f"示例函〔2026〕{case.number}号"),
        Change.DUPLICATE: ("--into", case.into),
    }
    return ("--because", change.value, *more.get(change, ()))
