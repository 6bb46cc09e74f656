"""Shortening a text to a number of bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.texts.shortening import shorten

REST = "……（全文见邮件）"
CHARACTERS = st.sampled_from("中文ab。；！？\n，é😀")
TEXTS = st.text(CHARACTERS, max_size=200)
LONG_TEXTS = st.text(CHARACTERS, min_size=101, max_size=200)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("第一句。第二句。", 24, "第一句。第二句。"),
        ("第一句。第二句，很长很长很长。", 42, "第一句。…"),
        ("第一行\n第二行，很长很长很长", 39, "第一行…"),
        ("没有句末的一段很长的文字一直写下去", 42, "没有句末的一段…"),
        ("题。没有句末的一段很长的文字一直写下去", 42, "题。没有句末的…"),
    ],
    ids=["fits", "sentence", "line", "no end", "only an early end"],
)
def test_a_text_is_cut_where_a_sentence_ends(text: str, limit: int, expected: str) -> None:
    """By bytes; between two characters where no sentence ends, or so early that little would be left."""
    rest = "…" if expected == text else "…" + "x" * (limit - 3 - 18 - 3)
    assert shorten(text, limit, rest).rstrip("x") == expected


@given(TEXTS, st.integers(min_value=0, max_value=700))
def test_the_result_fits_and_begins_as_the_text(text: str, limit: int) -> None:
    """Whatever the text and the limit: no byte too many, no character split, unchanged where it fits."""
    short = shorten(text, limit, REST)
    assert len(short.encode()) <= limit
    if len(text.encode()) <= limit:
        assert short == text
    else:
        assert text.startswith(short.removesuffix(REST))
        assert short.endswith(REST) == (limit >= len(REST.encode()))


@given(LONG_TEXTS, st.integers(min_value=60, max_value=100))
def test_little_is_given_up_for_the_end_of_a_sentence(text: str, limit: int) -> None:
    """At least half of the characters that would fit are kept, but for line ends."""
    kept = shorten(text, limit, REST).removesuffix(REST)
    head = text.encode()[: limit - len(REST.encode())].decode(errors="ignore")
    assert len(kept) * 2 >= len(head) - 2 * head.count("\n")
