"""Seals (封存): one digest a day that binds the heads of all streams, so that a whole stream cannot go.

The heads are the leaves of a Merkle tree in the order of their streams (by bytes), built as in RFC 6962: a
leaf and a node are digested with different first bytes, and a tree is split at the largest power of two below
its size. So a short list of digests proves that one stream was among thousands. Source: ADR-0014.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.record.entries import Head, canonical, digest, moment_text

_LEAF, _NODE = b"\x00", b"\x01"


@dataclass(frozen=True)
class SealFact:
    """A seal: the moment, how many streams there were, their root, and the digest of what had moved."""

    number: int
    at: datetime
    matters: int
    root: str
    changes: str
    previous: str

    @property
    def text(self) -> str:
        """What is digested of a seal."""
        return canonical(
            {
                "number": self.number,
                "at": moment_text(self.at),
                "matters": self.matters,
                "root": self.root,
                "changes": self.changes,
                "previous": self.previous,
            }
        )

    @property
    def hash(self) -> str:
        """The digest of a seal, by which the next one is bound to it."""
        return digest(self.text)


def head_text(head: Head) -> str:
    """Return what is digested of a head."""
    return canonical({"stream": head.stream, "sequence": head.sequence, "hash": head.hash})


def leaf_of(head: Head) -> bytes:
    """Return the leaf of a head."""
    return hashlib.sha256(_LEAF + head_text(head).encode()).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    """Return the node above two others."""
    return hashlib.sha256(_NODE + left + right).digest()


class Tree:
    """A Merkle tree that takes its leaves one after the other and keeps no more than one node a level."""

    def __init__(self) -> None:
        """Begin without a leaf."""
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Take the next leaf."""
        self.size += 1
        self._peaks.append(leaf)
        # As many pairs are complete as the size has zeros at its end.
        for _ in range((self.size & -self.size).bit_length() - 1):
            right, left = self._peaks.pop(), self._peaks.pop()
            self._peaks.append(node_of(left, right))

    @property
    def root(self) -> str:
        """The root over the leaves so far; that of an empty tree is the digest of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").hexdigest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_of(peak, node)
        return node.hex()


class Changes:
    """The digest of the heads that moved, taken one after the other in the order of their streams."""

    def __init__(self) -> None:
        """Begin without a head."""
        self._digest = hashlib.sha256()

    def add(self, head: Head) -> None:
        """Take the next head."""
        self._digest.update(head_text(head).encode() + b"\n")

    @property
    def hash(self) -> str:
        """The digest so far."""
        return self._digest.hexdigest()


@dataclass(frozen=True)
class Beside:
    """One step from a leaf to the root: the node beside it, and whether that stands on the left."""

    hash: str
    on_left: bool


def path_of(leaves: Sequence[bytes], index: int) -> list[Beside]:
    """Return the steps from the leaf at an index up to the root; none where it is the only one."""
    if len(leaves) <= 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*path_of(leaves[:split], index), Beside(root_of(leaves[split:]), on_left=False)]
    return [*path_of(leaves[split:], index - split), Beside(root_of(leaves[:split]), on_left=True)]


def root_of(leaves: Iterable[bytes]) -> str:
    """Return the root over leaves."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root


def root_by_path(leaf: bytes, path: Sequence[Beside]) -> str:
    """Return the root that a leaf and the steps above it lead to."""
    node = leaf
    for beside in path:
        other = bytes.fromhex(beside.hash)
        node = node_of(other, node) if beside.on_left else node_of(node, other)
    return node.hex()
