"""Petitions (请示): what is put before a person to decide about something a unit owes.

An extension is asked for by the competent authority and decided by the approver (通知§12(四)). A circular
is drafted when its rung has come and published only after the bureau agrees (通知§12(六)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from models.days.moments import read_day
from models.days.terms import day_label
from models.errors import ConflictError, RuleViolation
from models.kinds import MatterKind, Outcome, Step
from models.matters.facts import Assign, AssignmentFact, Await, Close, NextStep
from models.matters.vocabulary import Ruling
from models.mechanisms.answering import MatterFacts, open_assignment
from models.mechanisms.leads.life_cycle import LeadFacts, next_step
from models.office.directory import Register
from models.petitions.facts import PetitionFacts
from models.texts import check_person, check_text, visible

_LONGEST_GROUNDS = 2_000
_STEPS = {MatterKind.EXTENSION: Step.EXTENSION, MatterKind.CIRCULAR: Step.PUBLICATION}
_OUTCOMES: Mapping[MatterKind, Mapping[Ruling, Outcome]] = {
    MatterKind.EXTENSION: {Ruling.APPROVE: Outcome.EXTENDED, Ruling.REJECT: Outcome.NOT_EXTENDED},
    MatterKind.CIRCULAR: {Ruling.APPROVE: Outcome.PUBLISHED, Ruling.REJECT: Outcome.WITHHELD},
}


def next_of(facts: MatterFacts, now: datetime) -> NextStep | None:
    """Decide what happens next with a matter of any kind; see ``next_step``.

    A petition is one assignment: the decider owes a ruling, and with it the matter is closed.
    """
    if isinstance(facts, LeadFacts):
        return next_step(facts, now)
    if facts.outcome is not None:
        return None
    if not facts.assignments:
        return Assign(_STEPS[facts.kind], facts.decider, facts.raised_at)
    last = facts.assignments[-1]
    return Await(last) if last.answer is None else Close(outcome_of(facts, Ruling(last.answer.decision)))


def outcome_of(facts: PetitionFacts, ruling: Ruling) -> Outcome:
    """Return how a petition ends by a ruling."""
    return _OUTCOMES[facts.kind][ruling]


@dataclass(frozen=True)
class ExtensionDraft:
    """A request for an extension as it was typed; ``at`` is the moment it came in (aware).

    ``until`` is the proposed date, ``files`` counts the files of the written request.
    """

    unit: str
    person: str
    at: datetime
    until: str
    grounds: str
    files: int


@dataclass(frozen=True)
class AcceptedExtension:
    """A request that satisfies every rule, in stored form."""

    assignment: AssignmentFact
    unit: str
    person: str
    until: date
    grounds: str


def accept_extension(draft: ExtensionDraft, facts: LeadFacts, register: Register) -> AcceptedExtension:
    """Check a request for an extension against every rule.

    Raises:
        ConflictError: The lead is closed, or the rectification was answered.
        RuleViolation: Another step is due, the term has run out, the wrong unit asks, something is missing.
        NotFound: The unit is unknown.

    Source: 通知§12(四).
    """
    if facts.outcome is not None:
        raise ConflictError(f"该线索已办结（{facts.outcome.label}），不再受理延期申请。")
    current = facts.assignments[-1] if facts.assignments else None
    if current is None or current.answer is not None or current.step is not Step.RECTIFY:
        step = current.step.label if current and current.answer is None else "系统派发下一步"
        raise RuleViolation(f"只有整改环节可以申请延期，该线索当前环节：{step}。")
    assignment = open_assignment(Step.RECTIFY, facts)
    policy = register.policy
    due_on = policy.day_of(assignment.due_at)
    if draft.at > assignment.due_at:
        raise RuleViolation(
            f"整改期限已于 {day_label(due_on)} 届满，延期应在届满前提出，本次申请未受理"
            f"（{policy.terms.extension.source}）。"
        )
    transfer = next(a.answer for a in reversed(facts.assignments) if a.step is Step.TRANSFER and a.answer)
    authority = register.stored(transfer.fields["authority"])
    if not authority.is_called(draft.unit):
        unit = register.unit(draft.unit)
        raise RuleViolation(f"延期应由主管单位{authority.name}提出，{unit.name}不能提出。")
    check_person(draft.person)
    _check_grounds(draft)
    until = read_day(draft.until, "拟延至日期")
    if until <= due_on:
        raise RuleViolation(f"拟延至日期应晚于现到期日 {day_label(due_on)}，请核对。")
    return AcceptedExtension(assignment, authority.code, draft.person.strip(), until, draft.grounds.strip())


def _check_grounds(draft: ExtensionDraft) -> None:
    """An extension is asked for in writing, with grounds. Source: 通知§12(四)."""
    if not visible(draft.grounds):
        raise RuleViolation("请写明不能按期完成整改的原因。")
    if len(draft.grounds) > _LONGEST_GROUNDS:
        raise RuleViolation(f"延期原因不得超过{_LONGEST_GROUNDS}字，详细内容请写入申请文件。")
    check_text(draft.grounds, "填写的内容")
    if draft.files < 1:
        raise RuleViolation("延期应提出书面申请，请附上申请文件（通知§12(四)）。")
