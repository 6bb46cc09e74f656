"""Desks: what each mechanism brings to the rooms that serve any matter.

A desk is one object with a few hooks; the rooms call them and know nothing of leads or petitions. All desks
are listed once, in ``deployments.mechanisms``, and handed in with the workplace. Source: ADR-0027.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, SQLModel

from models.codes import MatterKind
from models.matters.facts import AcceptedAnswer, MatterFacts
from models.matters.kinds import Kind, Kinds
from models.matters.tables import Answer, Assignment, Evidence, Matter
from models.office.directory import Office

Particulars = list[tuple[str, str]]


@dataclass(frozen=True)
class AnsweredAssignment:
    """An assignment with its answer and evidence, None and empty while it is open."""

    row: Assignment
    answer: Answer | None
    evidence: list[Evidence]


@dataclass(frozen=True)
class MatterFile:
    """Everything stored of one matter; assignments in the order they were opened.

    Attributes:
        matter: Its row.
        desk: The desk of its kind.
        subject: What the desk keeps of it in tables of its own.
        assignments: What was owed and answered.
        parent: The matter it is a part of, None where it stands by itself.
    """

    matter: Matter
    desk: "Desk"
    subject: Any
    assignments: list[AnsweredAssignment]
    parent: "MatterFile | None" = None

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


class Desk:
    """What one kind of matter brings; a hook that is not overridden has nothing to add."""

    kind: Kind

    def subject(self, session: Session, matter: Matter) -> Any:  # noqa: ANN401 - each desk has its own tables
        """Return what is stored of a matter in tables of its own."""
        raise NotImplementedError

    def facts(self, file: MatterFile, office: Office) -> MatterFacts:
        """Return what the rules of its kind decide on."""
        raise NotImplementedError

    def values(self, file: MatterFile, office: Office) -> Mapping[str, object]:
        """Return what its templates may speak of beside what is true of any matter."""
        del file, office
        return {}

    def answered(self, act: Act, file: MatterFile, accepted: AcceptedAnswer) -> Sequence[str]:
        """Let an answer take effect in the transaction that stores it; returns the numbers of what ended."""
        del act, file, accepted
        return ()

    def closed(self, act: Act, file: MatterFile) -> None:
        """Do what is owed in the transaction that closes a matter."""

    def particulars(self, file: MatterFile, office: Office) -> Particulars:
        """Return what its story tells at the beginning, as pairs of name and value."""
        del file, office
        return []

    def text(self, file: MatterFile) -> str:
        """Return what a matter says, word for word."""
        del file
        return ""

    def rows(self, file: MatterFile) -> Mapping[str, SQLModel]:
        """Return its own rows by the names they bear in an exported archive."""
        del file
        return {}


class Mechanisms:
    """All desks of an installation."""

    def __init__(self, desks: Iterable[Desk]) -> None:
        """Take the desks, in the order in which people are shown their kinds."""
        self._desks = {desk.kind.code: desk for desk in desks}
        self.kinds = Kinds(desk.kind for desk in self._desks.values())

    def desk(self, code: MatterKind) -> Desk:
        """Return the desk of a kind."""
        return self._desks[code]
