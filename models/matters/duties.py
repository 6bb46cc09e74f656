"""Duties: one declaration for each thing a unit owes, from which form, options, story and tables follow.

What a duty does not declare it does not have: another field is refused, and no table elsewhere tells of
steps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from models.codes import Step
from models.documents.vocabulary import DocumentKind
from models.errors import RuleViolation
from models.labels import Labelled
from models.ladder.vocabulary import Recipient
from models.matters.facts import COMPLETE, DEEMED, REDIRECTED, AcceptedAnswer, AnswerDraft, MatterFacts
from models.messages.kinds import MessageKind
from models.office.directory import Office
from models.office.vocabulary import Role
from models.texts import visible

_SEPARATORS = str.maketrans("、，；;", ",,,,")


class Reading(Enum):
    """How what was typed into a field is read, and what is stored of it."""

    # One of a vocabulary; stored as its code.
    CHOICE = auto()
    # A unit that carries a role; stored as its code.
    UNIT = auto()
    # Any units, as people list them; stored as their codes with commas between.
    UNITS = auto()
    # What people wrote, without blanks around it.
    TEXT = auto()
    # As ``TEXT``; the duty's own check reads it, because the facts bound it.
    DAY = auto()
    MOMENT = auto()


@dataclass(frozen=True)
class Field:
    """One field of an answer.

    Attributes:
        key: Its name in forms, options and stored answers.
        title: What people call it.
        hint: What a form and a help page say of it.
        reading: How it is read.
        choices: The vocabulary of a ``CHOICE``.
        role: What the unit of a ``UNIT`` must be.
        is_required: Whether an answer without it is refused; what decides always is.
        not_with: Decisions with which it is neither asked for nor stored.
        is_column: Whether it is a column of the 台账; units always are.
        example: What satisfies every rule, for a drill and for tests; where it is blank, a unit of its role
            or the first of its vocabulary does.
    """

    key: str
    title: str
    hint: str
    reading: Reading = Reading.TEXT
    choices: type[Labelled] | None = None
    role: Role | None = None
    is_required: bool = False
    not_with: frozenset[str] = frozenset()
    is_column: bool = False
    example: str = ""

    @property
    def names_units(self) -> bool:
        """Whether it names units."""
        return self.reading in (Reading.UNIT, Reading.UNITS)

    def read(self, text: str, office: Office) -> str:
        """Return what is stored of what was typed.

        Raises:
            RuleViolation: It is missing, or none of what may be chosen.
            NotFound: A unit it names is unknown.
        """
        if not (self.is_required or visible(text)):
            return ""
        match self.reading:
            case Reading.CHOICE if self.choices is not None:
                return self.choices.parse(text, self.title).value
            case Reading.UNIT if self.role is not None:
                return office.unit_with(self.role, text).code
            case Reading.UNITS:
                names = [name for name in text.translate(_SEPARATORS).split(",") if name.strip()]
                if self.is_required and not names:
                    raise RuleViolation(f"请填写{self.title}，至少一个单位。")
                return ",".join(dict.fromkeys(office.unit(name).code for name in names))
        if self.is_required and not visible(text):
            raise RuleViolation(f"请填写{self.title}。")
        return text.strip()

    def example_with(self, units: Mapping[Role, str]) -> str:
        """Return what may be typed into it."""
        if self.role is not None:
            return units[self.role]
        return self.example or next((member.label for member in self.choices or ()), "")

    def label_of(self, stored: str) -> str:
        """Return a stored member of its vocabulary in Chinese; blank where nothing is stored."""
        return self.choices(stored).label if self.choices is not None and stored else ""


Check = Callable[[AcceptedAnswer, AnswerDraft, MatterFacts, Office], AcceptedAnswer]


def _as_read(
    accepted: AcceptedAnswer, draft: AnswerDraft, facts: MatterFacts, office: Office
) -> AcceptedAnswer:
    """Return an answer whose fields say everything there is to check."""
    del draft, facts, office
    return accepted


@dataclass(frozen=True)
class Duty:
    """One thing owed; its term and its rungs stand in the policy.

    Attributes:
        step: Its code.
        owed_by: Who owes it.
        fields: What an answer consists of, in the order of the form.
        decides: The key of the field whose choice decides what comes next; blank where none does.
        explanation: How the explanation is asked for; None where it is not.
        is_gated: Whether it is refused without a detailed explanation and evidence. Source: 通知§12(五).
        reasons: Decisions that need an explanation, with the sentence that asks for it.
        check: What only this duty checks, once its fields were read.
        notice: The kind of message that tells who owes it; None where nobody is written to.
        told: Who in the unit is written to.
        document: The official document that goes out with that message.
        copies: Which value of the message names the units that get a copy of the document.
        reminder: The kind of message that reminds of it, where that is not the one of the rung.
        lapse: What is said where nobody answers and time itself does, as 视为签收; blank where it never does.
        lapsed: What is told to who answers after that.
        collects: Whether it is to gather the parts: it counts as answered once every part has ended, and an
            answer before that ends those that are left.
        may_be_handed_back: Whether a unit may say that it is not theirs (退办), once for each handing over.
    """

    step: Step
    owed_by: Role
    fields: tuple[Field, ...] = ()
    decides: str = ""
    explanation: Field | None = None
    is_gated: bool = False
    reasons: Mapping[str, str] = field(default_factory=dict)
    check: Check = _as_read
    notice: MessageKind | None = None
    told: Recipient = Recipient.UNIT
    document: DocumentKind | None = None
    copies: str = ""
    reminder: MessageKind | None = None
    lapse: str = ""
    lapsed: str = ""
    collects: bool = False
    may_be_handed_back: bool = False

    def __post_init__(self) -> None:
        """Refuse a choice that decides what comes next and may be left out.

        Raises:
            ValueError: It is not required.
        """
        if self.deciding is not None and not self.deciding.is_required:
            raise ValueError(f"{self.step} goes on by what nobody has to say")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its fields, in order."""
        return tuple(each.key for each in self.fields)

    @property
    def deciding(self) -> Field | None:
        """The field that decides, if any."""
        return next((each for each in self.fields if each.key == self.decides), None)

    def decision_label(self, decision: str) -> str:
        """Return a stored decision in Chinese; blank where the duty has none."""
        if decision == DEEMED:
            return self.lapse
        if decision == COMPLETE:
            return "各分件均已办结"
        if decision == REDIRECTED:
            return "改派"
        return self.deciding.label_of(decision) if self.deciding is not None else ""

    def example(self, units: Mapping[Role, str], chosen: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return fields that satisfy every rule, as a person may type them, for a drill and for tests.

        Args:
            units: A unit for each role.
            chosen: What some fields hold instead, by key; keys of other duties mean nothing here.
        """
        told = {field.key: field.example_with(units) for field in self.fields}
        return told | {key: text for key, text in (chosen or {}).items() if key in told}

    def stored_fields(self, decision: str) -> tuple[Field, ...]:
        """Return the fields that are stored with a decision, but for the deciding one."""
        return tuple(
            each for each in self.fields if each.key != self.decides and decision not in each.not_with
        )
