"""Changing the key of informants' identities: whenever it is cut short, every row can still be read."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.errors import InputError, RuleViolation
from models.informants.identity import identity_in
from models.informants.tables import Informant
from models.matters.tables import Matter
from models.record.entries import Fact, digest
from models.record.entry_kinds import EntryKind
from models.texts import required_text
from tasks.informants.identities import LONGEST_PERSON, TURN
from tasks.informants.keys import VARIABLE, origin_of, read_keys, replace_key_file
from tasks.informants.vault import Vault, mark_of, new_key
from tasks.record.ledger import append_entry, append_facts
from tasks.turns import take_turn
from tasks.workplace import Workplace, office_of

# The stream of the ledger for what concerns no single lead.
STREAM = "informants"


@dataclass(frozen=True)
class Rotation:
    """What a change of keys did.

    Attributes:
        sealed_anew: How many identities were sealed again.
        continued: Whether it brought an earlier change to its end, instead of making a new key.
        left: How many further keys the environment still holds, none where a file was changed.
    """

    sealed_anew: int
    continued: bool
    left: int


def rotate_keys(place: Workplace, person: str, now: datetime) -> Rotation:
    """Seal every identity with a new key, and leave that key alone in the file.

    First the file holds the new key before the old ones, then the rows change in one transaction, at last the
    old keys leave the file. Cut short anywhere, it is brought to its end by the next call. Keys from the
    environment cannot be changed from here: everything is sealed with the first of them.

    Args:
        place: The workplace.
        person: Who changes the key.
        now: The present moment (aware).

    Raises:
        NotFound: There is no key.
        RuleViolation: Nobody is named, or the environment gives no second key.
        InputError: A key cannot be used, or rows are there that none of the keys opens; nothing was changed.
        TamperError: A row was changed; nothing was changed.
        StartError: The key file cannot be written; what is sealed can still be read.

    Source: ADR-0016.
    """
    by = required_text(person, "经办人", LONGEST_PERSON)
    from_file = place.keys.given is None
    with place.writing() as session:
        take_turn(session, TURN)
        keys = read_keys(place)
        rows = _check_rows(session, Vault(keys, origin_of(place)))
        if len(keys) == 1 and not from_file:
            raise RuleViolation(
                f"{VARIABLE} 中只有一个密钥，没有更换；请用 zero137 informant key --print 取得新密钥，"
                "写在最前并用逗号隔开，重启系统后再运行。"
            )
        continued = from_file and len(keys) > 1
        if from_file and not continued:
            keys = [new_key(), *keys]
            replace_key_file(place.key_file, keys)
        _seal_anew(session, rows, Vault(keys, origin_of(place)), Vault(keys[:1], origin_of(place)))
        actor = f"{office_of(session, place).bureau().short_name} {by}"
        append_entry(
            session, STREAM, now, EntryKind.INFORMANT_KEY_ROTATED, actor,
            f"更换举报人信息的密钥，重新加密{len(rows)}条",
            sealed_anew=len(rows), key=mark_of(keys[0]),
        )  # fmt: skip
        append_facts(session, [_resealed(number, row, actor, now) for row, number in rows])
    if from_file:
        _drop_old_keys(place, keys)
    return Rotation(len(rows), continued, 0 if from_file else len(keys) - 1)


def _check_rows(session: Session, vault: Vault) -> list[tuple[Informant, str]]:
    """Return every row with its lead's number, after a look that each of them can be opened."""
    query = select(Informant, Matter.number).join(Matter).order_by(col(Informant.matter_id))
    # Whoever destroys a file meanwhile waits, or was first.
    rows = [(row, number) for row, number in session.exec(query.with_for_update(of=Informant))]
    closed = [number for row, number in rows if not vault.knows(row.sealed)]
    if closed:
        raise InputError(
            f"{'、'.join(closed[:10])} 等{len(closed)}条举报人信息不能用现有密钥解密，未更换密钥；"
            "请先找到原密钥并追加到现有密钥之后。"
        )
    for row, number in rows:
        identity_in(vault.open(row.sealed), number)
    return rows


def _seal_anew(session: Session, rows: list[tuple[Informant, str]], old: Vault, new: Vault) -> None:
    """Seal rows with the new key alone, and make sure that it opens them."""
    for row, number in rows:
        text = old.open(row.sealed)
        row.sealed = new.seal(text)
        if identity_in(new.open(row.sealed), number) != identity_in(text, number):
            raise InputError(f"{number} 的举报人信息重新加密后不一致，未作任何更改，请重试。")
        session.add(row)


def _resealed(number: str, row: Informant, actor: str, now: datetime) -> Fact:
    """Return what the ledger of a lead has to say: without it, a row that was replaced would not show."""
    detail = {"sealed_sha256": digest(row.sealed)}
    return Fact(number, now, EntryKind.INFORMANT_RESEALED, actor, "更换密钥，重新加密举报人信息", detail)


def _drop_old_keys(place: Workplace, keys: list[str]) -> None:
    """Leave the new key alone in the file, unless somebody changed the file meanwhile."""
    with place.writing() as session:
        take_turn(session, TURN)
        if read_keys(place) == keys:
            replace_key_file(place.key_file, keys[:1])
