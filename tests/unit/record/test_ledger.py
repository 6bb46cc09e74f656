"""The digests of the ledger: what is digested is fixed for ever, and a tree is what RFC 6962 says."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from models.record.entries import NOTHING, Fact, Head, canonical, digest, entry_hash, entry_text
from models.record.seals import Changes, SealFact, Tree, head_text, leaf_of, path_of, root_by_path, root_of

AT = datetime(2026, 11, 23, 2, 0, 0, 5, tzinfo=UTC)
FACT = Fact(
    "L2026-0001", AT, "registered", "发改局 经办人甲", "登记线索《某标题》", {"b": [1, None], "a": "〔2026〕"}
)


def naive_root(leaves: list[bytes]) -> bytes:
    """Return the root by the recursive definition of RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    pair = naive_root(leaves[:split]) + naive_root(leaves[split:])
    return hashlib.sha256(b"\x01" + pair).digest()


def heads(count: int) -> list[Head]:
    """Return heads of that many streams."""
    return [Head(f"L2026-{number:04d}", number + 1, digest(str(number))) for number in range(count)]


def test_what_is_digested_of_an_entry_never_changes() -> None:
    """Ledgers that are kept for thirty years are checked against exactly this text."""
    expected = (
        '{"actor":"发改局 经办人甲","at":"2026-11-23T02:00:00.000005Z",'
        f'"detail":{{"a":"〔2026〕","b":[1,null]}},"kind":"registered","previous":"{NOTHING}","sequence":1,"stream":"L2026-0001",'
        '"summary":"登记线索《某标题》"}'
    )
    assert entry_text(FACT, 1, NOTHING) == expected
    assert entry_hash(FACT, 1, NOTHING) == hashlib.sha256(expected.encode()).hexdigest()


def test_the_zone_of_a_moment_makes_no_difference() -> None:
    """The same moment on a clock in Houma has the same digest."""
    local = AT.astimezone(timezone(timedelta(hours=8)))
    moved = Fact(FACT.stream, local, FACT.kind, FACT.actor, FACT.summary, FACT.detail)
    assert entry_hash(moved, 1, NOTHING) == entry_hash(FACT, 1, NOTHING)


def test_what_no_two_programs_write_alike_is_refused() -> None:
    """Infinite numbers have no canonical form."""
    with pytest.raises(ValueError, match="JSON"):
        canonical({"amount": float("inf")})


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100])
def test_a_tree_has_the_root_of_its_definition(count: int) -> None:
    """Leaves taken one by one lead to the root of the recursive definition; every path leads there too."""
    leaves = [leaf_of(head) for head in heads(count)]
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    assert (tree.size, tree.root) == (count, naive_root(leaves).hex())
    for index, leaf in enumerate(leaves):
        assert root_by_path(leaf, path_of(leaves, index)) == tree.root


def test_a_leaf_is_no_node() -> None:
    """Two leaves joined by hand are another leaf's digest under no circumstances."""
    first, second = (leaf_of(head) for head in heads(2))
    assert root_of([first, second]) != hashlib.sha256(b"\x00" + first + second).hexdigest()


def test_an_empty_tree_has_a_root() -> None:
    """The digest of nothing, as RFC 6962 has it."""
    assert Tree().root == hashlib.sha256(b"").hexdigest()


def test_the_changes_depend_on_every_head_and_their_order() -> None:
    """Each line is digested with its end, so that no two lists say the same."""
    one, two = heads(2)
    found = set()
    for order in ([one, two], [two, one], [one], [two], []):
        changes = Changes()
        for head in order:
            changes.add(head)
        found.add(changes.hash)
    assert len(found) == 5
    assert head_text(one) == f'{{"hash":"{one.hash}","sequence":1,"stream":"L2026-0000"}}'


def test_what_is_digested_of_a_seal_never_changes() -> None:
    """As with entries: what was kept elsewhere must fit for ever."""
    seal = SealFact(1, AT, 2, "a" * 64, "b" * 64, NOTHING)
    assert seal.text == (
        f'{{"at":"2026-11-23T02:00:00.000005Z","changes":"{"b" * 64}","matters":2,"number":1,'
        f'"previous":"{NOTHING}","root":"{"a" * 64}"}}'
    )
    assert seal.hash == digest(seal.text)
