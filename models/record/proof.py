"""Proofs: what a stranger needs to check one stream of the ledger without the database.

A proof holds the very texts that were digested, so that checking it takes SHA-256 and nothing of ours; the
procedure is ``notifications/papers/check_proof.py``. Source: ADR-0014.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models.errors import InputError, TamperError
from models.record.entries import NOTHING, Head, digest
from models.record.seals import Beside, leaf_of, root_by_path

FORMAT = "zero137-proof-1"
_NODE_BYTES = 32


@dataclass(frozen=True)
class Proof:
    """A proof as it is written.

    Attributes:
        stream: The matter's number.
        entries: The digested text of every entry up to the seal, in order; at least one.
        path: The steps from the stream's leaf to the root of the seal.
        seal: The digested text of the seal.
    """

    stream: str
    entries: tuple[str, ...]
    path: tuple[Beside, ...]
    seal: str

    @property
    def text(self) -> str:
        """The proof as a file for people and programs."""
        told = {"format": FORMAT, **asdict(self), "seal_hash": digest(self.seal)}
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True)
class CheckedProof:
    """What a proof proves, provided its seal is one that was kept elsewhere.

    Attributes:
        stream: The matter's number.
        entries: Every entry in order: stream, sequence, previous, at, kind, actor, summary, detail.
        seal_number: The seal.
        seal_hash: Its digest, to be compared with the one kept elsewhere.
        seal_text: Its digested text.
    """

    stream: str
    entries: tuple[Mapping[str, Any], ...]
    seal_number: int
    seal_hash: str
    seal_text: str


def check_proof(text: str) -> CheckedProof:
    """Check a proof from its own content.

    Raises:
        InputError: The text is no proof.
        TamperError: It was changed; the position is the first entry, or the part, that does not fit.
    """
    proof = _read(text)
    entries = tuple(_entry(told, proof.stream, number) for number, told in enumerate(proof.entries, start=1))
    seal = _seal(proof)
    _check_chain(proof, entries)
    return CheckedProof(proof.stream, entries, seal, digest(proof.seal), proof.seal)


def _seal(proof: Proof) -> int:
    """Return the number of the seal, which has to know the last entry."""
    seal = _parsed(proof.seal, "封存记录")
    number = seal.get("number")
    if not isinstance(number, int):
        raise TamperError("封存记录没有编号，文件可能被改动。", "封存记录")
    leaf = leaf_of(Head(proof.stream, len(proof.entries), digest(proof.entries[-1])))
    if root_by_path(leaf, proof.path) != seal.get("root"):
        place = f"{proof.stream} 第{len(proof.entries)}条"
        raise TamperError(f"{place}与封存第{number}号对不上：记录被改动或截短，或封存被改动。", place)
    return number


def _check_chain(proof: Proof, entries: Sequence[Mapping[str, Any]]) -> None:
    """Go back from the last entry, which the seal knows: what an entry does not follow was changed."""
    for number in range(len(entries), 0, -1):
        previous = digest(proof.entries[number - 2]) if number > 1 else NOTHING
        if entries[number - 1].get("previous") != previous:
            place = f"{proof.stream} 第{max(number - 1, 1)}条"
            raise TamperError(f"{place}记录被改动：后一条与它接不上。", place)


def _read(text: str) -> Proof:
    """Return a proof from its file, or say that it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TamperError("证明文件不是有效的 JSON，已损坏或不是证明文件。", "文件格式") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise InputError("这不是台账证明文件，请核对文件。")
    try:
        proof = Proof(
            str(told["stream"]), tuple(map(str, told["entries"])),
            tuple(Beside(str(each["hash"]), on_left=bool(each["on_left"])) for each in told["path"]),
            str(told["seal"]),
        )  # fmt: skip
        nodes = [(beside.hash, bytes.fromhex(beside.hash)) for beside in proof.path]
        written = proof.text
    except (KeyError, TypeError, ValueError) as error:
        raise TamperError("证明文件的内容不完整，可能被改动。", "文件格式") from error
    if told.get("seal_hash") != digest(proof.seal):
        raise TamperError("封存记录与其摘要不符，可能被改动。", "封存记录")
    if (
        written != text
        or not proof.entries
        or any(len(node) != _NODE_BYTES or node.hex() != written_so for written_so, node in nodes)
    ):
        # Also a blank more or another order of keys is a change.
        raise TamperError("证明文件的格式与系统写出的不一致，可能被改动。", "文件格式")
    return proof


def _entry(text: object, stream: str, number: int) -> Mapping[str, Any]:
    """Return one entry, or say that another one should stand there."""
    place = f"{stream} 第{number}条"
    entry = _parsed(text, place)
    if (entry.get("stream"), entry.get("sequence")) != (stream, number):
        raise TamperError(f"{place}不是该处应有的记录：记录被插入、删除或调换。", place)
    return entry


def _parsed(text: object, place: str) -> Mapping[str, Any]:
    """Return JSON values from one of the texts within a proof."""
    try:
        found = json.loads(str(text))
        if isinstance(found, dict):
            return found
    except (ValueError, RecursionError):
        pass
    raise TamperError(f"{place}无法识别，文件可能被改动。", place)


def check_kept_seals(checked: CheckedProof, kept: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the seal of a proof is among seals that were kept elsewhere."""
    return any(
        seal.get("hash") == checked.seal_hash and seal.get("text") == checked.seal_text for seal in kept
    )
