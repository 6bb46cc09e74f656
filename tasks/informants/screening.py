"""Looking through what goes out in letters and messages for the informant of a lead. Source: ADR-0016.

It is the last thing looked at, so that it tells nothing to somebody whose text would be refused anyhow; each
refusal is noted, and after a few of them nothing of that unit is taken until the next day.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from models.errors import RuleViolation, Zero137Error
from models.informants.identity import Identity, identity_in
from models.informants.naming import Naming, naming_in
from models.informants.tables import Informant
from models.matters.tables import Matter
from models.mechanisms.leads.tables import Lead
from models.record.entries import digest
from models.record.entry_kinds import EntryKind
from models.record.tables import LedgerEntry
from tasks.informants.keys import open_vault
from tasks.matters.reading import key_of
from tasks.record.ledger import append_entry
from tasks.workplace import Workplace, office_of

_MOST_TRIES = 5
_WITHIN = timedelta(days=1)
_NAMED = "填写的内容中有举报人的姓名或联系方式，公文和消息会引用，请改称“举报人”后重新提交。"
_PERHAPS = (
    "填写的内容中有与举报人的姓名或联系方式相同的字样，可能是较长词语的一部分；"
    "确与举报人无关的，请原样再提交一次予以确认，确认将记入台账。"
)
_TOO_OFTEN = "本单位今日多次提交涉及举报人信息的内容，暂不受理，请于次日重新提交或与发展改革部门联系。"


@dataclass(frozen=True)
class Author:
    """Who wrote what is looked through: the code of the unit, how the ledger names them, when (aware)."""

    unit: str
    actor: str
    at: datetime


class NamingRefused(RuleViolation):
    """A text that names an informant, or may do so; it is noted who wrote it, never what."""

    def __init__(self, reason: str, stream: str, author: Author, text: str) -> None:
        """Keep where and about whom it is noted; ``text`` is the digest by which a repetition is known."""
        super().__init__(reason)
        self.stream, self.author, self.text = stream, author, text


@contextmanager
def screened(place: Workplace) -> Iterator[Session]:
    """Open a writing transaction; where it ends because an informant is named, that is noted in another."""
    try:
        with place.writing() as session:
            yield session
    except NamingRefused as refused:
        with place.writing() as session:
            append_entry(
                session, refused.stream, refused.author.at, EntryKind.NAMING_REFUSED, refused.author.actor,
                "填写的内容涉及举报人，未采纳", unit=refused.author.unit, text_sha256=refused.text,
            )  # fmt: skip
        raise


def refuse_naming(session: Session, place: Workplace, matter: Matter, author: Author, *texts: str) -> None:
    """Refuse texts about a lead that name its informant: letters and messages quote them.

    Where the same characters stand within a longer word only, the same texts are taken once they come a
    second time, and that is noted. A key that is lost keeps nobody from working; nothing is compared then.

    Args:
        session: A transaction of ``screened``, which has locked the matter; all else was checked before.
        place: The workplace.
        matter: The lead, or a part of it.
        author: Who wrote them.
        *texts: What was written.

    Raises:
        RuleViolation: One of them names the informant, or the unit tried too often; nothing is repeated.

    Source: ADR-0016.
    """
    root = matter if matter.root_id is None else session.get_one(Matter, matter.root_id)
    identities = list(_identities(session, place, root))
    if not identities:
        return
    tries = _tries(session, root.number, author)
    if len(tries) >= _MOST_TRIES:
        raise RuleViolation(_TOO_OFTEN)
    units = office_of(session, place).units
    names = frozenset(name for unit in units for name in (unit.name, unit.short_name))
    found = {naming_in(identity, *texts, words=names) for identity in identities}
    match next((naming for naming in (Naming.NAMED, Naming.WITHIN) if naming in found), Naming.NONE):
        case Naming.NAMED:
            raise NamingRefused(_NAMED, root.number, author, "")
        case Naming.WITHIN:
            text = digest("\0".join(texts))
            if text not in tries:
                raise NamingRefused(_PERHAPS, root.number, author, text)
            append_entry(
                session, root.number, author.at, EntryKind.NAMING_CONFIRMED, author.actor,
                "确认填写的内容与举报人无关", unit=author.unit, text_sha256=text,
            )  # fmt: skip


def is_naming(session: Session, place: Workplace, matter: Matter, *texts: str) -> bool:
    """Tell whether texts name an informant of a lead, or may do so."""
    return any(
        naming_in(identity, *texts) is not Naming.NONE for identity in _identities(session, place, matter)
    )


def _identities(session: Session, place: Workplace, root: Matter) -> Iterator[Identity]:
    """Give who reported a lead and those that were merged into it, as far as it is kept and can be opened."""
    row = session.get(Informant, key_of(root))
    if row is not None:
        with suppress(Zero137Error):
            yield identity_in(open_vault(place).open(row.sealed), root.number)
    merged = select(Matter).join(Lead).where(Lead.merged_into_id == root.id)
    for matter in session.exec(merged.order_by(col(Matter.id))).all():
        yield from _identities(session, place, matter)


def _tries(session: Session, stream: str, author: Author) -> list[str]:
    """Return the digests of what a unit was refused about a lead within a day, blank where it named it."""
    query = select(LedgerEntry).where(
        LedgerEntry.stream == stream,
        LedgerEntry.kind == EntryKind.NAMING_REFUSED,
        col(LedgerEntry.at) > author.at - _WITHIN,
    )
    entries = session.exec(query.order_by(col(LedgerEntry.id)))
    return [str(each.detail["text_sha256"]) for each in entries if each.detail["unit"] == author.unit]
