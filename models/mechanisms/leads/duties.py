"""What is owed while a lead is handled, from its transfer to its review. Source: 通知§12(二)–(五)."""

from dataclasses import replace

from models.codes import MatterKind, Step
from models.days.moments import read_moment
from models.documents.vocabulary import DocumentKind
from models.errors import RuleViolation
from models.matters.duties import Duty, Field, Reading
from models.matters.facts import AcceptedAnswer, AnswerDraft, MatterFacts, last_naming
from models.matters.kinds import Kind
from models.matters.vocabulary import Verdict
from models.mechanisms.leads.life_cycle import next_step
from models.mechanisms.leads.vocabulary import Finding
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.office.vocabulary import Role

_UNSUBSTANTIATED = frozenset({Finding.UNSUBSTANTIATED.value})
_PROVEN = Field("explanation", "情况说明", "详细说明核查或整改情况")


def _check_transfer(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, office: Office
) -> AcceptedAnswer:
    """The competent authority does not work along with itself. Source: 通知§1(三)."""
    del draft, facts
    office.check_apart(accepted.fields["authority"], accepted.fields["cooperating"])
    return accepted


def _check_receipt(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, office: Office
) -> AcceptedAnswer:
    """The signature lies between the transfer and now, and within the term. Source: ADR-0003."""
    transfer, signed_at = last_naming(facts, "authority"), draft.at
    if transfer is None:
        raise RuleViolation("该线索尚未移交，不能签收。")
    if text := accepted.fields["signed_at"]:
        hours, earliest = office.policy.business_hours, transfer.effective_at
        signed_at = read_moment(text, "签收时间", hours, not_before=earliest, now=draft.at)
    if signed_at < transfer.effective_at:
        raise RuleViolation("签收时间不能早于移交时间，请核对。")
    if signed_at > draft.at:
        raise RuleViolation("签收时间不能晚于当前时间，请核对。")
    if signed_at > accepted.assignment.due_at:
        raise RuleViolation("签收期限已过，按规则自期限届满时视为签收，核查期限已开始计算。")
    return replace(accepted, effective_at=signed_at, fields={"signed_at": signed_at.isoformat()})


TRANSFER = Duty(
    Step.TRANSFER,
    Role.BUREAU,
    fields=(
        Field(
            "authority", "主管单位", "线索移交给哪个主管单位", Reading.UNIT,
            role=Role.AUTHORITY, is_required=True,
        ),
        Field("cooperating", "协办单位", "可留空；多个单位用顿号隔开，填简称或代码均可", Reading.UNITS),
    ),
    explanation=Field("explanation", "移交说明", "可留空"),
    check=_check_transfer,
)  # fmt: skip
# The transfer is the bureau's own; the authority is written to when the receipt is owed.
RECEIPT = Duty(
    Step.RECEIPT,
    Role.AUTHORITY,
    fields=(
        Field(
            "signed_at", "签收时间", "如 2026-11-27 或 2026-11-27 15:30；留空为现在", Reading.MOMENT
        ),
    ),
    check=_check_receipt,
    notice=MessageKind.TRANSFER,
    document=DocumentKind.TRANSFER_LETTER,
    copies="cooperating",
    reminder=MessageKind.RECEIPT_REMINDER,
    lapse="视为签收",
    lapsed="签收期限已过，已视为签收，核查期限已开始计算，本次签收未记入。",
    may_be_handed_back=True,
)  # fmt: skip
VERIFY = Duty(
    Step.VERIFY,
    Role.AUTHORITY,
    fields=(
        Field(
            "finding", "核查结论", "属实、部分属实或不属实", Reading.CHOICE,
            choices=Finding, is_required=True, is_column=True,
        ),
        Field(
            "responsible", "责任单位", "不属实时选“无”", Reading.UNIT,
            role=Role.RESPONSIBLE, is_required=True, not_with=_UNSUBSTANTIATED,
        ),
        Field(
            "opinion", "整改意见", "不属实时留空",
            is_required=True, not_with=_UNSUBSTANTIATED, is_column=True,
            example="停止执行有关规定，限期废止文件。",
        ),
    ),
    decides="finding",
    explanation=_PROVEN,
    is_gated=True,
    notice=MessageKind.VERIFY,
    may_be_handed_back=True,
)  # fmt: skip
RECTIFY = Duty(
    Step.RECTIFY,
    Role.RESPONSIBLE,
    fields=(
        Field(
            "measures", "整改措施", "采取了哪些措施",
            is_required=True, is_column=True, example="已废止有关文件，并向社会公布。",
        ),
    ),
    explanation=_PROVEN,
    is_gated=True,
    notice=MessageKind.RECTIFY,
    document=DocumentKind.RECTIFICATION_NOTICE,
)  # fmt: skip
# Source: house rule, ADR-0003. The review is the bureau's own: it sees it in its list.
REVIEW = Duty(
    Step.REVIEW,
    Role.BUREAU,
    fields=(
        Field(
            "verdict", "验收结论", "通过即销号，退回则由原单位重新反馈", Reading.CHOICE,
            choices=Verdict, is_required=True,
        ),
    ),
    decides="verdict",
    explanation=Field("explanation", "意见", "退回时必须写明理由"),
    reasons={Verdict.RETURN: "退回时请写明退回理由，以便单位补正。"},
)  # fmt: skip
LEADS = Kind(MatterKind.LEAD, "线索", (TRANSFER, RECEIPT, VERIFY, RECTIFY, REVIEW), next_step)
