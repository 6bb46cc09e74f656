"""Official documents (公文): what one says and which rules of form it obeys. Source: GB/T 9704-2012."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from models.documents.vocabulary import DocumentKind
from models.errors import RuleViolation
from models.labels import Labelled

# What asks a superior for something; a report only tells. Source: 党政机关公文处理工作条例 art. 15(四).
_REQUESTS = ("请批示", "请审批", "请批准", "请予批复", "请予批准", "妥否", "当否", "请指示")


class Layout(Labelled):
    """The two layouts of GB/T 9704-2012: the general one and that of letters (chapter 10.1)."""

    GENERAL = "general", "通用格式"
    LETTER = "letter", "信函格式"


_LETTERS = frozenset({
    DocumentKind.TASK_LETTER, DocumentKind.SUCCESSION_LETTER, DocumentKind.TRANSFER_LETTER,
    DocumentKind.CONSULTATION_LETTER, DocumentKind.EXTENSION_REPLY,
})  # fmt: skip
_UPWARD = frozenset({DocumentKind.REPORT, DocumentKind.CLOSING_REPORT, DocumentKind.CALL_OFF_REPORT})


def layout_of(kind: DocumentKind) -> Layout:
    """Return the layout of a kind."""
    return Layout.LETTER if kind in _LETTERS else Layout.GENERAL


def goes_upward(kind: DocumentKind) -> bool:
    """Tell whether a kind goes to a superior: one recipient, a signatory, no request."""
    return kind in _UPWARD


@dataclass(frozen=True)
class Block:
    """One paragraph of a body; level 0 is plain text, 1 a heading 一、, 2 a heading （一）."""

    text: str
    level: int = 0


@dataclass(frozen=True)
class OfficialDocument:
    """One official document as it is printed; every text is plain, whatever it holds.

    Attributes:
        kind: What it is.
        number: As 侯发改移函〔2026〕1号.
        issuer: The full name of the unit that issues it.
        recipient: The main recipients as printed, without the colon.
        title: Without line breaks.
        body: Paragraphs in order, at least one.
        attachments: The names of what is attached, in order; may be empty.
        signature: The name under the text, usually the issuer's.
        dated: The day printed under the signature.
        copies: The units that get a copy, in order; may be empty.
    """

    kind: DocumentKind
    number: str
    issuer: str
    recipient: str
    title: str
    body: tuple[Block, ...]
    signature: str
    dated: date
    attachments: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()

    @property
    def printed_date(self) -> str:
        """The date as it is printed, in Arabic numerals without leading zeros."""
        return f"{self.dated.year}年{self.dated.month}月{self.dated.day}日"

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that is printed but the date, in the order of the page."""
        return (
            self.issuer, self.number, self.title, self.recipient, *(block.text for block in self.body),
            *self.attachments, self.signature, *self.copies,
        )  # fmt: skip


def check_document(document: OfficialDocument) -> None:
    """Refuse a document that breaks the rules of its kind.

    Only the words of the office are looked at: what a unit wrote or a matter says may hold anything.

    Raises:
        RuleViolation: It says nothing, or a report carries a request or goes to more than one superior.
    """
    if not document.body or not document.title.strip():
        raise RuleViolation(f"{document.kind.label}没有标题或正文，请检查公文模板。")
    if not goes_upward(document.kind):
        return
    if "、" in document.recipient:
        raise RuleViolation(f"{document.kind.label}是上行文，只能主送一个上级机关。")
    closing = document.body[-1].text
    for words in _REQUESTS:
        if words in closing or words in document.title:
            raise RuleViolation(f"{document.kind.label}不得夹带请示事项（“{words}”），请检查公文模板。")


def document_to_json(document: OfficialDocument) -> dict[str, Any]:
    """Return a document as JSON values; ``document_from_json`` is its inverse."""
    return {**asdict(document), "kind": document.kind.value, "dated": document.dated.isoformat()}


def document_from_json(stored: Mapping[str, Any]) -> OfficialDocument:
    """Return a document from JSON values."""
    return OfficialDocument(
        **{
            **stored,
            "kind": DocumentKind(stored["kind"]),
            "dated": date.fromisoformat(stored["dated"]),
            "body": tuple(Block(**block) for block in stored["body"]),
            "attachments": tuple(stored["attachments"]),
            "copies": tuple(stored["copies"]),
        }
    )
