"""Extensions (延期): asked for in writing by the competent authority, decided by the approver.

Source: 通知§12(四).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from models.codes import MatterKind, Outcome, Step
from models.days.moments import read_day
from models.days.terms import day_label
from models.errors import ConflictError, RuleViolation
from models.matters.duties import Duty, Field, Reading
from models.matters.facts import AcceptedAnswer, AnswerDraft, AssignmentFact, MatterFacts, last_naming
from models.matters.kinds import Kind, Mark
from models.matters.vocabulary import Ruling
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.office.vocabulary import Role
from models.petitions.facts import PetitionFacts
from models.petitions.rulings import REASON, REASONS, next_of_petition, ruling_field
from models.texts import check_person, check_text, visible

_LONGEST_GROUNDS = 2_000


def _check_until(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, office: Office
) -> AcceptedAnswer:
    """The approver sets the new date, which neither goes back nor lies behind us."""
    if "until" not in accepted.fields or not isinstance(facts, PetitionFacts):
        return accepted
    text = accepted.fields["until"]
    until = read_day(text, "批准延至日期") if text or not facts.proposed_on else facts.proposed_on
    # A day whose last moment has passed lies behind us too: what ended then would be overdue at its birth.
    today = office.policy.day_of(draft.at)
    is_over = office.policy.deadline(today) <= draft.at
    earliest = max(facts.due_on, today + timedelta(days=int(is_over)))
    if until < earliest:
        raise RuleViolation(f"批准延至日期不能早于 {day_label(earliest)}，请核对。")
    return replace(accepted, fields={"until": until.isoformat()})


EXTENSION = Duty(
    Step.EXTENSION,
    Role.APPROVER,
    fields=(
        ruling_field("同意或不同意延期"),
        Field(
            "until", "批准延至日期", "如 2026-12-11；留空为申请的日期", Reading.DAY,
            not_with=frozenset({Ruling.REJECT.value}),
        ),
    ),
    decides="ruling",
    explanation=REASON,
    reasons=REASONS,
    check=_check_until,
    notice=MessageKind.EXTENSION_REQUEST,
)  # fmt: skip
OUTCOMES = {Ruling.APPROVE.value: Outcome.EXTENDED, Ruling.REJECT.value: Outcome.NOT_EXTENDED}
EXTENSIONS = Kind(
    MatterKind.EXTENSION,
    "延期申请",
    (EXTENSION,),
    partial(next_of_petition, EXTENSION, OUTCOMES),
    Mark("Y", "延期"),
)


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


def accept_extension(draft: ExtensionDraft, facts: MatterFacts, office: Office) -> AcceptedExtension:
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
    assignment = current
    policy = office.policy
    due_on = policy.day_of(assignment.due_at)
    if draft.at > assignment.due_at:
        raise RuleViolation(
            f"整改期限已于 {day_label(due_on)} 届满，延期应在届满前提出，本次申请未受理"
            f"（{policy.terms.extension.source}）。"
        )
    handed = last_naming(facts, "authority")
    # Where the authority was abolished, its successor asks.
    authority = office.heir(handed.fields["authority"] if handed else assignment.unit)
    if authority not in office.named(draft.unit):
        unit = office.unit(draft.unit)
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
