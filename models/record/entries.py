"""The chain of the ledger: every entry is bound to the one before it by a digest over canonical JSON.

Canonical JSON: keys in the order of their code points, no blanks, UTF-8, nothing escaped but what JSON
demands. Whoever holds the text of an entry needs nothing but SHA-256 to check it. Source: ADR-0014.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# What the first entry of a stream follows.
NOTHING = "0" * 64
# Who does what no person decided.
RULE = "规则"

_WHAT_ACTORS_HOLD = 100
# Millions of entries are digested when the ledger is verified; one encoder serves all of them.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True)
class Fact:
    """One fact to be appended.

    Attributes:
        stream: The matter's number, or ``units`` and ``calendar`` for what concerns no matter.
        at: The moment of the fact (aware).
        kind: What it tells of; a code of ``EntryKind``, unless somebody tampered with it.
        actor: Who did it: unit and person, or the rule; cut to 100 characters.
        summary: One Chinese sentence.
        detail: JSON values that allow the fact to be proven.
    """

    stream: str
    at: datetime
    kind: str
    actor: str
    summary: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """The last entry of a stream: what its whole chain is known by."""

    stream: str
    sequence: int
    hash: str


def canonical(value: object) -> str:
    """Return JSON values as canonical JSON.

    Raises:
        ValueError: A number is infinite or none at all: no two programs write those alike.
    """
    return _encode(value)


def digest(text: str) -> str:
    """Return the SHA-256 of a text as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def moment_text(moment: datetime) -> str:
    """Return a moment (aware) in UTC to the microsecond, as 2026-11-23T02:00:00.000000Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def entry_text(fact: Fact, sequence: int, previous: str) -> str:
    """Return what is digested of an entry.

    Args:
        fact: What is recorded.
        sequence: Its number in its stream, from 1 without a gap.
        previous: The digest of the entry before it, ``NOTHING`` for the first.
    """
    return canonical(
        {
            "stream": fact.stream,
            "sequence": sequence,
            "previous": previous,
            "at": moment_text(fact.at),
            "kind": fact.kind,
            "actor": fact.actor[:_WHAT_ACTORS_HOLD],
            "summary": fact.summary,
            "detail": fact.detail,
        }
    )


def entry_hash(fact: Fact, sequence: int, previous: str) -> str:
    """Return the digest of an entry; see ``entry_text``."""
    return digest(entry_text(fact, sequence, previous))
