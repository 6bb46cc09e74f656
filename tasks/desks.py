"""Desks: what each mechanism brings to the rooms that serve any matter.

A desk is one object with a few hooks; the rooms call them and know nothing of leads or petitions. All desks
are listed once, in ``deployments.mechanisms``, and handed in with the workplace. Source: ADR-0027.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import object_session
from sqlmodel import Session, SQLModel

from models.archive.vocabulary import Barrier, Category, Importance, Retention
from models.codes import MatterKind
from models.documents.tables import Document
from models.errors import RuleViolation
from models.matters.facts import REDIRECTED, AcceptedAnswer, MatterFacts
from models.matters.kinds import Kind, Kinds
from models.matters.tables import Answer, Assignment, Evidence, Matter
from models.matters.vocabulary import Channel
from models.office.directory import Office

Particulars = list[tuple[str, str]]
# A matter with what the ledger says of its registration, None where it says nothing.
Registration = tuple[Matter, Mapping[str, Any] | None]
# A query for how the archive classes matters: ``matter_id``, ``category``, ``importance`` and ``barrier``.
ClassQuery = Select[tuple[int, Category | None, Importance, Barrier | None]]


@dataclass(frozen=True)
class AnsweredAssignment:
    """An assignment with its answer and evidence, None and empty while it is open."""

    row: Assignment
    answer: Answer | None
    evidence: list[Evidence]

    @property
    def counting(self) -> Answer | None:
        """The answer, where the unit gave one or the rule did: what was redirected is another's to answer."""
        return None if self.answer is None or self.answer.decision == REDIRECTED else self.answer


@dataclass(frozen=True)
class MatterFile:
    """Everything stored of one matter; assignments in the order they were opened.

    Attributes:
        matter: Its row.
        desk: The desk of its kind.
        subject: What the desk keeps of it in tables of its own.
        assignments: What was owed and answered.
        parent: The matter it is a part of, None where it stands by itself.
        parts: The shares of units it gathers, in the order they were opened; empty where its kind has none.
    """

    matter: Matter
    desk: "Desk"
    subject: Any
    assignments: list[AnsweredAssignment]
    parent: "MatterFile | None" = None
    parts: Sequence[Matter] = ()

    @property
    def open_assignment(self) -> Assignment | None:
        """The assignment somebody owes now."""
        last = self.assignments[-1] if self.assignments else None
        return last.row if last and last.answer is None and self.matter.outcome is None else None


@dataclass(frozen=True)
class Act:
    """One transaction in which something happens to a matter: by whose rules, and when (aware)."""

    session: Session
    office: Office
    mechanisms: "Mechanisms"
    now: datetime

    @property
    def kinds(self) -> Kinds:
        """What kinds of matters there are."""
        return self.mechanisms.kinds


@dataclass(frozen=True)
class Redirection:
    """To whom what a unit owes is handed anew (改派), by codes with commas between; who decided it, why."""

    authority: str
    cooperating: str
    person: str
    why: str
    channel: Channel


