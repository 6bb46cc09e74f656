"""The kinds of messages, and which values the templates of messages and documents may speak of.

An office writes templates of its own. What is declared here is what they are tried with before anything
starts, and what the writers of messages hand to them: nothing more, nothing less. Source: ADR-0026.
"""

from collections.abc import Mapping
from typing import Self

from models.documents.vocabulary import DocumentKind
from models.labels import Labelled

# How a matter is named, and what is true of any, for one recipient; ``tasks.messages.values`` gives them.
# ``unit`` is what own templates of earlier releases call the addressee, and on a rung whoever owes.
_NAMED = frozenset({"number", "printed_number", "title", "what", "called", "headline"})
_MATTER = _NAMED | {
    "facts", "notice", "document", "office", "addressee", "unit", "step", "due", "closes", "clock_start",
    "term", "basis", "content", "minimum", "reasons", "outcome", "closed_at",
}  # fmt: skip
# What is stored of a lead besides.
_LEAD = _MATTER | {
    "verify_term", "source", "cooperating", "finding", "authority", "verify_explanation", "responsible",
    "measures", "rectify_explanation", "opinion",
}  # fmt: skip
# What is put before somebody, and what it is about.
_ABOUT = frozenset({"asked_by", "owing", "about_step", "about_due", "proposed", "text"})
_PETITION = _LEAD | _ABOUT
_CONSULTATION = _LEAD | {"question", "reply_by"}
_REPLY = _PETITION | {"approved", "before", "after", "ruling", "decided_by"}
# Why a lead is called off, and on what it rests.
_CALLED_OFF = _LEAD | {"reference"}
# A rung of the ladder; ``tasks.ladder.rung_messages`` gives them.
_RUNG = _NAMED | {
    "owing", "unit", "addressee", "step", "due", "closes", "clock_start", "term", "as_of", "further", "late",
    "basis", "opened_at", "rung_basis", "grounds", "sent", "why",
}  # fmt: skip
_RUNG_MESSAGE = _RUNG | {"document"}
_RUNG_DOCUMENT = _RUNG | {"facts", "notice", "issuer"}
# What the bureau is told of many things at once.
_TO_BUREAU = frozenset({"addressee", "unit", "count", "lines"})
# What did not reach somebody; ``unit`` and ``lead`` are what own templates call ``recipient`` and ``matter``.
_GIVEN_UP = frozenset({
    "addressee", "recipient", "unit", "told", "body", "attempts", "reason", "message", "matter", "lead",
    "document",
})  # fmt: skip
_WORDING_FAULT = frozenset({"addressee", "template", "written", "reason", "replaced", "matter"})
_UNPRINTABLE = frozenset({
    "addressee", "written", "document", "recipient", "printed_number", "title", "characters",
})  # fmt: skip


class MessageKind(Labelled):
    """A kind of message and the values its template may speak of; its template bears its code."""

    values: frozenset[str]

    def __new__(cls, code: str, label: str = "", values: frozenset[str] = frozenset()) -> Self:
        """Keep what the template may speak of beside code and label; see ``Labelled``."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label, member.values = label, values
        return member

    # What any mechanism may send without a template of its own; it declares a kind where it says more.
    TASK = "task", "交办", _MATTER
    TRANSFER = "transfer", "移交", _LEAD
    VERIFY = "verify", "核查", _LEAD
    RECTIFY = "rectify", "整改", _LEAD
    RETURN = "return", "退回", _MATTER
    CLOSURE = "closure", "办结", _LEAD
    RELEASE = "release", "不再要求反馈", _MATTER
    SUCCESSION = "succession", "承继", _MATTER | {"handover"}
    DUE_MOVED = "due_moved", "期限调整", _MATTER
    CONSULTATION = "consultation", "征询", _CONSULTATION
    EXTENSION_REQUEST = "extension_request", "延期审批", _PETITION
    EXTENSION_REPLY = "extension_reply", "延期答复", _REPLY
    CIRCULAR_DRAFT = "circular_draft", "通报审批", _MATTER | _ABOUT
    RECEIPT_REMINDER = "receipt_reminder", "提醒签收", _RUNG_MESSAGE
    REMIND = "remind", "提醒", _RUNG_MESSAGE
    DUE_TODAY = "due_today", "当日提醒", _RUNG_MESSAGE
    URGE = "urge", "催办", _RUNG_MESSAGE
    SUPERVISE = "supervise", "督办", _RUNG_MESSAGE
    REPORT = "report", "报告市政府", _RUNG_MESSAGE
    CIRCULAR = "circular", "通报", _RUNG_MESSAGE
    HAND_BACK = "hand_back", "退办申请", _MATTER | _ABOUT
    HAND_BACK_REPLY = "hand_back_reply", "退办答复", _MATTER | _ABOUT
    REDIRECTED = "redirected", "改派", _MATTER | {"withdrawn", "handed_to"}
    CORRECTED = "corrected", "更正", _MATTER | {"changes"}
    CALLED_OFF = "called_off", "终止办理", _CALLED_OFF
    LOOK_BACK = "look_back", "回头看", _LEAD | {"first", "first_closed"}
    ARCHIVE_REVIEW = "archive_review", "档案审核", frozenset({"addressee", "count", "lines", "basis"})
    CASE_COLLECTION = "case_collection", "案例报送", frozenset({"addressee", "months", "office", "basis"})
    CALENDAR_MISSING = "calendar_missing", "放假安排", _TO_BUREAU | {"years"}
    ENDED_UNIT = "ended_unit", "停用单位", _TO_BUREAU | {"owing"}
    FILE_FAULT = "file_fault", "文件异常", _TO_BUREAU
    GIVEN_UP = "given_up", "未送出", _GIVEN_UP
    WORDING_FAULT = "wording_fault", "模板异常", _WORDING_FAULT
    UNPRINTABLE = "unprintable", "公文缺字", _UNPRINTABLE


# What the HTML form of a message of any kind may speak of.
MAIL_VALUES = frozenset({"subject", "body", "lines", "document"})

# A circular goes out in the words of its message.
DOCUMENT_VALUES: Mapping[DocumentKind, frozenset[str]] = {
    DocumentKind.TASK_LETTER: _MATTER | {"issuer", "approver"},
    DocumentKind.SUCCESSION_LETTER: _MATTER | {"issuer", "handover"},
    DocumentKind.TRANSFER_LETTER: _LEAD | {"issuer", "approver"},
    DocumentKind.CONSULTATION_LETTER: _CONSULTATION | {"issuer"},
    DocumentKind.RECTIFICATION_NOTICE: _LEAD | {"issuer", "approver"},
    DocumentKind.SUPERVISION_NOTICE: _RUNG_DOCUMENT,
    DocumentKind.EXTENSION_REPLY: _REPLY | {"issuer", "lead_number"},
    DocumentKind.REPORT: _RUNG_DOCUMENT,
    DocumentKind.CLOSING_REPORT: _LEAD | {"issuer"},
    DocumentKind.CALL_OFF_REPORT: _CALLED_OFF | {"issuer"},
}
