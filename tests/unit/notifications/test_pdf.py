"""The PDF of an official document: its text, the grid of GB/T 9704-2012, its fonts, and hostile texts."""

import io
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pdfplumber
import pytest
from pdfplumber.page import Page
from pdfplumber.pdf import PDF
from typst import Compiler, Fonts
from walks.documents import ISSUER, RECIPIENT, official

from models.documents.vocabulary import DocumentKind
from notifications.papers.fonts import bundled_folder, families_among
from notifications.papers.pdf import render_pdf

_MM = 72 / 25.4
_LEFT, _RIGHT, _TOP, _BOTTOM = 28, 210 - 26, 37, 297 - 35
_LINES, _CHARACTERS = 22, 28
NAMES = "喆昇翀玥珺"


@contextmanager
def opened(pdf: bytes) -> Iterator[PDF]:
    """Open a rendered document."""
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        yield document


def text_of(pdf: bytes) -> str:
    """Return everything that is printed, without blanks and line ends."""
    with opened(pdf) as document:
        return "".join("".join((page.extract_text() or "").split()) for page in document.pages)


def lines_of(page: Page) -> list[list[dict[str, float | str]]]:
    """Return the characters of the type area line by line, from the top."""
    lines: dict[int, list[dict[str, float | str]]] = defaultdict(list)
    for char in page.chars:
        if char["top"] >= _TOP * _MM - 1 and char["bottom"] <= _BOTTOM * _MM + 3 and char["text"].strip():
            lines[round(char["bottom"])].append(char)
    return [lines[key] for key in sorted(lines)]


@pytest.mark.parametrize("kind", DocumentKind)
def test_everything_is_printed(kind: DocumentKind) -> None:
    """Number, title, recipient, text, signature, date and copies, whatever the kind."""
    text = text_of(render_pdf(official("正文一段。", kind=kind)))
    for told in ("侯发改移函〔2026〕1号", "关于移交问题线索的函", RECIPIENT, "一、线索情况", "正文一段。",
                 "特此函达。", ISSUER, "2026年11月4日", "抄送", "侯马市市场监督管理局"):  # fmt: skip
        assert told in text


def test_a_full_page_has_22_lines_of_28_characters() -> None:
    """At one pitch, within the margins of the standard."""
    with opened(render_pdf(official("国" * 3_000, kind=DocumentKind.CIRCULAR))) as document:
        page = document.pages[1]
        lines = lines_of(page)
        assert (float(page.width) / _MM, float(page.height) / _MM) == pytest.approx((210, 297), abs=0.3)
        assert [len(line) for line in lines] == [_CHARACTERS] * _LINES
        pitches = {round(b[0]["bottom"] - a[0]["bottom"], 1) for a, b in pairwise(lines)}  # type: ignore[operator, arg-type]
        assert max(pitches) - min(pitches) <= 0.2
        assert min(float(line[0]["x0"]) for line in lines) / _MM == pytest.approx(_LEFT, abs=0.3)
        assert max(float(line[-1]["x1"]) for line in lines) / _MM == pytest.approx(_RIGHT, abs=0.4)


@pytest.mark.parametrize("kind", [DocumentKind.TRANSFER_LETTER, DocumentKind.CIRCULAR, DocumentKind.REPORT])
def test_body_lines_of_every_page_stand_on_one_grid(kind: DocumentKind) -> None:
    """The first page, with its heading, has its lines where the second has them."""
    with opened(render_pdf(official("国" * 2_000, kind=kind))) as document:
        first, second = (
            {round(line[0]["bottom"], 0) for line in lines_of(page) if len(line) == _CHARACTERS}  # type: ignore[call-overload]
            for page in document.pages[:2]
        )
    assert first
    assert all(any(abs(mine - other) <= 1 for other in second) for mine in first)


def test_a_letter_has_its_rules_and_no_number_on_page_one() -> None:
    """Red double rules 170 mm wide, the lower one 20 mm above the edge; page two is numbered."""
    with opened(render_pdf(official("国" * 1_200))) as document:
        first, second = document.pages[:2]
        rules = [*first.lines, *first.rects]
        assert {round((rule["x1"] - rule["x0"]) / _MM) for rule in rules} == {170}
        assert max(float(rule["bottom"]) for rule in rules) / _MM == pytest.approx(277, abs=1.5)
        assert "—" not in (first.extract_text() or "").splitlines()[-1]
        assert "—2—" in "".join((second.extract_text() or "").split())
        assert not [*second.lines, *second.rects]


def test_page_numbers_stand_outside() -> None:
    """Odd pages at the right, even ones at the left."""
    with opened(render_pdf(official("国" * 2_400, kind=DocumentKind.CIRCULAR))) as document:
        for number, page in enumerate(document.pages, 1):
            marks = [c for c in page.chars if c["top"] / _MM > _BOTTOM and c["text"] == str(number)]
            (mark,) = marks
            assert (mark["x0"] / _MM > 105) == (number % 2 == 1)


