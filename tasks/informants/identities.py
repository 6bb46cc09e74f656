"""Informants' identities: sealed beside their leads, shown only after the ledger says who asked and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.archive.tables import ArchiveRecord
from models.errors import ConflictError, InputError, NotFound, RuleViolation, Zero137Error
from models.informants.identity import Identity, identity_in, identity_text
from models.informants.naming import Naming, names_informant, naming_in
from models.informants.tables import Informant
from models.matters.tables import Matter
from models.record.entries import Fact, digest
from models.record.entry_kinds import EntryKind
from models.texts import required_text
from tasks.informants.keys import open_vault
from tasks.informants.vault import Vault
from tasks.matters.reading import find_matter, key_of
from tasks.record.ledger import append_facts
from tasks.turns import take_turn
from tasks.workplace import Workplace, bureau_person

# Whoever seals, opens or changes the keys takes this turn: keys and rows are seen as they belong together.
TURN = "举报人"
LONGEST_PERSON = 50
_LONGEST_REASON = 500
_UNTOLD = "（事由中写有举报人信息，未记录）"
_UNREADABLE = "举报人信息未能解密，未向调阅人显示"


@dataclass(frozen=True)
class Reading:
    """Who asks for an identity and why.

    Attributes:
        person: The name of the person.
        reason: Why it has to be known; stands in the ledger.
        account: The account of the machine the command was given under, which no option can change.
    """

    person: str
    reason: str
    account: str


@dataclass(frozen=True)
class Kept:
    """A lead whose informant is kept; ``recorded_at`` is when that was last written (aware)."""

    number: str
    printed_number: str
    recorded_at: datetime


def record_informant(
    place: Workplace, number: str, identity: Identity, person: str, now: datetime, *, correct: bool = False
) -> bool:
    """Seal who reported a lead; the ledger tells that it was done, not what was written.

    Args:
        place: The workplace.
        number: The lead.
        identity: Who reported it; takes the place of the whole identity that was known.
        person: Who records it.
        now: The present moment (aware).
        correct: Replace what is there.

    Returns:
        Whether one was there and was replaced.

    Raises:
        NotFound: There is no such lead, or no key.
        InputError: The key cannot be used.
        RuleViolation: The matter is part of another one, its archive was disposed of, or nobody is named.
        ConflictError: There is one already, and it was not to be corrected.
    """
    by = required_text(person, "经办人", LONGEST_PERSON)
    with place.writing() as session:
        take_turn(session, TURN)
        vault = open_vault(place)
        matter = find_matter(session, number, for_change=True)
        _check_may_record(session, matter)
        known = session.get(Informant, key_of(matter)) is not None
        if known and not correct:
            raise ConflictError(f"{matter.number} 已登记举报人信息，如需整体更正请加 --correct。")
        fact = _seal(session, vault, matter, identity, bureau_person(session, place, by), now)
        append_facts(session, [fact])
    return known


def keep_informants(
    session: Session,
    place: Workplace,
    reported: Sequence[tuple[str, Identity]],
    actor: str,
    now: datetime,
) -> None:
    """Seal the informants of matters that are being registered, within the same transaction.

    A matter known before gets the informant it lacked while it is open; one that is there is left alone.

    Args:
        session: The transaction of the registration.
        place: The workplace.
        reported: The number of each matter with who reported it.
        actor: Who registers them.
        now: The present moment (aware).

    Raises:
        NotFound: There is no key; nothing must be registered then.
        InputError: The key cannot be used.
    """
    take_turn(session, TURN)
    vault = open_vault(place)
    facts = []
    # In the order of their numbers, as whoever else locks several streams does.
    for number, identity in sorted(reported, key=lambda each: each[0]):
        matter = find_matter(session, number)
        known = session.get(Informant, key_of(matter)) is not None
        if not known and matter.outcome is None:
            facts.append(_seal(session, vault, matter, identity, actor, now))
    append_facts(session, facts)


def read_informant(place: Workplace, number: str, reading: Reading, now: datetime) -> Identity:
    """Return who reported a lead, once the ledger holds who asked, when and why.

    Raises:
        NotFound: There is no such lead, none is kept of it, or there is no key.
        RuleViolation: Nobody or no reason is named, or the reason names the informant.
        InputError: The key cannot be used or is another one.
        TamperError: What is stored was changed, or belongs to another lead.

    Source: ADR-0016.
    """
    by = required_text(reading.person, "经办人", LONGEST_PERSON)
    reason = required_text(reading.reason, "调阅事由", _LONGEST_REASON)
    with place.reading() as session:
        number = _with_informant(session, number).number
    identity, fault = _tried(place, number)
    if identity is not None and names_informant(identity, reason):
        # The ledger never forgets; the attempt stands in it all the same.
        fault, reason = RuleViolation("调阅事由中写有举报人信息，未予显示；请改写事由后重试。"), _UNTOLD
    _note_reading(place, number, by, {"reason": reason, "account": reading.account}, now, fault=fault)
    if fault is not None or identity is None:
        raise fault or NotFound(f"{number} 没有登记举报人信息。")
    return identity


def _tried(place: Workplace, number: str) -> tuple[Identity | None, Zero137Error | None]:
    """Open who reported a lead in memory alone; returns why it cannot be opened instead of raising."""
    try:
        return _open(place, number), None
    except Zero137Error as error:
        return None, error


def _note_reading(
    place: Workplace, number: str, person: str, detail: dict[str, str], now: datetime, *,
    fault: Zero137Error | None,
) -> None:  # fmt: skip
    """Write who asked, when and why, and that nothing was shown where that is so; committed on return."""
    with place.writing() as session:
        matter = find_matter(session, number, for_change=True)
        actor = bureau_person(session, place, person)
        summary = f"调阅举报人信息，事由：{detail['reason']}"
        facts = [Fact(matter.number, now, EntryKind.INFORMANT_READ, actor, summary, detail)]
        if fault is not None:
            untold = "未向调阅人显示举报人信息" if isinstance(fault, RuleViolation) else _UNREADABLE
            facts.append(Fact(matter.number, now, EntryKind.INFORMANT_UNREADABLE, actor, untold, detail))
        append_facts(session, facts)


def is_named_in_lead(place: Workplace, number: str, identity: Identity) -> bool:
    """Tell whether the words of a matter name an informant, as they may where both came in apart.

    Raises:
        NotFound: There is no such matter.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
        texts = place.mechanisms.texts(session, [matter])
        return naming_in(identity, matter.title, *texts.values()) is Naming.NAMED