class Desk:
    """What one kind of matter brings; a hook that is not overridden has nothing to add.

    Hooks that take keys are called once for many matters of its kind.
    """

    kind: Kind

    def subject(self, session: Session, matter: Matter) -> Any:  # noqa: ANN401 - each desk has its own tables
        """Return what is stored of a matter in tables of its own, None where it has none."""
        return None

    def facts(self, file: MatterFile, office: Office) -> MatterFacts:
        """Return what the rules of its kind decide on."""
        raise NotImplementedError

    def asking(self, file: MatterFile) -> str:
        """Return the code of the unit that asks for a decision, and does not take it as a substitute."""
        return ""

    def values(self, file: MatterFile, office: Office) -> Mapping[str, object]:
        """Return what its templates may speak of beside what is true of any matter."""
        return {}

    def answered(self, act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
        """Let an answer take effect in the transaction that stores it."""

    def redirect(self, act: Act, file: MatterFile, to: Redirection) -> None:
        """Hand what is owed to another unit, in the transaction that decides so.

        Raises:
            RuleViolation: Nothing of the sort is owed.
        """
        del act, to
        raise RuleViolation(f"{file.matter.kind.label}不能改派。")

    def withdrawn(self, act: Act, file: MatterFile, document: Document, actor: str) -> str:
        """Let it take effect that a person withdrew a document, in the transaction that notes it.

        Returns:
            What follows, in a sentence; blank where nothing does.
        """
        return ""

    def relapsed(self, act: Act, file: MatterFile, accepted: AcceptedAnswer) -> None:
        """Open anew what a look back found to have come back, in the transaction that stores the finding."""

    def come_due(self, act: Act) -> Sequence[str]:
        """Open what time alone has brought about; returns the numbers of what was opened."""
        return ()

    def ended(self, act: Act, file: MatterFile, why: str) -> None:
        """Undo what waited for an answer nobody needs any more, in the transaction that ends its matter."""

    def closed(self, act: Act, file: MatterFile) -> None:
        """Do what is owed in the transaction that closes a matter."""

    def particulars(self, file: MatterFile, office: Office) -> Particulars:
        """Return what its story tells at the beginning, as pairs of name and value."""
        return []

    def related(self, file: MatterFile) -> Mapping[str, Sequence[Matter]]:
        """Return other matters it came from, goes with or answers for, by what they are to it."""
        return {}

    def texts(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return what matters say, word for word, by their keys."""
        return {}

    def text(self, file: MatterFile) -> str:
        """Return what one matter says, word for word; its file was read in the transaction under way."""
        key, session = file.matter.id, object_session(file.matter)
        if key is None or not isinstance(session, Session):
            return ""
        return self.texts(session, [key]).get(key, "")

    def rows(self, file: MatterFile) -> Mapping[str, SQLModel]:
        """Return its own rows by the names they bear in an exported archive."""
        return {}

    def senders(self, session: Session, keys: Sequence[int]) -> Mapping[int, str]:
        """Return the codes of the units that handed in files other than with an answer, by the file's key."""
        return {}

    def altered(self, session: Session, registered: Sequence[Registration]) -> Collection[int]:
        """Return the keys of those of its matters whose own rows are not what the ledger says of them."""
        return ()

    def classed(self) -> ClassQuery | None:
        """Return the query for how the archive classes its matters; None: it keeps no volume of them."""
        return None

    def retention(self, file: MatterFile, office: Office) -> Retention:
        """Return how long the archive keeps the volume of a closed matter."""
        return office.policy.archive.retention.by_category[Category.OTHER]

    def destroy(self, session: Session, keys: Sequence[int], gone: str) -> None:
        """Put ``gone`` in the place of the words in its own rows, when an archive is disposed of."""


class Mechanisms:
    """All desks of an installation."""

    def __init__(self, desks: Iterable[Desk]) -> None:
        """Take the desks, in the order in which people are shown their kinds."""
        self._desks = {desk.kind.code: desk for desk in desks}
        self.kinds = Kinds(desk.kind for desk in self._desks.values())

    def __iter__(self) -> Iterator[Desk]:
        """Give all desks."""
        return iter(self._desks.values())

    def desk(self, code: MatterKind) -> Desk:
        """Return the desk of a kind."""
        return self._desks[code]

    def sorted(self, matters: Iterable[Matter]) -> Iterator[tuple[Desk, dict[int, Matter]]]:
        """Give the desk of each kind there is among matters, with those of its kind by their keys."""
        found: dict[MatterKind, dict[int, Matter]] = {}
        for matter in matters:
            if matter.id is not None:
                found.setdefault(matter.kind, {})[matter.id] = matter
        return ((self.desk(code), of_kind) for code, of_kind in found.items())

    def texts(self, session: Session, matters: Iterable[Matter]) -> dict[int, str]:
        """Return what matters of any kind say, word for word, by their keys; none where they say nothing."""
        found: dict[int, str] = {}
        for desk, of_kind in self.sorted(matters):
            found.update(desk.texts(session, list(of_kind)))
        return found
