"""Characters beyond the bundled font: drawn by a font of the machine, else printed as 〓 and told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.fonts import fonts_of_machine, write_font
from typst import Fonts
from unit.notifications.test_pdf import opened, text_of
from walks.documents import official

from notifications.papers import glyphs
from notifications.papers.glyphs import (
    bundled_characters,
    drawable,
    families_for,
    rare_characters,
    undrawable,
    unprintable_note,
)
from notifications.papers.pdf import render_pdf
from notifications.papers.word import render_word

# Of extension B, which few fonts have; the bundled one has neither.
RARE, RARER = "𠮷", "𤭢"


@pytest.fixture
def bare() -> Iterator[None]:
    """A machine with the bundled fonts only."""
    with fonts_of_machine():
        yield


@pytest.fixture
def equipped(tmp_path: Path) -> Iterator[None]:
    """A machine with a font for one rare character."""
    write_font(tmp_path, "Rare Names", RARE)
    with fonts_of_machine(tmp_path):
        yield


def test_common_characters_need_no_font_to_be_opened() -> None:
    """The bundled serif has all of GB/T 2312, which is what the short way relies on."""
    codes = [bytes((row, cell)) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF)]
    common = "".join(code.decode("gb2312", errors="ignore") for code in codes)
    assert len(common) > 7_000
    assert set(map(ord, common)) <= bundled_characters()


def test_a_text_within_the_bundled_font_looks_at_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a rare character has the fonts of the machine looked through."""

    def looked() -> Fonts:
        raise AssertionError("the machine was looked through")

    monkeypatch.setattr(glyphs, "scanned_fonts", looked)
    assert undrawable(["侯马市 Latin 123，喆昇翀玥珺㛃䶮𬀩\u200b\u202e"]) == ""
    assert drawable("喆昇翀玥珺㛃䶮𬀩") == "喆昇翀玥珺㛃䶮𬀩"


@pytest.mark.usefixtures("bare")
def test_a_machine_without_fonts_prints_the_mark() -> None:
    """Whatever other machines have: the same text gives the same marks."""
    assert drawable(f"张{RARE}、李{RARER}") == "张〓、李〓"
    assert undrawable([f"李{RARER}", f"张{RARE}和李{RARER}"]) == RARER + RARE
    assert families_for(RARE) == []
    assert "张〓和李〓" in text_of(render_pdf(official(f"张{RARE}和李{RARER}")))


@pytest.mark.usefixtures("equipped")
def test_a_font_of_the_machine_draws_what_the_bundled_one_cannot() -> None:
    """In the body and in the bold title; what it has not is marked."""
    assert drawable(f"张{RARE}、李{RARER}") == f"张{RARE}、李〓"
    pdf = render_pdf(official(f"张{RARE}和李{RARER}", title=f"关于{RARE}的函"))
    printed = text_of(pdf)
    assert f"张{RARE}和李〓" in printed
    assert f"关于{RARE}的函" in printed
    with opened(pdf) as document:
        used = {char["fontname"].split("+")[-1] for page in document.pages for char in page.chars}
    assert any(name.startswith(("RareNames", "Rare Names")) for name in used), used


@pytest.mark.usefixtures("bare")
def test_the_word_file_keeps_what_the_pdf_cannot_print() -> None:
    """So that whoever has the font prints it from there."""
    document = official(f"张{RARE}")
    assert render_word(document) != render_word(official("张〓"))


def test_private_characters_are_drawn_by_no_font(tmp_path: Path) -> None:
    """Each font draws another thing there."""
    write_font(tmp_path, "Private", "\ue000")
    with fonts_of_machine(tmp_path):
        assert drawable("张\ue000") == "张〓"


def test_fonts_of_boxes_draw_nothing(tmp_path: Path) -> None:
    """Their box for every character says no more than the mark."""
    write_font(tmp_path, "Last Resort", RARE)
    with fonts_of_machine(tmp_path):
        assert undrawable([RARE]) == RARE


def test_a_damaged_font_is_passed_over(tmp_path: Path) -> None:
    """What cannot be read draws nothing and ends nothing."""
    path = write_font(tmp_path, "Rare Names", RARE)
    with fonts_of_machine(tmp_path):
        glyphs._faces()  # noqa: SLF001 - it is damaged after it was found
        path.write_bytes(path.read_bytes()[:200])
        assert undrawable([RARE]) == RARE


@pytest.mark.usefixtures("bare")
def test_the_note_names_the_characters_by_their_numbers() -> None:
    """A screen without the font shows a box; many are counted."""
    assert unprintable_note(["侯马市发展和改革局"]) == ""
    assert unprintable_note([f"张{RARE}"]) == (
        "“𠮷”（U+20BB7）没有可用字体，公文（PDF）中将印作〓，"
        "可安装含有该字的字体（如 SimSun-ExtB、遍黑体 Plangothic）后重新启动，或改用说明（如“上龙下天”）。"
    )
    many = "".join(map(chr, range(0x2A000, 0x2A014)))
    assert "等20字没有可用字体" in unprintable_note([many])


def test_what_is_installed_here_is_used() -> None:
    """Where this machine has a font for it, as most offices do."""
    family = glyphs.family_for(RARE)
    if not family:
        pytest.skip(f"no font of this machine draws {RARE}")
    assert rare_characters(RARE) == RARE
    assert f"张{RARE}" in text_of(render_pdf(official(f"张{RARE}")))
