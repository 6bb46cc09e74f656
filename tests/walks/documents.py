"""Official documents for tests: one of every kind, with a text that tests choose."""

from collections.abc import Sequence
from datetime import date

from models.documents.official import Block, OfficialDocument
from models.documents.vocabulary import DocumentKind

ISSUER, RECIPIENT = "侯马市发展和改革局", "侯马市住房和城乡建设管理局"


def official(
    *paragraphs: str,
    kind: DocumentKind = DocumentKind.TRANSFER_LETTER,
    title: str = "侯马市发展和改革局关于移交问题线索的函",
    copies: Sequence[str] = ("侯马市市场监督管理局",),
) -> OfficialDocument:
    """Return a document with these paragraphs between its headings."""
    body = (Block("一、线索情况", 1), *map(Block, paragraphs), Block("（一）要求", 2), Block("特此函达。"))
    return OfficialDocument(
        kind=kind, number="侯发改移函〔2026〕1号", issuer=ISSUER, recipient=RECIPIENT, title=title, body=body,
        signature=ISSUER, dated=date(2026, 11, 4), copies=tuple(copies),
    )  # fmt: skip
