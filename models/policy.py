"""The policy: every figure with its unit, start event, source and date, read from one TOML text."""

import re
import tomllib
from datetime import date, datetime, time
from functools import cached_property
from importlib.resources import files
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from models.calendar import WorkCalendar
from models.errors import InputError
from models.terms import DueDate, Term, deadline, due_date
from models.vocabulary import Step


class _Frozen(BaseModel):
    """A part of the policy: immutable, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Terms(_Frozen):
    """The terms of the five steps. Source: 通知§12(二)–(四)."""

    transfer: Term
    receipt: Term
    verify: Term
    rectify: Term
    review: Term

    def of(self, step: Step) -> Term:
        """Return the term of a step."""
        term: Term = getattr(self, step.value)
        return term


class BusinessHours(_Frozen):
    """When the office is open, in its own time zone. Source: 民法典 art. 203."""

    time_zone: str
    opens: time
    closes: time
    source: str

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("未知的时区") from error
        return name

    @field_validator("opens", "closes", mode="before")
    @classmethod
    def _wall_clock(cls, value: object) -> object:
        if isinstance(value, time) and value.tzinfo is None:
            return value
        raise ValueError("应写成 09:00:00 这样的当地时间")

    @model_validator(mode="after")
    def _opens_before_closing(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("开始办公的时间应早于结束办公的时间")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo(self.time_zone)

    def local(self, moment: datetime) -> datetime:
        """Return a moment (aware) in the office's time zone."""
        return moment.astimezone(self.zone)

    def is_open(self, moment: datetime, calendar: WorkCalendar) -> bool:
        """Tell whether people may be told something now: business hours of a working day."""
        here = self.local(moment)
        return self.opens <= here.time() < self.closes and calendar.works(here.date())


class AnswerGate(_Frozen):
    """What an answer of an authority or a responsible unit must at least carry. Source: 通知§12(五)."""

    minimum_explanation_characters: int = Field(ge=1)
    minimum_evidence_files: int = Field(ge=1)
    source: str


class EvidenceRules(_Frozen):
    """Which kinds of files are taken as evidence, by MIME type. Source: 通知§12(五)."""

    media_types: frozenset[str]
    source: str


class Numbering(_Frozen):
    """How leads are numbered."""

    key: str
    printed: str

    @field_validator("key", "printed")
    @classmethod
    def _fills_in(cls, template: str) -> str:
        if {"[", ".", "!"} & set(template):
            raise ValueError("编号格式只能使用 {year} 和 {sequence}")
        try:
            filled = {
                template.format(year=year, sequence=sequence) for year in (2026, 2027) for sequence in (1, 2)
            }
        except (KeyError, IndexError, ValueError) as error:
            raise ValueError("编号格式只能使用 {year} 和 {sequence}") from error
        if len(filled) < 4:  # noqa: PLR2004 - two years, two sequences
            raise ValueError("编号格式必须同时含有 {year} 和 {sequence}，否则编号会重复")
        return template

    @field_validator("key")
    @classmethod
    def _typed_by_people(cls, template: str) -> str:
        if not re.fullmatch(r"[A-Z][A-Z0-9-]{0,19}", template.format(year=2026, sequence=12345)):
            raise ValueError("编号应以大写字母开头，只含大写字母、数字和连字符，不超过20位")
        return template

    def key_of(self, year: int, sequence: int) -> str:
        """Return the key people type, as L2026-0012."""
        return self.key.format(year=year, sequence=sequence)

    def printed_of(self, year: int, sequence: int) -> str:
        """Return the number people print, as 侯线〔2026〕12号."""
        return self.printed.format(year=year, sequence=sequence)


class Policy(_Frozen):
    """All figures of the system."""

    terms: Terms
    business_hours: BusinessHours
    answer_gate: AnswerGate
    evidence: EvidenceRules
    numbering: Numbering

    def due(self, step: Step, start: date, calendar: WorkCalendar) -> DueDate:
        """Return the due date of a step whose clock starts on a day."""
        return due_date(start, self.terms.of(step), calendar)

    def deadline(self, day: date) -> datetime:
        """Return the moment at which a due day ends."""
        return deadline(day, self.business_hours.closes, self.business_hours.zone)

    def day_of(self, moment: datetime) -> date:
        """Return the office's calendar day of a moment (aware)."""
        return self.business_hours.local(moment).date()


def read_policy(text: str, origin: str) -> Policy:
    """Read a policy from TOML.

    Args:
        text: The TOML text.
        origin: Where it came from, for the error.

    Raises:
        InputError: The text is no TOML, lacks a key, has an unknown one or a wrong value.
    """
    try:
        return Policy.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"政策文件 {origin} 不是有效的 TOML：{error}。") from error
    except ValidationError as error:
        raise InputError(f"政策文件 {origin} 有误：{describe_faults(error)}。") from error


def packaged_policy_text() -> str:
    """Return the policy that ships with the system, as TOML."""
    return files("models").joinpath("policy.toml").read_text(encoding="utf-8")


_FAULTS = {
    "extra_forbidden": "未知的键",
    "missing": "缺少此键",
    "greater_than": "数值过小",
    "greater_than_equal": "数值过小",
    "less_than_equal": "数值过大",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "string_type": "应为文字",
    "string_too_short": "不能为空",
    "string_too_long": "文字过长",
    "string_pattern_mismatch": "格式不符",
    "enum": "不在可选范围内",
    "date_type": "应为日期",
    "list_type": "应为列表",
    "bool_parsing": "应为 true 或 false",
}


def describe_faults(error: ValidationError) -> str:
    """Return the faults Pydantic found as one Chinese phrase, key by key."""
    return "；".join(
        f"{'.'.join(str(part) for part in fault['loc'])}（{_fault(fault['type'], fault['msg'])}）"
        for fault in error.errors()
    )


def _fault(kind: str, message: str) -> str:
    """Return one fault in Chinese; our own validators speak Chinese already."""
    return _FAULTS.get(kind, message.removeprefix("Value error, "))
