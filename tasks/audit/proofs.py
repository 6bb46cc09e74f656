"""Making proofs: everything that is recorded of a matter, with what binds it to a seal."""

from datetime import datetime
from importlib.resources import files

from sqlmodel import Session, select

from models.errors import NotFound
from models.record.entries import NOTHING, Head, entry_text
from models.record.entry_kinds import EntryKind
from models.record.proof import Proof
from models.record.seals import leaf_of, path_of
from models.record.tables import LedgerHead, Seal, SealedHead
from tasks.matters.reading import find_matter
from tasks.record.ledger import append_entry, entries_of, fact_of
from tasks.record.seals import newest_seal, seal_fact, seal_ledger, sealed_heads
from tasks.workplace import Workplace, bureau_person


def proof_of(place: Workplace, number: str, actor: str, now: datetime) -> str:
    """Return the proof of everything recorded of a matter, as the text of a file.

    What is not sealed yet is sealed first: a proof without a seal would only prove itself.

    Args:
        place: The workplace.
        number: The matter.
        actor: Who wants it, in case the ledger has to be sealed.
        now: The present moment (aware).

    Raises:
        NotFound: There is no such matter.
    """
    with place.reading() as session:
        stream = find_matter(session, number).number
        sealed = _is_sealed(session, stream)
    if not sealed:
        seal_ledger(place, actor, now)
    with place.reading() as session:
        seal = newest_seal(session)
        if seal is None:
            raise NotFound(f"{stream} 还没有台账记录，无从证明。")
        return _proof(session, stream, seal).text


def issue_proof(place: Workplace, number: str, person: str, now: datetime) -> str:
    """Return the proof of a matter for a person who hands it out; the ledger and the proof say so.

    Raises:
        NotFound: There is no such matter.
        RuleViolation: Nobody is named.
    """
    with place.writing() as session:
        actor = bureau_person(session, place, person)
        stream = find_matter(session, number, for_change=True).number
        append_entry(session, stream, now, EntryKind.PROOF_ISSUED, actor, f"出具 {stream} 的台账证明")
    return proof_of(place, stream, actor, now)


def procedure_text() -> str:
    """Return the procedure by which a stranger checks a proof: forty lines that explain themselves."""
    return files("notifications.papers").joinpath("check_proof.py").read_text(encoding="utf-8")


def _is_sealed(session: Session, stream: str) -> bool:
    """Tell whether the last entry of a stream is sealed."""
    head = session.get(LedgerHead, stream)
    query = select(SealedHead).where(SealedHead.stream == stream)
    return head is not None and any(sealed.sequence == head.sequence for sealed in session.exec(query))


def _proof(session: Session, stream: str, seal: Seal) -> Proof:
    """Return the proof of a stream up to the newest seal."""
    leaves, index, found = [], 0, Head(stream, 0, "")
    for position, head in enumerate(sealed_heads(session)):
        leaves.append(leaf_of(head))
        if head.stream == stream:
            index, found = position, head
    entries, previous = [], NOTHING
    for entry in entries_of(session, stream)[: found.sequence]:
        entries.append(entry_text(fact_of(entry), entry.sequence, previous))
        previous = entry.hash
    return Proof(stream, tuple(entries), tuple(path_of(leaves, index)), seal_fact(seal).text)
