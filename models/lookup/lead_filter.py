"""Which leads are looked for, in which order and on which page, as people say it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Self

from models.archive.vocabulary import Barrier, Category, Importance
from models.codes import MatterKind, Step
from models.days.calendar import WorkCalendar
from models.days.periods import ALWAYS, Period
from models.documents.vocabulary import SourceLevel
from models.labels import Labelled
from models.lookup.lead_text import words_of
from models.matters.vocabulary import Signal
from models.office.policy import Policy
from models.texts import check_text

LEADS = frozenset({MatterKind.LEAD})


class Status(Labelled):
    """Whether leads are still being handled."""

    OPEN = "open", "在办"
    CLOSED = "closed", "已办结"
    ALL = "all", "全部"


class SortKey(Labelled):
    """By what leads are put in order; leads that owe nothing have no due date and come last."""

    DUE = "due", "到期"
    RECEIVED = "received", "收到"
    NUMBER = "number", "编号"
    TITLE = "title", "标题"


@dataclass(frozen=True)
class LeadFilter:
    """What is asked of leads; an empty part asks nothing, several members of one mean any of them.

    Attributes:
        kinds: Leads, or matters of any other kinds.
        status: Open, closed or all of them.
        steps: Steps that are owed now.
        units: Codes of units that owe an answer now.
        authorities: Codes of competent authorities the lead was handed to.
        signals: How near the due date is; ``Signal.CLOSED`` means a closed lead.
        sources: Levels that forwarded the lead.
        categories: Categories of breaches.
        barriers: Sorts of barriers.
        importances: How much it matters.
        received: Days on which the bureau received it.
        registered: Days on which it was registered.
        due: Days on which what is owed now is due.
        closed: Days on which it was closed.
        words: Folded words that all stand in title or facts, of other kinds in the title; see ``words_of``.
    """

    kinds: frozenset[MatterKind] = LEADS
    status: Status = Status.OPEN
    steps: frozenset[Step] = frozenset()
    units: frozenset[str] = frozenset()
    authorities: frozenset[str] = frozenset()
    signals: frozenset[Signal] = frozenset()
    sources: frozenset[SourceLevel] = frozenset()
    categories: frozenset[Category] = frozenset()
    barriers: frozenset[Barrier] = frozenset()
    importances: frozenset[Importance] = frozenset()
    received: Period = ALWAYS
    registered: Period = ALWAYS
    due: Period = ALWAYS
    closed: Period = ALWAYS
    words: tuple[str, ...] = ()

    @property
    def is_about_breach(self) -> bool:
        """Tell whether anything is asked of the reported breach, beside its text."""
        return bool(self.sources or self.categories or self.barriers or self.importances or self.received)

    @property
    def called(self) -> str:
        """What sentences call what is looked for."""
        return "线索" if self.kinds == LEADS else "事项"

    @property
    def contradiction(self) -> str:
        """Why no lead can be meant; blank where some can."""
        is_owed = self.steps or self.units or self.due or (self.signals and Signal.CLOSED not in self.signals)
        if self.status is Status.CLOSED and is_owed:
            return (
                f"已办结的{self.called}没有当前环节、承办单位、到期日和临期、逾期之分，"
                f"请去掉这些条件或改查在办{self.called}。"
            )
        if self.status is Status.OPEN and (self.closed or self.signals == {Signal.CLOSED}):
            return f"在办{self.called}没有办结日期，请去掉该条件或改查已办结的{self.called}。"
        return ""

    @property
    def label(self) -> str:
        """What is asked, in words; units by their codes."""
        members = (
            ("环节", self.steps), ("时限", self.signals), ("来源", self.sources), ("类别", self.categories),
            ("壁垒类型", self.barriers), ("重要程度", self.importances),
        )  # fmt: skip
        parts = [(what, "、".join(sorted(one.label for one in ones))) for what, ones in members if ones]
        for what, codes in (("承办单位", self.units), ("主管单位", self.authorities)):
            parts += [(what, "、".join(sorted(codes)))] if codes else []
        days = (("收到", self.received), ("登记", self.registered), ("到期", self.due), ("办结", self.closed))
        parts += [(f"{what}时间", period.label) for what, period in days if period]
        parts += [("文字", " ".join(self.words))] if self.words else []
        return "，".join([f"{self.status.label}线索", *(f"{what} {told}" for what, told in parts)])

    def about(self, text: str) -> Self:
        """Return the filter with words to be found in title or facts, as a person typed them.

        Raises:
            RuleViolation: The text holds what no stored text can hold.
        """
        check_text(text, "查找的文字")
        return replace(self, words=words_of(text))


@dataclass(frozen=True)
class Sorting:
    """The order of leads; those that are alike stand in the order of their registration."""

    key: SortKey = SortKey.DUE
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """A page of a list: its number from 1, and how many leads it holds; ``size`` None means all of them."""

    number: int = 1
    size: int | None = None

    @property
    def skipped(self) -> int:
        """How many leads the pages before it hold."""
        return (self.number - 1) * (self.size or 0)

    def last(self, total: int) -> int:
        """Return the number of the last page; 1 where there is nothing to show."""
        return max(1, -(-total // self.size)) if self.size else 1


def near_until(step: Step, now: datetime, policy: Policy, calendar: WorkCalendar) -> date:
    """Return the last due date of a step that counts as near or overdue at a moment (aware).

    A later due date is never near earlier, so that one day tells all of them apart; see ``lifecycle.signal``.
    """
    day = policy.day_of(now)
    while policy.near_from(step, day, calendar) <= now:
        day += timedelta(days=1)
    return day - timedelta(days=1)
