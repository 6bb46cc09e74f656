"""Official documents as PDF: a packaged typst template that receives every text as data."""

import json
import re
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING, Any

from models.archive.file_index import HEADINGS, FileIndex
from models.documents.official import Layout, OfficialDocument, goes_upward, layout_of
from models.errors import InputError
from notifications.papers.fonts import printed_line, printed_lines
from notifications.papers.glyphs import drawable, families, families_for, rare_characters, scanned_fonts

if TYPE_CHECKING:
    from typst import Compiler

# Between ideographs a line may break anywhere; a longer run of anything else might not fit in a line.
_UNBROKEN = re.compile(r"[^\s\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{20,}")
# The compiler keeps the fonts it has scanned and is not made for several threads at once.
_ONE_AT_A_TIME = Lock()


def render_pdf(document: OfficialDocument) -> bytes:
    """Return a document as a PDF with all fonts embedded; equal documents give equal bytes on one machine.

    What neither the bundled fonts nor those of the machine can draw is printed as 〓. Source: GB/T 9704-2012.

    Raises:
        InputError: The typesetter refuses the document.
    """
    return _typeset(
        "document.typ", _as_printed(document), document.dated, f"公文《{printed_line(document.title)}》"
    )


def render_index(index: FileIndex, day: date) -> bytes:
    """Return a file index (卷内目录) as a PDF, dated a day.

    Raises:
        InputError: The typesetter refuses it.
    """
    # A digest is set in pieces of its own.
    rows = [
        [line.sha256 if at == _DIGEST_COLUMN else _line(str(cell)) for at, cell in enumerate(line.cells)]
        for line in index.lines
    ]
    printed = {
        "number": _line(index.number),
        "cover": [[name, _line(value)] for name, value in index.cover],
        "headings": HEADINGS,
        "rows": rows,
        "dated": {"year": day.year, "month": day.month, "day": day.day},
    }
    return _typeset("file_index.typ", printed, day, f"卷内目录 {index.number}")


_DIGEST_COLUMN = HEADINGS.index("SHA-256")


def _typeset(name: str, printed: dict[str, Any], day: date, what: str) -> bytes:
    """Return what a template makes of values, as a PDF."""
    # Imported here: most commands print nothing and should not pay for it.
    from typst import TypstError

    with _ONE_AT_A_TIME:
        compiler, template, found = _typesetter(name)
        inputs = {"document": json.dumps({**printed, "families": _with_rare(found, printed)})}
        try:
            pdf = compiler.compile(
                template, format="pdf", sys_inputs=inputs, timestamp=datetime.combine(day, time(), UTC)
            )
        except TypstError as error:
            raise InputError(f"{what}无法排成 PDF，请检查内容后重试。") from error
    if not isinstance(pdf, bytes):
        raise InputError(f"{what}没有排出任何页面，请检查内容后重试。")
    return pdf


def _typesetter(name: str) -> tuple["Compiler", bytes, dict[str, list[str]]]:
    """Return the compiler with its fonts, a template, and the families found."""
    compiler, families = _compiler()
    return compiler, files("notifications").joinpath("templates", "pages", name).read_bytes(), families


@cache
def _compiler() -> tuple["Compiler", dict[str, list[str]]]:
    """Return the compiler and the families of its fonts; scanned once per process."""
    from typst import Compiler

    return Compiler(font_paths=scanned_fonts()), families()


def _with_rare(found: dict[str, list[str]], printed: dict[str, Any]) -> dict[str, list[str]]:
    """Return the families of each part, followed by those that draw what the bundled font cannot."""
    # A place where a line may break is no character.
    rare = families_for(rare_characters(printed_line(json.dumps(printed, ensure_ascii=False))))
    return {
        part: [*names, *(family for family in rare if family not in names)] for part, names in found.items()
    }


def _as_printed(document: OfficialDocument) -> dict[str, Any]:
    """Return what the template prints, as JSON values."""
    day = document.dated
    return {
        "letter": layout_of(document.kind) is Layout.LETTER,
        "upward": goes_upward(document.kind),
        "dated": {"year": day.year, "month": day.month, "day": day.day},
        "date": document.printed_date,
        "body": [
            {"text": _breakable(line), "level": block.level}
            for block in document.body
            for line in printed_lines(block.text)
        ],
        "attachments": [_line(name) for name in document.attachments],
        "copies": [_line(unit) for unit in document.copies],
        **{name: _line(getattr(document, name)) for name in _SINGLE_LINES},
    }


_SINGLE_LINES = ("number", "issuer", "recipient", "title", "signature")


def _line(text: str) -> str:
    return _breakable(printed_line(text))


def _breakable(text: str) -> str:
    """Return a text that can be drawn, and broken anywhere within its long runs."""
    return _UNBROKEN.sub(lambda run: "\u200b".join(run.group()), drawable(text))
