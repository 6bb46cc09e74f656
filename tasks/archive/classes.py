"""How the archive classes what it keeps; only what is classed has its own volume. Source: 通知§13(三)."""

from typing import Any, NamedTuple

from sqlalchemy import Subquery, select, union_all
from sqlmodel import Session

from models.archive.vocabulary import Barrier, Category, Importance
from models.codes import MatterKind
from tasks.desks import Mechanisms


class Classes(NamedTuple):
    """The classes of one volume; a category or a barrier where its kind knows any."""

    category: Category | None
    importance: Importance
    barrier: Barrier | None

    @property
    def labels(self) -> tuple[str, str, str]:
        """The category, the barrier with its code and the importance in words; blank where there is none."""
        category = self.category.label if self.category else ""
        return category, self.barrier.numbered if self.barrier else "", self.importance.label


def archived_kinds(mechanisms: Mechanisms) -> list[MatterKind]:
    """Return the kinds whose matters have volumes of their own."""
    return [desk.kind.code for desk in mechanisms if desk.classed() is not None]


def all_classed(mechanisms: Mechanisms) -> Subquery:
    """Return the classes of all matters that have any, with their keys as ``matter_id``."""
    queries = (desk.classed() for desk in mechanisms)
    return union_all(*(query for query in queries if query is not None)).subquery("classed")


def classes_of(session: Session, mechanisms: Mechanisms, key: int) -> Classes:
    """Return how a matter that has a volume is classed."""
    classed: Any = all_classed(mechanisms)
    query = select(classed.c.category, classed.c.importance, classed.c.barrier)
    return Classes._make(session.execute(query.where(classed.c.matter_id == key)).one())
