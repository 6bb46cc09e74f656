"""What a lead must carry to be registered, and how a row of a table is read as one."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from models.errors import RuleViolation, Zero137Error
from models.moments import at_opening, read_moment
from models.policy import Policy
from models.texts import check_text, visible
from models.vocabulary import Category, Labelled, SourceLevel

LONGEST_TITLE = 200
LONGEST_FACTS = 20_000
LONGEST_DOCUMENT_NUMBER = 100

_Member = TypeVar("_Member", bound=Labelled)

# Each column of a table by its Chinese heading; JSON keys may use either.
COLUMNS: Mapping[str, str] = {
    "title": "标题",
    "facts": "事实情况",
    "source_level": "来源层级",
    "document_number": "来文文号",
    "category": "类别",
    "received_at": "收到时间",
}
REQUIRED = frozenset({"title", "facts"})


class LeadDraft(BaseModel):
    """A lead before it has a number; ``received_at`` is when the bureau received it (aware)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    facts: Annotated[str, Field(min_length=1, max_length=LONGEST_FACTS)]
    source_level: SourceLevel
    document_number: Annotated[str, Field(max_length=LONGEST_DOCUMENT_NUMBER)]
    category: Category
    received_at: datetime

    @property
    def fingerprint(self) -> str:
        """A digest of what the lead says; the day it came in does not make it another lead."""
        said = (self.source_level.value, self.document_number, self.title, self.facts)
        folded = "\0".join(" ".join(unicodedata.normalize("NFKC", text).split()) for text in said)
        return hashlib.sha256(folded.encode()).hexdigest()


@dataclass(frozen=True)
class RowFault:
    """Why a row cannot be read: its place in the file, the column, the reason."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True)
class IntakeDefaults:
    """What an empty cell stands for."""

    received_at: datetime
    source_level: SourceLevel = SourceLevel.NATIONAL
    category: Category = Category.OTHER


def read_row(
    row: int, cells: Mapping[str, object], defaults: IntakeDefaults, policy: Policy, now: datetime
) -> LeadDraft | list[RowFault]:
    """Read one row as a lead.

    Args:
        row: Its number in the file, for the faults.
        cells: Values by English key or Chinese heading; keys that are neither are ignored here.
        defaults: What empty cells stand for.
        policy: Gives the office's time zone.
        now: The present moment (aware): nothing was received later.

    Returns:
        The lead, or every fault found, in the order of the columns.
    """
    values = {key: cells.get(key, cells.get(heading)) for key, heading in COLUMNS.items()}
    faults: list[RowFault] = []
    read: dict[str, object] = {}
    for key, heading in COLUMNS.items():
        try:
            read[key] = _read_cell(key, heading, values[key], defaults, policy, now)
        except Zero137Error as error:
            faults.append(RowFault(row, heading, str(error)))
    return faults or LeadDraft.model_validate(read)


def _read_cell(
    key: str, heading: str, value: object, defaults: IntakeDefaults, policy: Policy, now: datetime
) -> object:
    """Read one cell, raising RuleViolation with the reason where it cannot be."""
    if key == "received_at":
        return read_received(value, defaults, policy, now)
    text = clean_text(value, heading)
    match key:
        case "source_level":
            return _member(SourceLevel, text, heading, defaults.source_level)
        case "category":
            return _member(Category, text, heading, defaults.category)
        case "title" | "facts" if not text:
            raise RuleViolation(f"{heading}不能为空。")
        case "title" if "\n" in text:
            raise RuleViolation(f"{heading}应写在一行内。")
        case "title" if len(text) > LONGEST_TITLE:
            raise RuleViolation(f"{heading}超过{LONGEST_TITLE}字（{len(text)}字）。")
        case "facts" if len(text) > LONGEST_FACTS:
            raise RuleViolation(f"{heading}超过{LONGEST_FACTS}字（{len(text)}字）。")
        case "document_number" if len(text) > LONGEST_DOCUMENT_NUMBER:
            raise RuleViolation(f"{heading}超过{LONGEST_DOCUMENT_NUMBER}字（{len(text)}字）。")
    return text


def _member(vocabulary: type[_Member], text: str, heading: str, default: _Member) -> _Member:
    """Read a member of a vocabulary; an empty cell stands for the default."""
    return vocabulary.parse(text, heading) if text else default


def read_received(value: object, defaults: IntakeDefaults, policy: Policy, now: datetime) -> datetime:
    """Read when the bureau received a lead.

    A day without a time is the opening of that day, or now where that is still to come today.

    Raises:
        RuleViolation: The value is no date, lies in the future or before 2018, the first edition of the list.
    """
    if value is None or not str(value).strip():
        return defaults.received_at
    hours = policy.business_hours
    if isinstance(value, datetime):
        # A spreadsheet's date is a midnight without a zone.
        moment = value if value.tzinfo else value.replace(tzinfo=hours.zone)
        if hours.local(moment).time() == time():
            moment = at_opening(moment, hours, not_before=None, now=now)
    else:
        moment = read_moment(str(value), "", hours, not_before=None, now=now)
    if moment > now:
        raise RuleViolation(f"“{value}”晚于当前时间，收到时间不能在将来。")
    if policy.day_of(moment) < date(2018, 1, 1):
        raise RuleViolation(f"“{value}”早于2018年，其时尚无全国统一的市场准入负面清单。")
    return moment


def clean_text(value: object, heading: str) -> str:
    """Return a cell's text without outer blanks; a text nobody can see is no text.

    Raises:
        RuleViolation: The cell holds something that is no text, or characters that cannot be stored.
    """
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        raise RuleViolation(f"{heading}应为文字。")
    text = str(value).replace("\r\n", "\n").strip()
    check_text(text, heading)
    return text if visible(text) else ""
