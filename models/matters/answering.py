"""Who may answer what, and what an answer must carry before it counts."""

from models.codes import Step
from models.errors import ConflictError, RuleViolation
from models.matters.duties import Duty
from models.matters.facts import DEEMED, REDIRECTED, AcceptedAnswer, AnswerDraft, AssignmentFact, MatterFacts
from models.matters.kinds import Kind
from models.office.directory import Office
from models.office.policy import Policy
from models.texts import check_person, check_text, visible

_LONGEST_TEXT = 20_000


def accept(draft: AnswerDraft, facts: MatterFacts, kind: Kind, office: Office) -> AcceptedAnswer:
    """Check an answer against every rule.

    Args:
        draft: The answer.
        facts: The matter.
        kind: Its kind, which declares what is owed.
        office: The directory and the policy.

    Raises:
        ConflictError: The matter is closed or the step is already answered.
        RuleViolation: The wrong unit, the wrong step, or something owed is missing.
        NotFound: A unit it names is unknown.

    Source: 通知§12(二)–(五).
    """
    assignment = open_assignment(draft.step, facts, kind)
    duty = kind.duty(draft.step)
    # A unit that was taken out of the directory still answers for what it owes.
    owing = office.stored(assignment.unit)
    if owing not in office.named(draft.unit):
        unit = office.unit(draft.unit)
        raise RuleViolation(f"本次{draft.step.label}应由{owing.name}反馈，{unit.name}不能代为反馈。")
    person = check_person(draft.person)
    _check_texts(draft)
    _check_keys(draft, duty)
    decision, fields = _read(draft, duty, office)
    accepted = AcceptedAnswer(
        assignment, owing.code, person, draft.at, draft.at, decision, fields, draft.explanation.strip()
    )
    accepted = duty.check(accepted, draft, facts, office)
    if duty.is_gated:
        _check_gate(draft, office.policy)
    return accepted


def _check_texts(draft: AnswerDraft) -> None:
    """Refuse texts that are too long or cannot be stored."""
    texts = (draft.explanation, *draft.fields.values())
    if any(len(text) > _LONGEST_TEXT for text in texts):
        raise RuleViolation("情况说明等文字不得超过20000字，详细内容请作为印证材料提交。")
    for text in texts:
        check_text(text, "填写的内容")


def _check_keys(draft: AnswerDraft, duty: Duty) -> None:
    """Refuse what this release has no place for: left out in silence it would be lost. Source: ADR-0024."""
    strange = [key for key, text in draft.fields.items() if text.strip() and key not in duty.keys]
    if strange:
        raise RuleViolation(
            f"填写的内容中有本版本没有的项目（{'、'.join(strange)}），可能来自另一版本的表单，请按当前表单重新填写。"
        )


def _read(draft: AnswerDraft, duty: Duty, office: Office) -> tuple[str, dict[str, str]]:
    """Return the decision of an answer, blank where its duty has none, and its other fields as stored."""
    given = draft.fields
    decision = duty.deciding.read(given.get(duty.decides, ""), office) if duty.deciding is not None else ""
    if decision in duty.reasons and not visible(draft.explanation):
        raise RuleViolation(duty.reasons[decision])
    fields = {each.key: each.read(given.get(each.key, ""), office) for each in duty.stored_fields(decision)}
    return decision, fields


def open_assignment(step: Step, facts: MatterFacts, kind: Kind) -> AssignmentFact:
    """Return the open assignment of a step.

    Raises:
        ConflictError: The matter is closed, or the step was answered already.
        RuleViolation: Another step is due now.
    """
    if facts.outcome is not None:
        raise ConflictError(f"该{kind.called}已办结（{facts.outcome.label}），不再接受反馈。")
    current = facts.assignments[-1] if facts.assignments else None
    if current is not None and current.answer is None and current.step is step:
        if current.paused:
            raise RuleViolation(f"移交函已撤回，{kind.called}待重新移交，{step.label}暂不接受反馈。")
        return current
    if any(a.step is step for a in facts.assignments):
        last = next(a for a in reversed(facts.assignments) if a.step is step)
        if last.answer is not None and last.answer.decision == DEEMED:
            raise ConflictError(kind.duty(step).lapsed)
        if last.answer is not None and last.answer.decision == REDIRECTED:
            raise ConflictError(f"该{kind.called}已改派其他单位办理，本次反馈未记入。")
        raise ConflictError(f"该{kind.called}的{step.label}已有反馈，以先到者为准，本次反馈未记入。")
    due = current.step.label if current is not None and current.answer is None else "系统派发下一步"
    raise RuleViolation(f"该{kind.called}尚未进入{step.label}环节，当前环节：{due}。")


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
