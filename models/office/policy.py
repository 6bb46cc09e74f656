"""The policy: every figure with its unit, start event, source and date, read from one TOML text."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from models.archive.rules import ArchiveRules, after_months
from models.codes import MatterKind, Step
from models.days.calendar import WorkCalendar
from models.days.hours import BusinessHours, Frozen
from models.days.terms import DueDate, Term, deadline, due_date
from models.documents.vocabulary import DocumentKind, SourceLevel
from models.errors import InputError
from models.ladder.rungs import Ladder, TimedRung, check_closing, timed_rungs


def _known_step(code: str) -> str:
    """Refuse what is no step."""
    if code not in {step.value for step in Step}:
        raise PydanticCustomError("extra_forbidden", "unknown step")
    return code


class Terms(Frozen):
    """The term of each step; those of further mechanisms stand beside. Source: 通知§12(二)–(四)."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[Annotated[str, AfterValidator(_known_step)], Term]

    transfer: Term
    receipt: Term
    verify: Term
    rectify: Term
    review: Term
    extension: Term
    publication: Term

    def of(self, step: Step) -> Term:
        """Return the term of a step.

        Raises:
            InputError: The policy has none.
        """
        term: Term | None = getattr(self, step.value, None)
        if term is None:
            raise InputError(f"政策文件缺少{step.label}的期限，请补充 [terms.{step.value}] 一节。")
        return term


class AnswerGate(Frozen):
    """What an answer of an authority or a responsible unit must at least carry. Source: 通知§12(五)."""

    minimum_explanation_characters: int = Field(ge=1)
    minimum_evidence_files: int = Field(ge=1)
    source: str


class PackageLimits(Frozen):
    """How much a document that is a ZIP may hold: what goes beyond is made to fill a disk."""

    entries: int = Field(ge=1)
    unpacked_megabytes: int = Field(ge=1)
    ratio: int = Field(ge=1)
    depth: int = Field(ge=0)
    source: str


_PHOTOGRAPHS = frozenset({"image/heic", "image/heif", "image/webp"})


class EvidenceRules(Frozen):
    """Which files are taken as evidence, by content, and how often a stored one is checked.

    Source: 通知§12(五).
    """

    media_types: frozenset[str]
    macros: bool
    recheck_days: int = Field(ge=1)
    source: str
    packages: PackageLimits

    @field_validator("media_types")
    @classmethod
    def _photographs_alike(cls, kinds: frozenset[str]) -> frozenset[str]:
        # Telephones took to other kinds after the first policies were written.
        return kinds | _PHOTOGRAPHS if "image/jpeg" in kinds else kinds


class Numbering(Frozen):
    """How matters of one kind are numbered."""

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


class Numberings(Numbering):
    """How leads are numbered, and beside them whatever else stands by itself, by kind."""

    of_kind: dict[MatterKind, Numbering] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _numbers_apart(self) -> Self:
        for place in ("key_of", "printed_of"):
            # Formats that differ in leading zeros alone meet at some length.
            given = [
                {getattr(each, place)(2026, sequence) for sequence in (1, 12, 123, 1234, 12345)}
                for each in (self, *self.of_kind.values())
            ]
            if len(set().union(*given)) < sum(map(len, given)):
                raise ValueError("两类事项的编号格式相同，编号会重复")
        return self

    def of(self, kind: MatterKind) -> Numbering:
        """Return how a kind is numbered.

        Raises:
            InputError: The policy does not say.
        """
        numbering = {MatterKind.LEAD: self, **self.of_kind}.get(kind)
        if numbering is None:
            section = f"[numbering.of_kind.{kind.value}]"
            raise InputError(f"政策文件缺少{kind.label}的编号格式，请补充 {section} 一节。")
        return numbering


# Kinds that came after the first policies, which name no number for them: an upgrade stops no office.
_NUMBERS_SINCE = {
    DocumentKind.TASK_LETTER: "工作函〔{year}〕{sequence}号",
    DocumentKind.SUCCESSION_LETTER: "承继函〔{year}〕{sequence}号",
    DocumentKind.CALL_OFF_REPORT: "终止办理报告〔{year}〕{sequence}号",
}


class LookBack(Frozen):
    """How many months after its closing the bureau looks whether what was rectified holds; 0 means never."""

    after_months: int = Field(default=6, ge=0, le=60)
    source: str = "本局内部规则：销号后六个月回头看"

    def day_after(self, closed_on: date) -> date | None:
        """Return the day on which the bureau is to look at what was closed on a day, None for never."""
        return after_months(closed_on, self.after_months) if self.after_months else None


