"""Handing back (退办): a unit says that a matter is not its own; the bureau hands it to another, or insists.

A second refusal of the same matter, by another unit, is for the head of the bureau. Source: house rule,
ADR-0030.
"""

from dataclasses import dataclass
from datetime import datetime

from models.codes import MatterKind, Outcome, Step
from models.errors import ConflictError, RuleViolation
from models.ladder.vocabulary import Recipient
from models.matters.duties import Duty, Field, Reading
from models.matters.facts import (
    REDIRECTED,
    AcceptedAnswer,
    AnswerDraft,
    AssignmentFact,
    MatterFacts,
    NextStep,
)
from models.matters.kinds import Kind, Mark
from models.matters.vocabulary import Assigning
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.office.vocabulary import Role
from models.petitions.facts import PetitionFacts
from models.petitions.rulings import next_of_petition
from models.texts import check_person, required_text

_LONGEST_GROUNDS = 2_000


_INSISTED = frozenset({Assigning.INSIST.value})
OUTCOMES = {Assigning.REDIRECT.value: Outcome.HANDED_ON, Assigning.INSIST.value: Outcome.INSISTED}


def _check(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, office: Office
) -> AcceptedAnswer:
    """It is handed to another unit than the one that handed it back."""
    del draft
    authority = accepted.fields.get("authority", "")
    if not authority or not isinstance(facts, PetitionFacts):
        return accepted
    if authority == facts.asked_by:
        raise RuleViolation(
            f"{office.stored(authority).name}正是提出退办的单位；仍由其办理的，请选“维持”并写明理由。"
        )
    office.check_apart(authority, accepted.fields["cooperating"])
    return accepted


FIELDS = (
    Field(
        "assigning", "退办意见", "改派其他单位，或维持由原单位办理", Reading.CHOICE,
        choices=Assigning, is_required=True,
    ),
    Field(
        "authority", "改派单位", "维持时选“无”", Reading.UNIT,
        role=Role.AUTHORITY, is_required=True, not_with=_INSISTED,
    ),
    Field(
        "cooperating", "协办单位", "可留空；多个单位用顿号隔开，填简称或代码均可", Reading.UNITS,
        not_with=_INSISTED,
    ),
)  # fmt: skip
_REASON = Field("explanation", "意见", "维持时必须写明理由，将告知该单位")
HAND_BACK = Duty(
    Step.HAND_BACK,
    Role.BUREAU,
    fields=FIELDS,
    decides="assigning",
    explanation=_REASON,
    reasons={Assigning.INSIST: "维持原单位办理时请写明理由，将告知该单位。"},
    check=_check,
    notice=MessageKind.HAND_BACK,
)
SECOND_HAND_BACK = Duty(
    Step.SECOND_HAND_BACK,
    Role.BUREAU,
    fields=FIELDS,
    decides="assigning",
    explanation=_REASON,
    reasons={Assigning.INSIST: "维持原单位办理时请写明理由，将告知该单位。"},
    check=_check,
    notice=MessageKind.HAND_BACK,
    told=Recipient.LEADER,
)


def next_of_hand_back(facts: PetitionFacts, now: datetime) -> NextStep | None:
    """Decide what happens next with what was handed back; see ``next_of_petition``."""
    return next_of_petition(SECOND_HAND_BACK if facts.is_second else HAND_BACK, OUTCOMES, facts, now)


HAND_BACKS = Kind(
    MatterKind.HAND_BACK,
    "退办申请",
    (HAND_BACK, SECOND_HAND_BACK),
    next_of_hand_back,
    Mark("B", "退办"),
)


@dataclass(frozen=True)
class HandBackDraft:
    """What a unit says that hands a matter back; ``at`` is the moment it came in (aware)."""

    unit: str
    person: str
    at: datetime
    grounds: str


@dataclass(frozen=True)
class AcceptedHandBack:
    """A handing back that satisfies every rule; ``holds``: the overdue rungs wait for the decision."""

    assignment: AssignmentFact
    unit: str
    person: str
    grounds: str
    holds: bool


def accept_hand_back(
    draft: HandBackDraft, facts: MatterFacts, kind: Kind, office: Office
) -> AcceptedHandBack:
    """Check a handing back against every rule.

    Args:
        draft: What the unit says.
        facts: The matter.
        kind: Its kind, which says what may be handed back.
        office: The directory and the policy.

    Raises:
        ConflictError: The matter is closed, or the unit has told what it found.
        RuleViolation: Nothing that may be handed back is owed, another unit owes it, or grounds are missing.
        NotFound: The unit is unknown.

    Source: house rule, ADR-0030.
    """
    if facts.outcome is not None:
        raise ConflictError(f"该{kind.called}已办结（{facts.outcome.label}），不能退办。")
    current = facts.assignments[-1] if facts.assignments else None
    if current is None or current.answer is not None or not kind.duty(current.step).may_be_handed_back:
        step = current.step.label if current and current.answer is None else "系统派发下一步"
        steps = "、".join(duty.step.label for duty in kind.duties if duty.may_be_handed_back)
        raise RuleViolation(f"只有{steps}环节可以退办，该{kind.called}当前环节：{step}。")
    owing = office.stored(current.unit)
    if owing not in office.named(draft.unit):
        unit = office.unit(draft.unit)
        raise RuleViolation(f"该{kind.called}现由{owing.name}办理，{unit.name}不能退办。")
    if current.paused:
        raise RuleViolation(f"移交函已撤回，{kind.called}待重新移交，不必退办。")
    if any(_is_found(each, kind) for each in facts.assignments if each.unit == current.unit):
        raise ConflictError(f"{owing.name}已反馈过办理结果，不能再退办；有异议的请与发展改革部门联系。")
    person = check_person(draft.person)
    grounds = required_text(draft.grounds, "退办理由", _LONGEST_GROUNDS)
    return AcceptedHandBack(current, owing.code, person, grounds, holds=draft.at <= current.due_at)


def _is_found(assignment: AssignmentFact, kind: Kind) -> bool:
    """Tell whether a unit has said what it found; a signature says nothing, and a task may be taken away."""
    answer = assignment.answer
    return answer is not None and answer.decision != REDIRECTED and kind.duty(assignment.step).is_gated
