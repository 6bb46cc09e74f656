"""What official documents are printed with: families in order of preference, and what text is printed."""

import unicodedata
from pathlib import Path

# Names under which a family may be installed, the one that offices have first (GB/T 9704-2012).
# Noto Serif CJK SC is what Debian installs; the bundled family ends every list and is always there.
_SERIF = ("Noto Serif CJK SC", "Noto Serif SC")
_SANS = ("Noto Sans CJK SC", "Noto Sans SC")
FAMILIES: dict[str, tuple[str, ...]] = {
    "title": (
        "方正小标宋简体",
        "FZXiaoBiaoSong-B05S",
        "FZXiaoBiaoSong-B05",
        "FandolSong",
        *_SERIF,
    ),
    "body": (
        "仿宋_GB2312",
        "FangSong_GB2312",
        "FangSong",
        "仿宋",
        "STFangsong",
        "FandolFang R",
        "FandolFang",
        *_SERIF,
    ),
    "heading": ("SimHei", "黑体", "STHeiti", "FandolHei", *_SANS, "Noto Serif SC"),
    "subheading": (
        "楷体_GB2312",
        "KaiTi_GB2312",
        "KaiTi",
        "楷体",
        "STKaiti",
        "FandolKai R",
        "FandolKai",
        *_SERIF,
    ),
}
_NEVER = 0xFFFE
# Spaces at which no line may break would let a line run out of the type area.
_FIXED_SPACES = {0x09: " ", 0xA0: " ", 0x2007: " ", 0x202F: " "}


def bundled_folder() -> Path:
    """Return the folder of the fonts that are installed with the program."""
    # Imported here: only a command that prints should pay for it.
    from pylopdf_fonts_zh_cn import serif_path

    return serif_path().parent


def families_among(installed: list[str]) -> dict[str, list[str]]:
    """Return, for each part of a document, the installed families in order of preference; never empty."""
    present = {family.casefold() for family in installed}
    return {part: [name for name in names if name.casefold() in present] for part, names in FAMILIES.items()}


def printed_lines(text: str) -> list[str]:
    """Return the lines of a text without invisible characters or blanks at their ends; no line is empty."""
    lines = (_visible(line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def printed_line(text: str) -> str:
    """Return a text as one line without invisible characters."""
    return " ".join(printed_lines(text))


def ems(text: str) -> float:
    """Return the width of a text in Chinese characters; a Latin one is half as wide."""
    return sum(1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.5 for character in text)


def _visible(line: str) -> str:
    """Drop what has no shape: controls, marks of direction, zero-width marks, variation selectors."""
    return "".join(filter(_has_shape, line.translate(_FIXED_SPACES)))


def _has_shape(character: str) -> bool:
    """Tell whether a character is one a reader can see or XML can carry."""
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    # The last two code points of each plane are no characters; the fillers are letters that show nothing.
    void = ord(character) & _NEVER == _NEVER or character in "\u034f\u115f\u1160\u3164\uffa0"
    return not (selector or void or unicodedata.category(character) in {"Cc", "Cf", "Cs"})
