"""Machines with other fonts: none but the bundled ones, or a font with a few rare characters."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from typst import Fonts

from notifications.papers import glyphs, pdf
from notifications.papers.fonts import bundled_folder


def write_font(folder: Path, family: str, characters: str) -> Path:
    """Write a font that draws a box for each of some characters."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, 800), (900, 800), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    box = pen.glyph()
    names = [".notdef", *(f"u{ord(each):X}" for each in characters)]
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(each): f"u{ord(each):X}" for each in characters})
    font.setupGlyf(dict.fromkeys(names, box))
    font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 100)))
    font.setupHorizontalHeader(ascent=880, descent=-120)
    named = {"familyName": family, "styleName": "Regular", "fullName": family}
    font.setupNameTable({**named, "psName": family.replace(" ", "")})
    font.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120)
    font.setupPost()
    path = folder / f"{family}.ttf"
    font.save(path)
    return path


@contextmanager
def fonts_of_machine(*folders: Path) -> Iterator[None]:
    """Let a machine have the fonts of some folders and the bundled ones, and no others."""
    paths = [str(bundled_folder()), *map(str, folders)]
    found = Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
    with (
        patch.object(glyphs, "scanned_fonts", lambda: found),
        patch.object(pdf, "scanned_fonts", lambda: found),
    ):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    """Let the fonts be looked for again."""
    for found in (glyphs.family_for, glyphs._faces, pdf._compiler):  # noqa: SLF001 - they hold for a process
        found.cache_clear()
