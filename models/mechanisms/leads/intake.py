"""What a lead must carry to be registered, and how a row of a table is read as one."""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from models.archive.vocabulary import Barrier, Category, Importance
from models.days.moments import at_opening, read_moment
from models.documents.vocabulary import SourceLevel
from models.errors import RuleViolation, Zero137Error
from models.files.headings import CellFault
from models.informants.identity import HEADINGS, Identity, read_part
from models.informants.naming import Naming, naming_in
from models.labels import Labelled
from models.office.policy import Policy
from models.record.entries import canonical, digest
from models.texts import clean_text

LONGEST_TITLE = 200
LONGEST_FACTS = 20_000
LONGEST_DOCUMENT_NUMBER = 100

# Each column of a table by its Chinese heading; JSON keys may use either.
COLUMNS: Mapping[str, str] = {
    "title": "标题",
    "facts": "事实情况",
    "source_level": "来源层级",
    "document_number": "来文文号",
    "category": "类别",
    "received_at": "收到时间",
    "barrier": "壁垒类型",
    "importance": "重要程度",
    "informant": HEADINGS["name"],
    "informant_contact": HEADINGS["contact"],
    # Behind the informant: what a person sees of the other columns stays where it was.
    "relapse_of": "反弹自",
}
# Columns about the informant, whose content is never repeated to anybody.
_SECRET = {"informant": "name", "informant_contact": "contact"}
# What an empty drop-down shows.
NONE = "无"
_VOCABULARIES: Mapping[str, type[Labelled]] = {
    "source_level": SourceLevel,
    "category": Category,
    "importance": Importance,
}
WITH_BARRIER = frozenset({Category.HIDDEN_BARRIER, Category.OTHER})
REQUIRED = frozenset({"title", "facts"})
_LONGEST = {
    "title": LONGEST_TITLE, "facts": LONGEST_FACTS, "document_number": LONGEST_DOCUMENT_NUMBER,
    "relapse_of": LONGEST_DOCUMENT_NUMBER,
}  # fmt: skip


class LeadDraft(BaseModel):
    """A lead before it has a number; ``received_at`` is when the bureau received it (aware).

    ``relapse_of`` is the number of the closed lead that came back, blank where none did.
    Who reported it is wrapped, so that no representation and no error shows it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    facts: Annotated[str, Field(min_length=1, max_length=LONGEST_FACTS)]
    source_level: SourceLevel
    document_number: Annotated[str, Field(max_length=LONGEST_DOCUMENT_NUMBER)]
    category: Category
    received_at: datetime
    barrier: Barrier | None = None
    importance: Importance = Importance.ORDINARY
    relapse_of: str = ""
    informant: SecretStr = SecretStr("")
    informant_contact: SecretStr = SecretStr("")

    @property
    def identity(self) -> Identity | None:
        """Who reported it, None where that was not told."""
        told = self.informant.get_secret_value() or self.informant_contact.get_secret_value()
        return Identity(name=self.informant, contact=self.informant_contact) if told else None

    @property
    def texts(self) -> tuple[str, ...]:
        """What documents may repeat of it."""
        return self.title, self.facts, self.document_number

    def fingerprint(self, relapse_of: str = "") -> str:
        """Return the digest by which it is known; ``relapse_of`` is the stored number of what came back."""
        return fingerprint_of(self.source_level, self.document_number, self.title, self.facts, relapse_of)


def fingerprint_of(
    source_level: SourceLevel, document_number: str, title: str, facts: str, relapse_of: str = ""
) -> str:
    """Return a digest of what a lead says; the day it came in does not make it another lead.

    A relapse may say the very same as what it is the relapse of.
    """
    said = (source_level.value, document_number, title, facts, *([relapse_of] if relapse_of else []))
    folded = "\0".join(" ".join(unicodedata.normalize("NFKC", text).split()) for text in said)
    return hashlib.sha256(folded.encode()).hexdigest()


def registration_digest(title: str, facts: str, source_level: SourceLevel, document_number: str) -> str:
    """Return the digest of what was registered, word for word; it stands in the ledger."""
    said = {
        "title": title, "facts": facts, "source_level": source_level.value,
        "document_number": document_number,
    }  # fmt: skip
    return digest(canonical(said))


@dataclass(frozen=True)
class IntakeDefaults:
    """What an empty cell stands for."""

    received_at: datetime
    source_level: SourceLevel = SourceLevel.NATIONAL
    category: Category = Category.OTHER
    importance: Importance = Importance.ORDINARY


def read_row(
    row: int, cells: Mapping[str, object], defaults: IntakeDefaults, policy: Policy, now: datetime
) -> LeadDraft | list[CellFault]:
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
    faults: list[CellFault] = []
    read: dict[str, object] = {}
    for key, heading in COLUMNS.items():
        try:
            read[key] = read_cell(key, heading, values[key], defaults, policy, now)
        except Zero137Error as error:
            faults.append(CellFault(row, heading, str(error)))
    if faults:
        return faults
    draft = LeadDraft.model_validate(read)
    return list(_contradictions(row, draft)) or draft


def _contradictions(row: int, draft: LeadDraft) -> Iterator[CellFault]:
    """Give the faults that only several cells together show."""
    if draft.barrier is not None and draft.category not in WITH_BARRIER:
        allowed = "或".join(category.label for category in Category if category in WITH_BARRIER)
        yield CellFault(row, COLUMNS["barrier"], f"只有类别为{allowed}的线索可填壁垒类型。")
    # Letters quote title and facts: there the informant's name would leave the office. ADR-0016.
    said = (draft.title, draft.facts)
    if draft.identity is not None and naming_in(draft.identity, *said) is Naming.NAMED:
        yield CellFault(
            row, COLUMNS["informant"],
            "标题或事实情况中出现了举报人的姓名或联系方式，会随公文发出，请先从中删去。",
        )  # fmt: skip


def read_cell(
    key: str, heading: str, value: object, defaults: IntakeDefaults, policy: Policy, now: datetime
) -> object:
    """Read one cell; the arguments are those of ``read_row``.

    Raises:
        RuleViolation: It cannot be read, with the reason.
    """
    if key == "received_at":
        return read_received(value, defaults, policy, now)
    if key in _SECRET:
        return read_part(_SECRET[key], value)
    text = clean_text(value, heading)
    if key == "barrier":
        return None if text in {"", NONE} else Barrier.parse(text, heading)
    if key in _VOCABULARIES:
        return _VOCABULARIES[key].parse(text, heading) if text else getattr(defaults, key)
    return _text(key, heading, text)


def _text(key: str, heading: str, text: str) -> str:
    """Return a text that is there where it has to be, and not too long."""
    if key in REQUIRED and not text:
        raise RuleViolation(f"{heading}不能为空。")
    if key == "title" and "\n" in text:
        raise RuleViolation(f"{heading}应写在一行内。")
    if len(text) > _LONGEST[key]:
        raise RuleViolation(f"{heading}超过{_LONGEST[key]}字（{len(text)}字）。")
    return text


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
