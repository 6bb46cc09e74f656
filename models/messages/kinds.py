"""The kinds of messages, and which values the templates of messages and documents may speak of.

An office writes templates of its own. What is declared here is what they are tried with before anything
starts, and what the writers of messages hand to them: nothing more, nothing less. Source: ADR-0026.
"""

from collections.abc import Mapping
from typing import Self

from models.documents.vocabulary import DocumentKind
from models.labels import Labelled

# The stored facts of a matter, for one recipient; ``tasks.messages.values`` gives them.
_MATTER = frozenset({
    "number", "printed_number", "title", "facts", "notice", "verify_term", "document", "unit", "source",
    "cooperating", "due", "closes", "clock_start", "term", "basis", "minimum", "finding", "authority",
    "verify_explanation", "responsible", "measures", "rectify_explanation", "opinion", "reasons", "step",
    "outcome", "closed_at",
})  # fmt: skip
# What is put before somebody, and what it is about.
_PETITION = _MATTER | {"asked_by", "owing", "about_step", "about_due", "proposed", "text"}
_CONSULTATION = _MATTER | {"question", "reply_by"}
_REPLY = _PETITION | {"approved", "before", "after", "ruling", "decided_by"}
# A rung of the ladder; ``tasks.ladder.rung_messages`` gives them.
_RUNG = frozenset({
    "unit", "addressee", "step", "due", "closes", "clock_start", "term", "as_of", "further", "late", "basis",
    "number", "printed_number", "title", "opened_at", "rung_basis", "grounds", "sent", "why",
})  # fmt: skip
_RUNG_MESSAGE = _RUNG | {"document"}
_RUNG_DOCUMENT = _RUNG | {"facts", "notice", "issuer"}


class MessageKind(Labelled):
    """A kind of message and the values its template may speak of; its template bears its code."""

    values: frozenset[str]

    def __new__(cls, code: str, label: str = "", values: frozenset[str] = frozenset()) -> Self:
        """Keep what the template may speak of beside code and label; see ``Labelled``."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.label, member.values = label, values
        return member

    TRANSFER = "transfer", "移交", _MATTER
    VERIFY = "verify", "核查", _MATTER
    RECTIFY = "rectify", "整改", _MATTER
    RETURN = "return", "退回", _MATTER
    CLOSURE = "closure", "办结", _MATTER
    RELEASE = "release", "不再要求反馈", _MATTER
    DUE_MOVED = "due_moved", "期限调整", _MATTER
    CONSULTATION = "consultation", "征询", _CONSULTATION | {"addressee"}
    EXTENSION_REQUEST = "extension_request", "延期审批", _PETITION
    EXTENSION_REPLY = "extension_reply", "延期答复", _REPLY
    CIRCULAR_DRAFT = "circular_draft", "通报审批", _PETITION
    RECEIPT_REMINDER = "receipt_reminder", "提醒签收", _RUNG_MESSAGE
    REMIND = "remind", "提醒", _RUNG_MESSAGE
    DUE_TODAY = "due_today", "当日提醒", _RUNG_MESSAGE
    URGE = "urge", "催办", _RUNG_MESSAGE
    SUPERVISE = "supervise", "督办", _RUNG_MESSAGE
    REPORT = "report", "报告市政府", _RUNG_MESSAGE
    CIRCULAR = "circular", "通报", _RUNG_MESSAGE
    ARCHIVE_REVIEW = "archive_review", "档案审核", frozenset({"addressee", "count", "lines", "basis"})
    CASE_COLLECTION = "case_collection", "案例报送", frozenset({"addressee", "months", "office", "basis"})
    CALENDAR_MISSING = "calendar_missing", "放假安排", frozenset({"unit", "years", "count", "lines"})
    FILE_FAULT = "file_fault", "文件异常", frozenset({"unit", "count", "lines"})
    GIVEN_UP = (
        "given_up",
        "未送出",
        frozenset({"addressee", "unit", "told", "body", "attempts", "reason", "message", "lead", "document"}),
    )
    WORDING_FAULT = (
        "wording_fault",
        "模板异常",
        frozenset({"addressee", "template", "what", "reason", "replaced", "lead"}),
    )


# What the HTML form of a message of any kind may speak of.
MAIL_VALUES = frozenset({"subject", "body", "lines", "document"})

# A circular goes out in the words of its message.
DOCUMENT_VALUES: Mapping[DocumentKind, frozenset[str]] = {
    DocumentKind.TRANSFER_LETTER: _MATTER | {"issuer", "approver"},
    DocumentKind.CONSULTATION_LETTER: _CONSULTATION | {"issuer"},
    DocumentKind.RECTIFICATION_NOTICE: _MATTER | {"issuer", "approver"},
    DocumentKind.SUPERVISION_NOTICE: _RUNG_DOCUMENT,
    DocumentKind.EXTENSION_REPLY: _REPLY | {"issuer", "lead_number"},
    DocumentKind.REPORT: _RUNG_DOCUMENT,
    DocumentKind.CLOSING_REPORT: _MATTER | {"issuer"},
}
