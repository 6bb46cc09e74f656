"""The DOCX of an official document: fonts and grid of the offices, editable text, what LibreOffice shows."""

import io
import shutil
import subprocess
from pathlib import Path

import pdfplumber
import pytest
from conftest import Lacking
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from walks.documents import ISSUER, RECIPIENT, official

from models.documents.vocabulary import DocumentKind
from notifications.papers.word import render_word

_CONVERT_SECONDS = 120


def opened(word: bytes) -> "Document":  # type: ignore[valid-type]
    """Open a rendered document."""
    return Document(io.BytesIO(word))


def all_text(word: bytes) -> str:
    """Return the text of body, headers and footers."""
    document = opened(word)
    section = document.sections[0]  # type: ignore[attr-defined]
    parts = [section.header, section.first_page_header, section.footer, section.first_page_footer]
    elements = [document.element.body, *(part._element for part in parts)]  # type: ignore[attr-defined]  # noqa: SLF001 - whole
    texts = (text.text or "" for element in elements for text in element.iter(qn("w:t")))
    return "".join("".join(text.split()) for text in texts)


UPWARD = {DocumentKind.REPORT, DocumentKind.CLOSING_REPORT, DocumentKind.CALL_OFF_REPORT}


@pytest.mark.parametrize("kind", DocumentKind)
def test_everything_can_be_read_and_edited(kind: DocumentKind) -> None:
    """As plain paragraphs, whatever the kind."""
    text = all_text(render_word(official("正文一段。", kind=kind)))
    for told in ("侯发改移函〔2026〕1号", "关于移交问题线索的函", f"{RECIPIENT}：", "正文一段。", ISSUER,
                 "2026年11月4日", "侯马市市场监督管理局"):  # fmt: skip
        assert told in text
    assert ("签发人" in text) == (kind in UPWARD)


def test_the_grid_and_the_margins_are_those_of_the_standard() -> None:
    """22 lines of 28 characters between 37, 28, 26 and 35 mm."""
    section = opened(render_word(official("正文。"))).sections[0]  # type: ignore[attr-defined]
    margins = (section.top_margin, section.left_margin, section.right_margin, section.bottom_margin)
    assert [round(margin / Mm(1)) for margin in margins] == [37, 28, 26, 35]
    grid = section._sectPr.find(qn("w:docGrid"))  # noqa: SLF001 - python-docx has no grids
    found = [grid.get(qn(f"w:{name}")) for name in ("type", "linePitch", "charSpace")]
    assert found == ["linesAndChars", "580", "-848"]


def test_the_fonts_are_those_of_the_offices() -> None:
    """小标宋, 仿宋, 黑体 and 楷体 by the names under which an office's machine has them."""
    xml = opened(render_word(official("正文。"))).element.xml  # type: ignore[attr-defined]
    for name in ("方正小标宋简体", "黑体", "楷体_GB2312"):
        assert f'w:eastAsia="{name}"' in xml
    styles = opened(render_word(official("正文。"))).styles.element.xml  # type: ignore[attr-defined]
    assert "仿宋_GB2312" in xml + styles


def test_hostile_and_long_texts_are_kept_as_text() -> None:
    """What XML forbids is dropped; the rest stands as it was."""
    hostile = "<w:p/>&lt; {{ x }} #let \x07\ufffe𠮷\U0001f600" + "A" * 10_000
    text = all_text(render_word(official(hostile)))
    assert "<w:p/>&lt;{{x}}#let" in text
    assert "𠮷\U0001f600" + "A" * 10_000 in text


def test_equal_documents_give_equal_bytes() -> None:
    """Nothing of the present moment is in it."""
    assert render_word(official("正文。")) == render_word(official("正文。"))


def test_libreoffice_shows_the_same_text(tmp_path: Path, lacking: Lacking) -> None:
    """Converted to PDF: every paragraph is there, within the margins."""
    office = shutil.which("soffice")
    if office is None:
        lacking("no LibreOffice (soffice) on this machine")
        return
    path = tmp_path / "letter.docx"
    path.write_bytes(render_word(official("正文一段。" * 60, kind=DocumentKind.TRANSFER_LETTER)))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=_CONVERT_SECONDS)
    with pdfplumber.open(tmp_path / "letter.pdf") as document:
        text = "".join("".join((page.extract_text() or "").split()) for page in document.pages)
    for told in (
        "侯马市发展和改革局",
        "侯发改移函〔2026〕1号",
        "正文一段。正文一段。",
        "特此函达。",
        "2026年11月4日",
    ):
        assert told in text