def test_a_report_leaves_room_for_who_signs_it() -> None:
    """Only what goes upward does."""
    assert "签发人" in text_of(render_pdf(official("正文。", kind=DocumentKind.REPORT)))
    assert "签发人" not in text_of(render_pdf(official("正文。", kind=DocumentKind.CIRCULAR)))


def test_all_fonts_are_embedded() -> None:
    """A machine without Chinese fonts shows the same."""
    with opened(render_pdf(official(NAMES + "Latin 123", kind=DocumentKind.REPORT))) as document:
        fonts = [
            font.resolve() if hasattr(font, "resolve") else font
            for page in document.pages
            for font in page.page_obj.resources["Font"].values()
        ]
        assert fonts
        for font in fonts:
            (descendant,) = font.get("DescendantFonts", (font,))
            descendant = descendant.resolve() if hasattr(descendant, "resolve") else descendant
            descriptor = descendant["FontDescriptor"].resolve()
            assert {"FontFile", "FontFile2", "FontFile3"} & set(descriptor)


def test_a_machine_without_chinese_fonts_prints_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the bundled fonts alone every character is there, and so is the grid."""
    fonts = Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(bundled_folder())]
    )
    template = files("notifications").joinpath("templates/pages/document.typ").read_bytes()
    bare = Compiler(font_paths=fonts), template, families_among(fonts.families())
    monkeypatch.setattr("notifications.papers.pdf._typesetter", lambda _: bare)
    pdf = render_pdf(official(NAMES, "国" * 3_000, kind=DocumentKind.CIRCULAR))
    assert NAMES in text_of(pdf)
    with opened(pdf) as document:
        assert [len(line) for line in lines_of(document.pages[1])] == [_CHARACTERS] * _LINES
        assert {char["fontname"].split("+")[-1] for char in document.pages[1].chars} <= {
            "NotoSerifSC-Regular", "NotoSansSC-Regular",
        }  # fmt: skip


def test_every_real_case_and_every_name_is_printed(shared_data: Path) -> None:
    """All 63 cases, character by character; nothing is replaced by the mark of a missing one."""
    lines = (shared_data / "real-cases.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines if line.strip()]
    assert len(cases) == 63
    for case in cases:
        paragraphs = [
            *(case["facts"] or "无").splitlines(),
            *(case["rectification"] or "无").splitlines(),
            NAMES,
        ]
        printed = text_of(render_pdf(official(*filter(str.strip, paragraphs), title=case["title"])))
        assert "〓" not in printed
        for paragraph in paragraphs:
            missing = set("".join(paragraph.split())) - set(printed) - set("\u200b\xa0\ufeff")
            assert not missing, (case["id"], missing)


@pytest.mark.parametrize(
    "hostile",
    [
        '#let x = 1; #x #eval("1+1") $ x^2 $ *bold* _it_ `raw` @ref <label> = 标题 \\ // /* ',
        "{{ 7*7 }} {% for x in y %} ${HOME} %s <b>粗</b> &amp;",
        '#set page(width: 1pt) #panic("x") #include "a.typ" #sys.inputs',
    ],
)
def test_hostile_text_is_printed_as_it_stands(hostile: str) -> None:
    """Neither Typst nor any template executes what a lead says."""
    printed = text_of(render_pdf(official(hostile, title=hostile[:40])))
    assert "".join(hostile.split()) in printed


@pytest.mark.parametrize("long", ["A" * 10_000, "国" * 10_000, "9," * 5_000, "http://" + "x" * 9_990])
def test_ten_thousand_characters_stay_within_the_margins(long: str) -> None:
    """Without a break of their own, they are broken where the line ends; none is lost."""
    pdf = render_pdf(official(long))
    with opened(pdf) as document:
        chars = [char for page in document.pages for char in page.chars if char["text"].strip()]
    body = [char for char in chars if char["text"].strip("\u200b") in set(long)]
    assert len(body) >= len(long)
    assert max(char["x1"] for char in body) / _MM <= _RIGHT + 0.5
    assert max(char["bottom"] for char in body) / _MM <= 297 - 19


def test_what_no_font_can_draw_is_marked() -> None:
    """No empty boxes: a private character is printed as the mark of a missing one, controls not at all."""
    printed = text_of(render_pdf(official("线索\ue000\x07\u202e甲")))
    assert "线索〓甲" in printed


def test_equal_documents_give_equal_bytes() -> None:
    """Nothing of the present moment is in it."""
    assert render_pdf(official("正文。")) == render_pdf(official("正文。"))