class DocumentRules(Frozen):
    """How official documents are numbered and to whom closings are reported, by kind and level."""

    notice: str = Field(min_length=1)
    source: str
    numbers: dict[DocumentKind, str]
    superiors: dict[SourceLevel, str]

    @field_validator("numbers")
    @classmethod
    def _numbers_apart(cls, numbers: dict[DocumentKind, str]) -> dict[DocumentKind, str]:
        numbers = _NUMBERS_SINCE | numbers
        if missing := [kind.label for kind in DocumentKind if kind not in numbers]:
            raise ValueError(f"缺少{'、'.join(missing)}的文号格式")
        if len(set(numbers.values())) < len(numbers):
            raise ValueError("两种公文的文号格式相同，文号会重复")
        for template in numbers.values():
            if template.count("{year}") != 1 or template.count("{sequence}") != 1 or len(template) > 60:  # noqa: PLR2004 - as the column holds
                raise ValueError("文号格式应含有 {year} 和 {sequence} 各一次，不超过60字")
        return numbers

    @field_validator("superiors")
    @classmethod
    def _every_level(cls, superiors: dict[SourceLevel, str]) -> dict[SourceLevel, str]:
        if missing := [level.label for level in SourceLevel if not superiors.get(level, "").strip()]:
            raise ValueError(f"缺少{'、'.join(missing)}级的上报对象")
        return superiors

    def number_of(self, kind: DocumentKind, year: int, sequence: int) -> str:
        """Return the number of a document, as 侯发改移函〔2026〕1号."""
        template = self.numbers[kind]
        return template.replace("{year}", str(year)).replace("{sequence}", str(sequence))


class Policy(Frozen):
    """All figures of the system."""

    terms: Terms
    business_hours: BusinessHours
    answer_gate: AnswerGate
    evidence: EvidenceRules
    numbering: Numberings
    documents: DocumentRules
    ladder: Ladder
    archive: ArchiveRules
    look_back: LookBack = LookBack()

    @model_validator(mode="after")
    def _rungs_by_closing(self) -> Self:
        check_closing(self.ladder, self.business_hours.closes)
        return self

    def due(self, step: Step, start: date, calendar: WorkCalendar) -> DueDate:
        """Return the due date of a step whose clock starts on a day."""
        return due_date(start, self.terms.of(step), calendar)

    def deadline(self, day: date) -> datetime:
        """Return the moment at which a due day ends."""
        return deadline(day, self.business_hours.closes, self.business_hours.zone)

    def rungs(self, step: Step, due_on: date, calendar: WorkCalendar) -> tuple[TimedRung, ...]:
        """Return the rungs of the ladder for a step that is due on a day, in the order of time."""
        return timed_rungs(self.ladder, step, due_on, self.business_hours, calendar)

    def near_from(self, step: Step, due_on: date, calendar: WorkCalendar) -> datetime:
        """Return when a due date counts as near: from the first reminder on."""
        rungs = self.rungs(step, due_on, calendar)
        return min((rung.at for rung in rungs), default=self.deadline(due_on))

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
        return Policy.model_validate(_with_later_steps(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"政策文件 {origin} 不是有效的 TOML：{error}。") from error
    except ValidationError as error:
        raise InputError(f"政策文件 {origin} 有误：{describe_faults(error)}。") from error


def _with_later_steps(given: dict[str, Any]) -> dict[str, Any]:
    """Return a policy with what the packaged one says of steps that came after it was written.

    An upgrade stops no office: a step that it has no term for has the packaged term, and the packaged rungs
    of those that are on its ladder.
    """
    terms, ladder = given.get("terms"), given.get("ladder")
    if not isinstance(terms, dict) or not isinstance(ladder, list):
        return given
    packaged = tomllib.loads(packaged_policy_text())
    later = packaged["terms"].keys() - Terms.model_fields.keys() - terms.keys()
    steps = {rule["rung"]: [step for step in rule["steps"] if step in later] for rule in packaged["ladder"]}
    return {
        **given,
        "terms": terms | {step: packaged["terms"][step] for step in sorted(later)},
        "ladder": [_with_steps(rule, steps) for rule in ladder],
    }


def _with_steps(rule: Any, steps: Mapping[str, list[str]]) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return a rule of a ladder for further steps, by the name of its rung."""
    if not isinstance(rule, dict) or not isinstance(rule.get("steps"), list):
        return rule
    return {**rule, "steps": [*rule["steps"], *steps.get(str(rule.get("rung")), [])]}


def packaged_policy_text() -> str:
    """Return the policy that ships with the system, as TOML."""
    return files("models.office").joinpath("policy.toml").read_text(encoding="utf-8")


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