def has_informant(place: Workplace, number: str) -> bool:
    """Tell whether an informant is kept of a lead, or of the lead a petition is about.

    Raises:
        NotFound: There is no such matter.
    """
    with place.reading() as session:
        matter = find_matter(session, number)
        return session.get(Informant, matter.root_id or key_of(matter)) is not None


def list_informants(place: Workplace) -> list[Kept]:
    """Return the leads whose informants are kept, in the order of their registration."""
    query = select(Matter, Informant.recorded_at).join(Informant).order_by(col(Matter.id))
    with place.reading() as session:
        rows = session.exec(query).all()
    return [Kept(matter.number, matter.printed_number, moment) for matter, moment in rows]


def key_fault(place: Workplace) -> str:
    """Return what is wrong with the keys, blank where nothing is or none is needed yet."""
    try:
        open_vault(place)
    except NotFound as error:
        return str(error) if list_informants(place) else ""
    except InputError as error:
        return str(error)
    return ""


def _open(place: Workplace, number: str) -> Identity:
    """Return what is sealed of a lead; the turn keeps the keys from changing between row and key."""
    with place.writing() as session:
        take_turn(session, TURN)
        row = session.get_one(Informant, key_of(_with_informant(session, number)))
        return identity_in(open_vault(place).open(row.sealed), number)


def _with_informant(session: Session, number: str) -> Matter:
    """Return a lead of which an informant is kept."""
    matter = find_matter(session, number)
    if session.get(Informant, key_of(matter)) is None:
        raise NotFound(f"{matter.number} 没有登记举报人信息。")
    return matter


def _check_may_record(session: Session, matter: Matter) -> None:
    """Refuse an informant of a part, or of a matter whose file was destroyed on purpose."""
    if matter.parent_id is not None:
        raise RuleViolation(f"{matter.number} 是{matter.kind.label}，举报人信息应登记在所属事项上。")
    record = session.get(ArchiveRecord, key_of(matter))
    if record is not None and record.disposed_at is not None:
        raise RuleViolation(f"{matter.number} 的档案已经销毁，不能再登记举报人信息。")


def _seal(
    session: Session, vault: Vault, matter: Matter, identity: Identity, actor: str, now: datetime
) -> Fact:
    """Write the sealed identity of a lead; returns what the ledger has to say of it."""
    sealed = vault.seal(identity_text(matter.number, identity))
    row = session.get(Informant, key_of(matter))
    kind = EntryKind.INFORMANT_RECORDED if row is None else EntryKind.INFORMANT_CHANGED
    verb = "登记" if row is None else "更正"
    row = row or Informant(matter_id=key_of(matter), sealed="", recorded_at=now)
    row.sealed, row.recorded_at = sealed, now
    session.add(row)
    return Fact(
        matter.number, now, kind, actor, f"{verb}举报人信息（加密保存）", {"sealed_sha256": digest(sealed)}
    )
