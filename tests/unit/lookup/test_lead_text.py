"""The text of a lead as it is searched: folding, pairs, and queries that hold nothing but digits."""

import pytest

from models.lookup.lead_text import folded_text, pair_phrase, text_pairs, words_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("招标文件", "招标文件"),
        ("ＡＢＣ　１２％", "abc 12%"),
        ("（Ａ）", "(a)"),
        ("㈱①", "(株)1"),
        ("Éa", "Éa"),
        ("😀", "😀"),
        ("", ""),
    ],
)
def test_a_text_is_folded(text: str, folded: str) -> None:
    """Full width becomes half width, A to Z small; other letters stay, as both databases leave them."""
    assert folded_text(text) == folded


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("招标", ("招标",)),
        (" 招标　保证金\t招标 ", ("招标", "保证金")),
        ('"A*" %_', ('"a*"', "%_")),
        ("", ()),
        (" 　", ()),
    ],
)
def test_words_are_parted_by_blanks(typed: str, words: tuple[str, ...]) -> None:
    """Each word counts once, whatever else stands in it."""
    assert words_of(typed) == words


def test_pairs_overlap_and_the_last_character_has_one() -> None:
    """Of two characters come the pair of them and that of the last with the end."""
    assert text_pairs("招标") == "62db6807 6807000a"
    assert pair_phrase("招标") == '"62db6807"'
    assert pair_phrase("招标文") == '"62db6807 68076587"'
    assert pair_phrase("招") == '"62db"*'
