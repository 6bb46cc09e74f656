"""The file index of an archive (卷内目录) and what a line tells. Source: 通知§13(三), (四); DA/T 22."""

from dataclasses import dataclass
from datetime import date

from models.archive.vocabulary import Retention

# The headings of the table, on paper and in the workbook.
HEADINGS = ("序号", "文号", "责任者", "题名", "日期", "页数", "SHA-256", "备注")


@dataclass(frozen=True)
class IndexLine:
    """One line: an official document, or a file that was handed in.

    Attributes:
        sequence: Its number in the file, from 1 without a gap.
        document_number: As 侯发改移函〔2026〕1号; blank for what was handed in.
        author: The unit it comes from.
        title: What it is called.
        dated: The day printed on it, or on which it came in.
        pages: How many, None where they cannot be counted.
        sha256: The digest of the file; of a document, of its PDF.
        name: What the file is called when it is handed on.
        note: Why it was withdrawn or what is wrong with it; usually blank.
    """

    sequence: int
    document_number: str
    author: str
    title: str
    dated: date
    pages: int | None
    sha256: str
    name: str
    note: str = ""

    @property
    def cells(self) -> tuple[int | str, ...]:
        """The line as it is printed, in the order of ``HEADINGS``."""
        return (
            self.sequence, self.document_number, self.author, self.title, f"{self.dated:%Y%m%d}",
            "" if self.pages is None else self.pages, self.sha256, self.note,
        )  # fmt: skip


@dataclass(frozen=True)
class FileIndex:
    """A file index: what stands on its cover and its lines in order; a file may be empty."""

    number: str
    lead: str
    title: str
    office: str
    closed_on: date
    outcome: str
    archived_on: date
    retention: Retention
    kept_until: date | None
    classes: tuple[str, ...]
    lines: tuple[IndexLine, ...]

    @property
    def cover(self) -> tuple[tuple[str, str], ...]:
        """What stands above the table, as pairs of name and value."""
        pages = sum(line.pages or 0 for line in self.lines)
        return (
            ("档号", self.number),
            ("事项编号", self.lead),
            ("题名", self.title),
            ("立档单位", self.office),
            ("类别", "；".join(filter(None, self.classes))),
            ("办结", f"{self.closed_on:%Y-%m-%d}（{self.outcome}）"),
            ("归档日期", f"{self.archived_on:%Y-%m-%d}"),
            ("保管期限", f"{self.retention.label}（{kept_label(self.kept_until)}）"),
            ("件数与页数", f"共{len(self.lines)}件，可计页数{pages}页"),
        )


def kept_label(kept_until: date | None) -> str:
    """Return until when a file is kept, in words."""
    return "永久保存" if kept_until is None else f"保管至{kept_until:%Y-%m-%d}"
