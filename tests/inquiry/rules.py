"""What is true of an inquiry: as a mechanism of ``models/mechanisms`` declares it."""

from dataclasses import dataclass
from datetime import datetime

from inquiry.vocabulary import Finding
from models.codes import MatterKind, Outcome, Step
from models.documents.vocabulary import DocumentKind
from models.matters.duties import Duty, Field, Reading
from models.matters.facts import Assign, AssignmentFact, Await, Close, NewPart, NextStep, PartFact
from models.matters.kinds import Kind, Mark
from models.matters.parts import collecting, gather_parts
from models.messages.kinds import MessageKind
from models.office.vocabulary import Role

PLAN = Duty(
    Step.INQUIRY_PLAN,
    Role.BUREAU,
    fields=(
        Field(
            "question", "问询内容", "请各单位答复什么",
            is_required=True, is_column=True, example="是否仍有要求企业提供保证金的规定？",
        ),
        Field(
            "asked", "问询单位", "多个单位用顿号隔开", Reading.UNITS,
            is_required=True, example="ZJJ、XSPJ、SCJG",
        ),
    ),
)  # fmt: skip
GATHER = collecting(Step.INQUIRY_GATHER, Role.BUREAU)
ANSWER = Duty(
    Step.INQUIRY_ANSWER,
    Role.AUTHORITY,
    fields=(
        Field(
            "state", "答复结论", "有无此类情况", Reading.CHOICE,
            choices=Finding, is_required=True, is_column=True,
        ),
    ),
    decides="state",
    explanation=Field("explanation", "情况说明", "逐项说明"),
    is_gated=True,
    notice=MessageKind.TASK,
    document=DocumentKind.TASK_LETTER,
)  # fmt: skip


@dataclass(frozen=True)
class InquiryFacts:
    """Everything an inquiry depends on: who asks, whom, and which parts there are."""

    title: str
    bureau: str
    started_at: datetime
    parts: tuple[PartFact, ...] = ()
    outcome: Outcome | None = None
    assignments: tuple[AssignmentFact, ...] = ()
    kind: MatterKind = MatterKind.INQUIRY


@dataclass(frozen=True)
class ShareFacts:
    """Everything the share of one unit depends on."""

    unit: str
    opened_at: datetime
    outcome: Outcome | None = None
    assignments: tuple[AssignmentFact, ...] = ()
    kind: MatterKind = MatterKind.INQUIRY_SHARE


def next_of_inquiry(facts: InquiryFacts, now: datetime) -> NextStep | None:
    """Decide what happens next: planned, asked, gathered."""
    del now
    if facts.outcome is not None:
        return None
    if not facts.assignments:
        return Assign(Step.INQUIRY_PLAN, facts.bureau, facts.started_at)
    last = facts.assignments[-1]
    match last.step, last.answer:
        case Step.INQUIRY_PLAN, None:
            return Await(last)
        case Step.INQUIRY_PLAN, answer:
            return Assign(Step.INQUIRY_GATHER, facts.bureau, answer.effective_at)
        case _, None:
            asked = facts.assignments[0].answer.fields["asked"].split(",")
            return gather_parts(
                last, facts.parts, [NewPart(MatterKind.INQUIRY_SHARE, code, facts.title) for code in asked]
            )
    return Close(Outcome.GATHERED)


def next_of_share(facts: ShareFacts, now: datetime) -> NextStep | None:
    """Decide what happens next: asked, answered."""
    del now
    if facts.outcome is not None:
        return None
    if not facts.assignments:
        return Assign(Step.INQUIRY_ANSWER, facts.unit, facts.opened_at)
    last = facts.assignments[-1]
    return Await(last) if last.answer is None else Close(Outcome.ANSWERED)


INQUIRIES = Kind(MatterKind.INQUIRY, "问询", (PLAN, GATHER), next_of_inquiry)
SHARES = Kind(MatterKind.INQUIRY_SHARE, "问询分件", (ANSWER,), next_of_share, Mark("F", "分"))
