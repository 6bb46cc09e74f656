"""The text of a lead as it is searched: one spelling of every character, cut into overlapping pairs.

Most Chinese words have two characters, and an index of three finds none of them. So the index holds every
pair of neighbouring characters: a word of two is one entry, a longer one a row of entries. Source: ADR-0017.
"""

import unicodedata

# Only these letters: both databases fold them alike, whatever their collation.
_SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
# Stands behind the last character, so that this one begins a pair as well; no word holds it.
_END = "\n"
_UNIT = 4


def folded_text(text: str) -> str:
    """Return a text with full-width and compatible characters as plain ones, and A to Z small."""
    return unicodedata.normalize("NFKC", text).translate(_SMALL)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words a person typed, folded and each once, in their order; blanks part them."""
    return tuple(dict.fromkeys(folded_text(text).split()))


def text_pairs(text: str) -> str:
    """Return all pairs of a folded text as SQLite indexes them, eight hexadecimal digits each.

    In hexadecimal digits no character is a separator or an operator of the full-text index.
    """
    return " ".join(_pairs(text + _END))


def pair_phrase(word: str) -> str:
    """Return the full-text query that finds a folded word and nothing else."""
    found = _pairs(word)
    return f'"{" ".join(found)}"' if found else f'"{_digits(word)}"*'


def _pairs(text: str) -> list[str]:
    """Return each pair of neighbouring UTF-16 units, of which a rare character has two."""
    digits = _digits(text)
    return [digits[first : first + 2 * _UNIT] for first in range(0, len(digits) - _UNIT, _UNIT)]


def _digits(text: str) -> str:
    """Return UTF-16 in hexadecimal digits, four a unit."""
    return text.encode("utf-16-be", "surrogatepass").hex()
