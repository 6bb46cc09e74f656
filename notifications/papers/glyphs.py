"""Which characters can be printed here: the bundled font's, and rare ones by the fonts of this machine.

The fonts of the machine are looked into only for a character that the bundled serif has not, one font after
another until one has it. What was found out holds for the process: a font that is installed later is used
after the next start, as by the typesetter itself.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from notifications.papers.fonts import bundled_folder, families_among, printed_line

if TYPE_CHECKING:
    from typst import FontInfo, Fonts

# What is printed for a character that no font can draw; printers call it 下駄 or 〓.
SUBSTITUTE = "〓"
# Families with rare names, those that stand beside a 仿宋 best first; any other one comes after them.
_RARE = (
    "Noto Serif CJK SC", "Noto Serif CJK TC", "SimSun-ExtB", "SimSun-ExtG", "宋体-ExtB", "FZSong-Extended",
    "HanaMinA", "HanaMinB", "Jigmo", "Jigmo2", "Jigmo3", "BabelStone Han", "TH-Tshyn-P0", "TH-Tshyn-P1",
    "TH-Tshyn-P2", "Plangothic P1", "Plangothic P2", "Noto Sans CJK SC",
)  # fmt: skip
# These have a box for every character.
_BOXES = frozenset({"last resort", "lastresort", "adobe blank", "adobe notdef"})
# The weights the pages are set in.
_WEIGHTS = (400, 700)
_MOST_NAMED = 10


@cache
def scanned_fonts() -> "Fonts":
    """Return the fonts of this machine and the bundled ones, as the typesetter finds them."""
    # Imported here and below: only a command that prints should pay for it.
    from typst import Fonts

    return Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[str(bundled_folder())])


@cache
def bundled_characters() -> frozenset[int]:
    """Return the code points that the bundled serif can draw."""
    from pylopdf_fonts_zh_cn import serif_path

    return _characters_of(str(serif_path()), 0)


def drawable(text: str) -> str:
    """Return a text in which every character that cannot be drawn is replaced by 〓."""
    missing = {character for character in rare_characters(text) if not family_for(character)}
    return "".join(SUBSTITUTE if character in missing else character for character in text)


def undrawable(texts: Iterable[str]) -> str:
    """Return the characters of texts that are printed as 〓, each once, in their order."""
    # Most texts need no font to be opened for that.
    rare = (rare_characters(printed_line(text)) for text in texts if not _is_common(text))
    return "".join(each for each in dict.fromkeys("".join(rare)) if not family_for(each))


def named_characters(characters: str) -> str:
    """Return characters with their code points, since a screen may show none of them, as “䶮”（U+4DAE）."""
    named = "、".join(f"“{each}”（U+{ord(each):04X}）" for each in characters[:_MOST_NAMED])
    return f"{named}等{len(characters)}字" if len(characters) > _MOST_NAMED else named


def unprintable_note(texts: Iterable[str]) -> str:
    """Return the sentence about characters of texts that cannot be printed; blank where all can."""
    missing = undrawable(texts)
    if not missing:
        return ""
    return (
        f"{named_characters(missing)}没有可用字体，公文（PDF）中将印作{SUBSTITUTE}，"
        "可安装含有该字的字体（如 SimSun-ExtB、遍黑体 Plangothic）后重新启动，或改用说明（如“上龙下天”）。"
    )


def rare_characters(text: str) -> str:
    """Return the characters of a text that the bundled serif cannot draw, each once, in their order."""
    if _is_common(text):
        return ""
    known = bundled_characters()
    return "".join(each for each in dict.fromkeys(text) if ord(each) not in known)


def families_for(characters: Iterable[str]) -> list[str]:
    """Return the installed families that draw rare characters, each once."""
    return list(dict.fromkeys(filter(None, map(family_for, characters))))


@cache
def family_for(character: str) -> str:
    """Return the family of this machine that draws a rare character; blank where none does."""
    # What a private character looks like every font decides for itself: the wrong one would be worse.
    if unicodedata.category(character) == "Co":
        return ""
    code = ord(character)
    for family, faces in _faces().items():
        if all(code in _characters_of(path, index) for path, index in faces):
            return family
    return ""


def families() -> dict[str, list[str]]:
    """Return, for each part of a document, the installed families in order of preference."""
    return families_among(scanned_fonts().families())


@cache
def _faces() -> dict[str, list[tuple[str, int]]]:
    """Return the file and number of the faces that each family is set in; the preferred families first."""
    found: dict[str, list[FontInfo]] = {}
    for face in scanned_fonts().fonts():
        if face.path and face.family.casefold() not in _BOXES:
            found.setdefault(face.family, []).append(face)
    order = {family: place for place, family in enumerate(_RARE)}
    names = sorted(found, key=lambda family: (order.get(family, len(order)), family))
    return {name: [_chosen(found[name], weight) for weight in _WEIGHTS] for name in names}


def _chosen(faces: "list[FontInfo]", weight: int) -> tuple[str, int]:
    """Return the face by which the typesetter sets upright text of a weight."""

    def distance(face: "FontInfo") -> tuple[bool, float, int]:
        return face.style != "normal", abs(face.stretch - 1), abs(face.weight - weight)

    nearest = min(faces, key=distance)
    return str(nearest.path), nearest.index


@cache
def _characters_of(path: str, index: int) -> frozenset[int]:
    """Return the code points that one face of a file can draw; none where it is damaged."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError, KeyError, AssertionError, ValueError):
        return frozenset()


def _is_common(text: str) -> bool:
    """Tell whether a text has common characters only; the bundled serif draws all of GB/T 2312."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
