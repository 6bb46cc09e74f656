"""Who may answer what, and what an answer must carry before it counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from models.days.moments import read_day, read_moment
from models.days.terms import day_label
from models.errors import ConflictError, RuleViolation
from models.kinds import Step
from models.matters.facts import DEEMED, AssignmentFact
from models.matters.vocabulary import Ruling, Verdict
from models.mechanisms.leads.life_cycle import LeadFacts
from models.mechanisms.leads.vocabulary import Finding
from models.office.directory import Register
from models.office.policy import Policy
from models.office.vocabulary import Role
from models.petitions.facts import PetitionFacts
from models.texts import check_person, check_text, visible

MatterFacts = LeadFacts | PetitionFacts

_LONGEST_TEXT = 20_000
_SEPARATORS = str.maketrans("、，；;", ",,,,")


# Which fields belong to which step, besides the explanation and the evidence.
ANSWER_FIELDS: Mapping[Step, tuple[str, ...]] = {
    Step.TRANSFER: ("authority", "cooperating"),
    Step.RECEIPT: ("signed_at",),
    Step.VERIFY: ("finding", "responsible", "opinion"),
    Step.RECTIFY: ("measures",),
    Step.REVIEW: ("verdict",),
    Step.EXTENSION: ("ruling", "until"),
    Step.PUBLICATION: ("ruling",),
}


@dataclass(frozen=True)
class AnswerDraft:
    """An answer as it was typed, before any rule looked at it; ``at`` is the moment it came in (aware)."""

    step: Step
    unit: str
    person: str
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)
    explanation: str = ""
    evidence_files: int = 0


@dataclass(frozen=True)
class AcceptedAnswer:
    """An answer that satisfies every rule, in stored form."""

    assignment: AssignmentFact
    unit: str
    person: str
    recorded_at: datetime
    effective_at: datetime
    decision: str
    fields: dict[str, str]
    explanation: str


def accept(draft: AnswerDraft, facts: MatterFacts, register: Register) -> AcceptedAnswer:
    """Check an answer against every rule.

    Raises:
        ConflictError: The matter is closed or the step is already answered.
        RuleViolation: The wrong unit, the wrong step, or something owed is missing.
        NotFound: A unit it names is unknown.

    Source: 通知§12(二)–(五).
    """
    assignment = open_assignment(draft.step, facts)
    # A unit that was taken out of the directory still answers for what it owes.
    owing = register.stored(assignment.unit)
    if not owing.is_called(draft.unit):
        unit = register.unit(draft.unit)
        raise RuleViolation(f"本次{draft.step.label}应由{owing.name}反馈，{unit.name}不能代为反馈。")
    person = check_person(draft.person)
    if len(draft.explanation) > _LONGEST_TEXT or any(
        len(text) > _LONGEST_TEXT for text in draft.fields.values()
    ):
        raise RuleViolation("情况说明等文字不得超过20000字，详细内容请作为印证材料提交。")
    for text in (draft.explanation, *draft.fields.values()):
        check_text(text, "填写的内容")
    _check_fields(draft)
    accepted = AcceptedAnswer(
        assignment, owing.code, person, draft.at, draft.at, "", {}, draft.explanation.strip()
    )
    return _CHECKS[draft.step](accepted, draft, facts, register)


def _check_fields(draft: AnswerDraft) -> None:
    """Refuse what this release has no place for: left out in silence it would be lost. Source: ADR-0024."""
    known = ANSWER_FIELDS[draft.step]
    strange = [key for key, text in draft.fields.items() if text.strip() and key not in known]
    if strange:
        raise RuleViolation(
            f"填写的内容中有本版本没有的项目（{'、'.join(strange)}），可能来自另一版本的表单，请按当前表单重新填写。"
        )


def open_assignment(step: Step, facts: MatterFacts) -> AssignmentFact:
    """Return the open assignment of a step.

    Raises:
        ConflictError: The matter is closed, or the step was answered already.
        RuleViolation: Another step is due now.
    """
    if facts.outcome is not None:
        raise ConflictError(f"{_named(facts)}已办结（{facts.outcome.label}），不再接受反馈。")
    current = facts.assignments[-1] if facts.assignments else None
    if current is not None and current.answer is None and current.step is step:
        return current
    if any(a.step is step for a in facts.assignments):
        last = next(a for a in reversed(facts.assignments) if a.step is step)
        if last.answer is not None and last.answer.decision == DEEMED:
            raise ConflictError("签收期限已过，已视为签收，核查期限已开始计算，本次签收未记入。")
        raise ConflictError(f"{_named(facts)}的{step.label}已有反馈，以先到者为准，本次反馈未记入。")
    due = current.step.label if current is not None and current.answer is None else "系统派发下一步"
    raise RuleViolation(f"{_named(facts)}尚未进入{step.label}环节，当前环节：{due}。")


def _named(facts: MatterFacts) -> str:
    """Return what a sentence calls the matter."""
    return f"该{facts.kind.label}" if isinstance(facts, PetitionFacts) else "该线索"


def _check_transfer(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, register: Register
) -> AcceptedAnswer:
    """The bureau names the competent authority and the cooperating units. Source: 通知§12(二), §1(三)."""
    del facts
    authority = register.unit_with(Role.AUTHORITY, draft.fields.get("authority", ""))
    named = draft.fields.get("cooperating", "").translate(_SEPARATORS).split(",")
    cooperating = dict.fromkeys(register.unit(name).code for name in named if name.strip())
    if authority.code in cooperating:
        raise RuleViolation(f"{authority.name}已是主管单位，不必再列为协办单位。")
    return replace(accepted, fields={"authority": authority.code, "cooperating": ",".join(cooperating)})


def _check_receipt(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, register: Register
) -> AcceptedAnswer:
    """The signature lies between the transfer and now, and within the term. Source: ADR-0003."""
    transferred_at = next(
        a.answer.effective_at for a in reversed(facts.assignments) if a.step is Step.TRANSFER and a.answer
    )
    signed_at = draft.at
    if draft.fields.get("signed_at", "").strip():
        hours = register.policy.business_hours
        text = draft.fields["signed_at"]
        signed_at = read_moment(text, "签收时间", hours, not_before=transferred_at, now=draft.at)
    if signed_at < transferred_at:
        raise RuleViolation("签收时间不能早于移交时间，请核对。")
    if signed_at > draft.at:
        raise RuleViolation("签收时间不能晚于当前时间，请核对。")
    if signed_at > accepted.assignment.due_at:
        raise RuleViolation("签收期限已过，按规则自期限届满时视为签收，核查期限已开始计算。")
    return replace(accepted, effective_at=signed_at, fields={"signed_at": signed_at.isoformat()})


def _check_verify(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, register: Register
) -> AcceptedAnswer:
    """The finding, and unless unsubstantiated the responsible unit and an opinion. Source: 通知§12(三)."""
    del facts
    finding = Finding.parse(draft.fields.get("finding", ""), "核查结论")
    fields = {}
    if finding is not Finding.UNSUBSTANTIATED:
        responsible = register.unit_with(Role.RESPONSIBLE, draft.fields.get("responsible", ""))
        fields["responsible"] = responsible.code
        fields["opinion"] = _required(draft, "opinion", "整改意见")
    _check_gate(draft, register.policy)
    return replace(accepted, decision=finding.value, fields=fields)


def _check_rectify(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, register: Register
) -> AcceptedAnswer:
    """The measures taken, with explanation and evidence. Source: 通知§12(四), (五)."""
    del facts
    fields = {"measures": _required(draft, "measures", "整改措施")}
    _check_gate(draft, register.policy)
    return replace(accepted, fields=fields)


def _check_review(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, register: Register
) -> AcceptedAnswer:
    """The bureau accepts, or returns with reasons. Source: ADR-0003."""
    del facts, register
    verdict = Verdict.parse(draft.fields.get("verdict", ""), "验收结论")
    if verdict is Verdict.RETURN and not visible(draft.explanation):
        raise RuleViolation("退回时请写明退回理由，以便单位补正。")
    return replace(accepted, decision=verdict.value)


def _check_extension(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, register: Register
) -> AcceptedAnswer:
    """The approver sets the new date, which neither goes back nor lies behind us. Source: 通知§12(四)."""
    accepted = _check_publication(accepted, draft, facts, register)
    if Ruling(accepted.decision) is Ruling.REJECT or not isinstance(facts, PetitionFacts):
        return accepted
    text = draft.fields.get("until", "").strip()
    until = read_day(text, "批准延至日期") if text or not facts.proposed_on else facts.proposed_on
    earliest = max(facts.due_on, register.policy.day_of(draft.at))
    if until < earliest:
        raise RuleViolation(f"批准延至日期不能早于 {day_label(earliest)}，请核对。")
    return replace(accepted, fields={"until": until.isoformat()})


def _check_publication(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, register: Register
) -> AcceptedAnswer:
    """A person agrees, or declines with reasons. Source: 通知§12(六)."""
    del facts, register
    ruling = Ruling.parse(draft.fields.get("ruling", ""), "审批意见")
    if ruling is Ruling.REJECT and not visible(draft.explanation):
        raise RuleViolation("不同意时请写明理由。")
    return replace(accepted, decision=ruling.value)


def _check_gate(draft: AnswerDraft, policy: Policy) -> None:
    """Refuse an answer without a detailed explanation and complete evidence. Source: 通知§12(五)."""
    least = policy.answer_gate.minimum_explanation_characters
    length = len(visible(draft.explanation))
    if length < least:
        raise RuleViolation(
            f"情况说明过于简单（{length}字），请详细说明，不少于{least}字（{policy.answer_gate.source}）。"
        )
    files = policy.answer_gate.minimum_evidence_files
    if draft.evidence_files < files:
        raise RuleViolation(f"缺少印证材料，请至少提交{files}份文件后再反馈（{policy.answer_gate.source}）。")


def _required(draft: AnswerDraft, key: str, what: str) -> str:
    """Return a field that may not be blank."""
    text = draft.fields.get(key, "").strip()
    if not visible(text):
        raise RuleViolation(f"请填写{what}。")
    return text


_Check = Callable[[AcceptedAnswer, AnswerDraft, MatterFacts, Register], AcceptedAnswer]
_CHECKS: Mapping[Step, _Check] = {
    Step.TRANSFER: _check_transfer,
    Step.RECEIPT: _check_receipt,
    Step.VERIFY: _check_verify,
    Step.RECTIFY: _check_rectify,
    Step.REVIEW: _check_review,
    Step.EXTENSION: _check_extension,
    Step.PUBLICATION: _check_publication,
}


def decision_label(step: Step, decision: str) -> str:
    """Return a stored decision in Chinese; blank where the step has none."""
    match step:
        case Step.VERIFY:
            return Finding(decision).label
        case Step.REVIEW:
            return Verdict(decision).label
        case Step.EXTENSION | Step.PUBLICATION:
            return Ruling(decision).label
        case Step.RECEIPT if decision == DEEMED:
            return "视为签收"
        case _:
            return ""
