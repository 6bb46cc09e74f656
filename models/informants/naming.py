"""Whether a text names the informant of a lead, or only holds the same characters within a longer word."""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum

from models.informants.identity import Identity

# One character is no name, and a few digits are no telephone number: both occur in any text.
_SHORTEST_NAME, _SHORTEST_CONTACT = 2, 6
_BETWEEN_CONTACTS = re.compile(r"[\s,，、;；:：/|()（）]+")
_DIGITS = re.compile(r"\d[\d\s\-–—]{4,}\d")
_NOT_SAID = re.compile(r"[\s\-–—·]+")
# What makes a place, a firm or an office of the characters before it: 永和县, 高平市, 建国路, 长安公司.
_LONGER = re.compile(
    r"(?:特别行政区|自治[区州县旗]|[省市县区旗州盟镇乡村屯庄街路巷桥河湖山里弄港]|社区|街道|小区|大[街道厦]|广场|开发区"
    r"|公司|集团|厂|店|商[行场店]|超市|酒店|饭店|医院|学校|[大中小]学|银行|合作社|中心|[局委院站所馆队])"
)


class Naming(Enum):
    """How a text stands to an informant."""

    NONE = "none"
    # The same characters, but as part of a longer word; a person has to say that nobody is meant.
    WITHIN = "within"
    NAMED = "named"


def naming_in(identity: Identity, *texts: str, words: frozenset[str] = frozenset()) -> Naming:
    """Tell whether texts name an informant: the name or a contact stands in one of them.

    Args:
        identity: The informant.
        *texts: What somebody wrote.
        words: Longer words that name others, as the units of the directory.
    """
    known = {_folded(word) for word in words}
    found = {
        _standing(piece, text, known) for text in map(_folded, texts) for piece in _telling(identity)
    }  # fmt: skip
    return next((naming for naming in (Naming.NAMED, Naming.WITHIN) if naming in found), Naming.NONE)


def names_informant(identity: Identity, *texts: str) -> bool:
    """Tell whether the name or a contact of an informant stands in one of these texts, whatever is meant."""
    return naming_in(identity, *texts) is not Naming.NONE


def _telling(identity: Identity) -> Iterator[str]:
    """Give what tells who an informant is, folded."""
    name = _folded(identity.name.get_secret_value())
    contact = identity.contact.get_secret_value()
    # A telephone number may hold the blanks that elsewhere part one contact from the next.
    pieces = map(_folded, [*_BETWEEN_CONTACTS.split(contact), *_DIGITS.findall(contact)])
    yield from (piece for piece in pieces if len(piece) >= _SHORTEST_CONTACT)
    # “张某” and “匿名” name nobody.
    if len(name) >= _SHORTEST_NAME and "某" not in name and "匿名" not in name:
        yield name


def _standing(piece: str, text: str, words: set[str]) -> Naming:
    """Return how a piece stands in a text: named where one of its places is not within a longer word."""
    found = Naming.NONE
    at = text.find(piece)
    while at >= 0:
        if not _is_within(piece, text, at, words):
            return Naming.NAMED
        found = Naming.WITHIN
        at = text.find(piece, at + 1)
    return found


def _is_within(piece: str, text: str, at: int, words: set[str]) -> bool:
    """Tell whether what stands at a place is part of a longer word."""
    end = at + len(piece)
    if piece.isascii():
        beside = text[at - 1 : at] + text[end : end + 1]
        return any(char.isascii() and char.isalnum() for char in beside)
    if _LONGER.match(text, end):
        return True
    return any(
        text.startswith(word, at - word.find(piece)) for word in words if piece in word and word != piece
    )


def _folded(text: str) -> str:
    """Return a text without what people add at will: blanks, hyphens, widths, capitals."""
    return _NOT_SAID.sub("", unicodedata.normalize("NFKC", text)).casefold()
