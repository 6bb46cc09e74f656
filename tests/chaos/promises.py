"""What must hold of leads that were handed back, handed over anew, corrected, called off or merged."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from chaos.journal import Journal, Promise
from chaos.plans import Change, LeadPlan

from models.codes import Outcome
from models.record.entry_kinds import EntryKind

Ask = Callable[[str], list[tuple[Any, ...]]]
_OUTCOMES = {
    Change.WITHDRAWN: Outcome.WITHDRAWN,
    Change.MISTAKEN: Outcome.MISTAKEN,
    Change.DUPLICATE: Outcome.MERGED,
}
_NOTED = {
    Change.HANDED_ON: {EntryKind.HANDED_BACK, EntryKind.REDIRECTED},
    Change.INSISTED: {EntryKind.HANDED_BACK, EntryKind.HAND_BACK_REFUSED},
    Change.REDIRECTED: {EntryKind.REDIRECTED},
    Change.CORRECTED: {EntryKind.CORRECTED},
    Change.WITHDRAWN: {EntryKind.CALLED_OFF},
    Change.MISTAKEN: {EntryKind.CALLED_OFF},
    Change.JOINED: {EntryKind.MERGED},
    Change.DUPLICATE: {EntryKind.CALLED_OFF},
}
_KINDS = sorted({kind.value for kinds in _NOTED.values() for kind in kinds})
_CHANGES = "', '".join(_KINDS)


def wrong_changes(ask: Ask, plans: list[LeadPlan]) -> list[str]:
    """Return the leads whose changes are not noted exactly once each, or beside the plan."""
    found: dict[str, Counter[str]] = {}
    for title, kind in ask(
        "SELECT m.title, e.kind FROM ledgerentry e JOIN matter m ON m.number = e.stream"
        f" WHERE m.kind = 'lead' AND e.kind IN ('{_CHANGES}')"
    ):
        found.setdefault(title, Counter())[kind] += 1
    wanted = {
        plan.title: Counter(kind.value for kind in _NOTED[plan.change])
        for plan in plans
        if plan.change is not None
    }
    return [
        f"{title} 应记{dict(wanted.get(title, {}))} 实记{dict(found.get(title, {}))}"
        for title in sorted(wanted.keys() | found.keys())
        if wanted.get(title) != found.get(title)
    ]


def wrong_ends(ask: Ask, plans: list[LeadPlan]) -> list[str]:
    """Return the leads that were called off and did not stay so, or ended so without having been."""
    ends = dict(ask("SELECT title, outcome FROM matter WHERE kind = 'lead'"))
    joined = dict(
        ask("SELECT m.title, t.title FROM lead l JOIN matter m ON m.id = l.matter_id"
            " JOIN matter t ON t.id = l.merged_into_id")
    )  # fmt: skip
    wrong = []
    for plan in (each for each in plans if each.title in ends):
        wanted = _OUTCOMES.get(plan.change) if plan.change is not None else None
        if (wanted is None and ends[plan.title] in set(_OUTCOMES.values())) or (
            wanted is not None and ends[plan.title] != wanted
        ):
            wrong.append(f"{plan.title} 结果为{ends[plan.title]}")
    into = {
        plan.companion.title: plan.title for plan in plans if plan.change is Change.JOINED and plan.companion
    }
    wrong += [f"{title} 并入{joined.get(title)}" for title in into if joined.get(title) != into[title]]
    return wrong


def wrong_letters(ask: Ask) -> list[str]:
    """Return the leads that do not have one letter in force, the last one, with each other withdrawn once."""
    withdrawn = Counter(
        number for (number,) in ask("SELECT stream FROM ledgerentry WHERE kind = 'document_withdrawn'")
    )
    letters: dict[str, list[str]] = {}
    for number, status in ask(
        "SELECT m.number, d.status FROM document d JOIN matter m ON m.id = d.matter_id"
        " WHERE d.kind = 'transfer_letter' ORDER BY d.id"
    ):
        letters.setdefault(number, []).append(status)
    return [
        f"{number} 移交函{found}，撤回{withdrawn[number]}次"
        for number, found in letters.items()
        if found != ["withdrawn"] * (len(found) - 1) + ["issued"] or withdrawn[number] != len(found) - 1
    ]


def broken_promises(ask: Ask, journal: Journal) -> list[str]:
    """Return what a command told somebody about a change, and the ledger does not bear out."""
    noted = {
        (number, kind, actor.rpartition(" ")[2])
        for number, kind, actor in ask("SELECT stream, kind, actor FROM ledgerentry")
    }

    def stands(promise: Promise) -> bool:
        return (promise.number, promise.kind, promise.person) in noted

    # What was killed may have been stored or not; whatever came to its end said which.
    broken = [each for each in journal.promises if each.code is not None and stands(each) != (each.code == 0)]
    return [f"{each.number} {each.kind} {each.person} 命令得知{each.code}，台账不符" for each in broken]
