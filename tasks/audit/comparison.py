"""Comparing the facts people read with the ledger: registration, answers, files, documents, archive.

The ledger proves itself; this shows that nobody changed, removed or added what stands beside it. What was
disposed of is left out: its words are gone on purpose. Source: ADR-0014.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from models.archive.tables import ArchiveRecord
from models.codes import Step
from models.documents.tables import Document
from models.errors import TamperError
from models.informants.tables import Informant
from models.matters.facts import DEEMED
from models.matters.tables import Answer, AnswerEvidence, Assignment, Evidence, Matter
from models.record.entries import digest
from models.record.entry_kinds import EntryKind
from models.record.tables import LedgerEntry
from tasks.desks import Mechanisms
from tasks.documents.issuing import digest_of
from tasks.matters.reading import family_of, find_matter, key_of
from tasks.workplace import Workplace

# How many matters are looked at together: their facts are all that is held in memory.
_AT_ONCE = 500
_KINDS = (
    EntryKind.REGISTERED,
    EntryKind.CORRECTED,
    EntryKind.REDIRECTED,
    EntryKind.PART_OPENED,
    EntryKind.SUCCEEDED,
    EntryKind.ANSWERED,
    EntryKind.DEEMED_RECEIVED,
    EntryKind.EVIDENCE_ADDED,
    EntryKind.DOCUMENT_DRAFTED,
    EntryKind.DOCUMENT_ISSUED,
    EntryKind.ARCHIVED,
    EntryKind.CLASSIFIED,
    EntryKind.DISPOSED,
    EntryKind.INFORMANT_RECORDED,
    EntryKind.INFORMANT_CHANGED,
    EntryKind.INFORMANT_RESEALED,
)

Detail = Mapping[str, Any]
# A step and its round.
_Turn = tuple[str, int]
_Share = tuple[str, str]


@dataclass
class _Told:
    """What the ledger says of one matter, the newest word where it says something twice."""

    registered: Detail | None = None
    # Unit and title of the share it is, and of those it gathers, by their numbers.
    shares: dict[str, _Share] = field(default_factory=dict)
    answers: dict[_Turn, Detail] = field(default_factory=dict)
    is_deemed: bool = False
    files: set[str] = field(default_factory=set)
    documents: dict[str, str] = field(default_factory=dict)
    archived: Detail | None = None
    kept_until: str | None = None
    is_disposed: bool = False
    # The digest of what is sealed of the informant, blank where none was told.
    informant: str = ""

    def take(self, kind: str, detail: Detail) -> None:
        """Take the next entry."""
        match kind:
            case EntryKind.REGISTERED | EntryKind.CORRECTED:
                # A correction says anew what was registered, as far as it can be corrected.
                self.registered = {**(self.registered or {}), **detail.get("registered", detail)}
            case EntryKind.ANSWERED | EntryKind.REDIRECTED:
                self.answers[str(detail["step"]), int(detail["round"])] = detail
                self.files.update(detail["evidence"])
            case EntryKind.DEEMED_RECEIVED:
                self.is_deemed = True
            case EntryKind.EVIDENCE_ADDED:
                self.files.add(str(detail["sha256"]))
            case EntryKind.DOCUMENT_DRAFTED | EntryKind.DOCUMENT_ISSUED:
                self.documents[str(detail["document"])] = str(detail["content_sha256"])
            case EntryKind.ARCHIVED:
                self.archived, self.kept_until = detail, detail["kept_until"]
            case EntryKind.CLASSIFIED if self.archived is not None:
                self.kept_until = detail["kept_until"]
            case EntryKind.DISPOSED:
                self.is_disposed = True
            case EntryKind.INFORMANT_RECORDED | EntryKind.INFORMANT_CHANGED | EntryKind.INFORMANT_RESEALED:
                self.informant = str(detail.get("sealed_sha256", ""))


@dataclass
class _Found:
    """What is stored of one matter."""

    is_altered: bool = False
    shares: dict[str, _Share] = field(default_factory=dict)
    answers: dict[_Turn, tuple[Answer, set[str]]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    documents: dict[str, str] = field(default_factory=dict)
    archive: ArchiveRecord | None = None
    informant: str = ""


def check_facts(place: Workplace, number: str = "") -> int:
    """Compare the facts of all matters, or of one and its parts, with the ledger.

    Returns:
        How many matters were compared.

    Raises:
        TamperError: Something was changed, removed or added; its position names the matter and the part.
        NotFound: There is no such matter.
    """
    count, after = 0, 0
    with place.reading() as session:
        if number:
            family = list(family_of(session, find_matter(session, number)))
            _check(session, place.mechanisms, family)
            return len(family)
        query = select(Matter).order_by(col(Matter.id)).limit(_AT_ONCE)
        while matters := session.exec(query.where(col(Matter.id) > after)).all():
            _check(session, place.mechanisms, matters)
            count, after = count + len(matters), key_of(matters[-1])
            # What was compared need not be remembered.
            session.expunge_all()
    return count


def _check(session: Session, mechanisms: Mechanisms, matters: Sequence[Matter]) -> None:
    """Compare some matters; a part counts as disposed of with what it belongs to."""
    told = _told(session, [matter.number for matter in matters])
    found = _found(session, [key_of(matter) for matter in matters])
    for desk, of_kind in mechanisms.sorted(matters):
        registered = [(matter, told[matter.number].registered) for matter in of_kind.values()]
        for key in desk.altered(session, registered):
            found[key].is_altered = True
    for matter in matters:
        if told[matter.number].is_disposed or (matter.root_id and _is_disposed(session, matter.root_id)):
            continue
        if told[matter.number].shares != found[key_of(matter)].shares:
            found[key_of(matter)].is_altered = True
        for part in _differences(told[matter.number], found[key_of(matter)]):
            place = f"{matter.number} {part}"
            raise TamperError(f"{place}与台账不符：登记的内容被改动、删除或添加。", place)


def _is_disposed(session: Session, key: int) -> bool:
    """Tell whether the ledger says that a matter was disposed of."""
    number = session.get_one(Matter, key).number
    query = select(LedgerEntry.id).where(LedgerEntry.stream == number, LedgerEntry.kind == EntryKind.DISPOSED)
    return session.exec(query).first() is not None


def _told(session: Session, numbers: Sequence[str]) -> dict[str, _Told]:
    """Return what the ledger says of some matters."""
    told = {number: _Told() for number in numbers}
    query = (
        select(LedgerEntry.stream, LedgerEntry.kind, LedgerEntry.detail)
        .where(col(LedgerEntry.stream).in_(numbers), col(LedgerEntry.kind).in_(_KINDS))
        .order_by(col(LedgerEntry.stream), col(LedgerEntry.sequence))
    )
    for stream, kind, detail in session.exec(query):
        if kind == EntryKind.PART_OPENED:
            told[stream].shares[str(detail["part"])] = str(detail["unit"]), str(detail["title"])
        elif kind == EntryKind.SUCCEEDED and "part" in detail:
            # The share of a unit that was abolished is its successor's.
            told[stream].shares[str(detail["part"])] = str(detail["after"]), str(detail["title"])
        told[stream].take(kind, detail)
    return told


def _found(session: Session, keys: Sequence[int]) -> dict[int, _Found]:
    """Return what is stored of some matters."""
    found = {key: _Found() for key in keys}
    for record in session.exec(select(ArchiveRecord).where(col(ArchiveRecord.matter_id).in_(keys))):
        found[record.matter_id].archive = record
    for document in session.exec(select(Document).where(col(Document.matter_id).in_(keys))):
        found[document.matter_id].documents[document.number] = digest_of(document.content)
    for key, sha256 in session.exec(
        select(Evidence.matter_id, Evidence.sha256).where(col(Evidence.matter_id).in_(keys))
    ):
        found[key].files.add(sha256)
    for informant in session.exec(select(Informant).where(col(Informant.matter_id).in_(keys))):
        found[informant.matter_id].informant = digest(informant.sealed)
    shares = select(Matter).where(col(Matter.id).in_(keys) | col(Matter.parent_id).in_(keys))
    for share in session.exec(shares.where(col(Matter.unit_code).is_not(None))):
        for owner in found.keys() & {share.id, share.parent_id}:
            found[owner].shares[share.number] = share.unit_code or "", share.title
    proofs = _proofs(session, keys)
    query = select(Answer, Assignment).join(Assignment).where(col(Assignment.matter_id).in_(keys))
    for answer, row in session.exec(query):
        turn = (row.step.value, row.round)
        found[row.matter_id].answers[turn] = (answer, proofs.get(answer.id or 0, set()))
    return found


def _proofs(session: Session, keys: Sequence[int]) -> dict[int, set[str]]:
    """Return the digests of the files each answer rests on."""
    query = (
        select(AnswerEvidence.answer_id, Evidence.sha256)
        .join(Evidence, col(Evidence.id) == AnswerEvidence.evidence_id)
        .where(col(Evidence.matter_id).in_(keys))
    )
    found: dict[int, set[str]] = {}
    for answer, sha256 in session.exec(query):
        found.setdefault(answer, set()).add(sha256)
    return found


def _differences(told: _Told, found: _Found) -> Iterator[str]:
    """Yield the parts of a matter that are not as the ledger says, in the order of the life cycle."""
    if found.is_altered:
        yield "登记内容"
    yield from _answer_differences(told, found)
    if told.files - found.files:
        yield "印证材料"
    if told.documents != found.documents:
        yield "公文"
    archive = found.archive
    kept = archive.kept_until.isoformat() if archive is not None and archive.kept_until else None
    if (archive and archive.number) != (told.archived and told.archived["number"]) or kept != told.kept_until:
        yield "档案登记"
    if told.informant and told.informant != found.informant:
        yield "举报人信息"


def _answer_differences(told: _Told, found: _Found) -> Iterator[str]:
    """Yield the steps whose answers are not those of the ledger."""
    order = list(Step)
    for turn in sorted(
        {*told.answers, *found.answers}, key=lambda turn: (turn[1], order.index(Step(turn[0])))
    ):
        answer, proofs = found.answers.get(turn, (None, set()))
        detail = told.answers.get(turn)
        if answer is not None and answer.decision == DEEMED and detail is None and told.is_deemed:
            continue
        same = (
            answer is not None
            and detail is not None
            and all(
                (
                    answer.decision == detail["decision"],
                    answer.fields == detail["fields"],
                    answer.explanation == detail["explanation"],
                    sorted(proofs) == detail["evidence"],
                )
            )
        )
        if not same:
            yield f"{Step(turn[0]).label}反馈"
