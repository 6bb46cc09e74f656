"""The cast of a drill: units with a character each, and what they do about what they owe, and when."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random

from deployments.mechanisms import KINDS
from models.codes import Step
from models.days.calendar import WorkCalendar
from models.days.hours import BusinessHours
from models.labels import Labelled
from models.matters.tables import Assignment
from models.matters.vocabulary import Assigning, Ruling, Verdict
from models.mechanisms.leads.vocabulary import Finding
from models.office.vocabulary import Role
from tasks.conduct.answers import Submission
from tasks.mechanisms.leads.changes.correcting import CorrectionRequest
from tasks.petitions.extensions import ExtensionRequest
from tasks.petitions.hand_backs import HandBackRequest

Act = Submission | ExtensionRequest | HandBackRequest | CorrectionRequest

_PERSON = "演练人员"
_HOUR, _A_WHILE = timedelta(hours=1), timedelta(minutes=20)
# By which working day from the due date a late or silent unit answers, per step.
_LATE, _SILENT = 1, 5
_MORNING, _AFTERNOON, _EVENING = time(10, 20), time(14, 20), time(16, 40)
_EXPLANATION = "演练：经现场核查并调阅有关档案，情况已逐项核实，相关文件随本次反馈一并提交。"


class Character(Labelled):
    """How the units of a lead behave."""

    PROMPT = "prompt", "按期办理"
    LATE = "late", "逾期办理"
    SILENT = "silent", "久拖不办"
    EXTENDING = "extending", "申请延期"
    REFUTED = "refuted", "核查不属实"
    SLOPPY = "sloppy", "材料不全"
    HANDING_BACK = "handing_back", "误派退办"
    MISTYPED = "mistyped", "登记有误"


@dataclass(frozen=True)
class Part:
    """A lead of the drill: how its units behave, and who they are.

    Attributes:
        number: The lead.
        title: What it should be called; a clerk may have typed something else.
        character: How its units behave.
        authority: The code of the unit it is handed to.
        other: The code of the authority that it should have been handed to, where that is another.
        responsible: The code of the unit that rectifies.
    """

    number: str
    title: str
    character: Character
    authority: str
    other: str
    responsible: str


@dataclass(frozen=True)
class Deed:
    """What somebody hands in at a moment (aware); ``refused`` where it breaks a rule on purpose."""

    at: datetime
    number: str
    act: Act
    refused: bool = False


@dataclass(frozen=True)
class Owed:
    """What a unit owes: the matter, its lead's part, and how many extensions were asked for before."""

    number: str
    part: Part
    row: Assignment
    extensions: int

    @property
    def occasion(self) -> tuple[str, Step, int, int, bool]:
        """What has to change before the unit thinks again about what to do."""
        return self.number, self.row.step, self.row.round, self.extensions, self.row.held


@dataclass(frozen=True)
class Director:
    """Knows what every character does.

    Attributes:
        hours: When people work.
        calendar: On which days.
        papers: The folder for the files they hand in.
        dice: Decides what is left to chance.
    """

    hours: BusinessHours
    calendar: WorkCalendar
    papers: Path
    dice: Random

    def deeds(self, owed: Owed, now: datetime) -> Iterator[Deed]:
        """Give what a unit will do about what it owes; nothing where it waits or stays silent."""
        yield from _SCENES.get(owed.row.step, _as_owed)(self, owed, now)

    def deed(self, owed: Owed, now: datetime, offset: int, at: time, act: Act) -> Deed:
        """Return a deed some working days from the due date, or soon where that moment has passed."""
        day = self.calendar.shift(owed.row.due_on, offset)
        moment = datetime.combine(day, at, tzinfo=self.hours.zone)
        if moment <= now:
            here = self.hours.local(now)
            moment = self.hours.next_opening(here.replace(minute=0) + _HOUR, self.calendar) + _A_WHILE
        return Deed(moment, owed.number, act)

    def paper(self, owed: Owed, what: str) -> Path:
        """Write a file to be handed in."""
        path = self.papers / f"{owed.number}-{owed.row.step.value}-{owed.row.round}-{what}.txt"
        path.write_text(f"演练材料：{path.stem}，情况说明与附件。\n", encoding="utf-8")
        return path


def _transfer(director: Director, owed: Owed, now: datetime) -> Iterator[Deed]:
    """The bureau transfers on the last day; what it typed wrongly it has corrected within the hour."""
    if owed.part.character is Character.MISTYPED:
        correction = CorrectionRequest({"title": owed.part.title}, "演练：标题有错字，与来文核对。", _PERSON)
        yield Deed(now + _HOUR, owed.number, correction)
    yield director.deed(owed, now, 0, _MORNING, _answer(owed))


def _receipt(director: Director, owed: Owed, now: datetime) -> Iterator[Deed]:
    """A silent unit lets the receipt be deemed; one that was mistaken for another hands it back and waits."""
    mistaken = owed.part.character is Character.HANDING_BACK and owed.row.unit_code == owed.part.authority
    if mistaken and not owed.row.held:
        request = HandBackRequest(owed.row.unit_code, _PERSON, "演练：所涉事项不属于本单位职责。")
        yield director.deed(owed, now, 0, _MORNING, request)
    elif not mistaken and owed.part.character is not Character.SILENT:
        yield director.deed(owed, now, 0, _AFTERNOON, _answer(owed))


def _verify(director: Director, owed: Owed, now: datetime) -> Iterator[Deed]:
    """A sloppy unit hands in no evidence first, which is refused at once."""
    is_refuted = owed.part.character is Character.REFUTED
    chosen = {"finding": Finding.UNSUBSTANTIATED.label} if is_refuted else {}
    proven = _answer(owed, chosen, director.paper(owed, "核查"))
    match owed.part.character:
        case Character.LATE:
            yield director.deed(owed, now, _LATE, _AFTERNOON, proven)
        case Character.SILENT:
            yield director.deed(owed, now, _SILENT, _MORNING, proven)
        case Character.SLOPPY:
            bare = director.deed(owed, now, -1, _MORNING, _answer(owed, chosen))
            yield Deed(bare.at, bare.number, bare.act, refused=True)
            yield Deed(bare.at + _HOUR, bare.number, proven)
        case _:
            yield director.deed(owed, now, -1, _AFTERNOON, proven)


def _rectify(director: Director, owed: Owed, now: datetime) -> Iterator[Deed]:
    """One unit asks for an extension first; while it waits for the ruling it does nothing."""
    done = _answer(owed, paper=director.paper(owed, "整改"))
    match owed.part.character:
        case Character.EXTENDING if not owed.extensions:
            until = director.calendar.shift(owed.row.due_on, 5).isoformat()
            request = ExtensionRequest(
                owed.part.authority,
                _PERSON,
                until,
                "演练：须经合法性审查。",
                [director.paper(owed, "延期申请")],
            )
            yield director.deed(owed, now, -1, _MORNING, request)
        case Character.EXTENDING if owed.row.held:
            return
        case Character.LATE:
            yield director.deed(owed, now, _LATE, _EVENING, done)
        case Character.SILENT:
            yield director.deed(owed, now, _SILENT, _MORNING, done)
        case _:
            yield director.deed(owed, now, 0, _MORNING, done)


def _review(director: Director, owed: Owed, now: datetime) -> Iterator[Deed]:
    """What a sloppy unit did is returned once."""
    returned = owed.part.character is Character.SLOPPY and owed.row.round == 1
    verdict = Verdict.RETURN if returned else Verdict.ACCEPT
    act = _answer(owed, {"verdict": verdict.label}, explanation="演练：措施不具体。" if returned else "")
    yield director.deed(owed, now, 0, _AFTERNOON, act)


def _ruling(director: Director, owed: Owed, now: datetime) -> Iterator[Deed]:
    """Two of three petitions are granted."""
    ruling = director.dice.choice((Ruling.APPROVE, Ruling.APPROVE, Ruling.REJECT))
    act = _answer(owed, {"ruling": ruling.label}, explanation="演练：经研究决定。")
    yield director.deed(owed, now, 0, _EVENING, act)


def _hand_back(director: Director, owed: Owed, now: datetime) -> Iterator[Deed]:
    """The bureau sees that it was mistaken, and hands the lead to another authority."""
    chosen = {"assigning": Assigning.REDIRECT.label, "authority": owed.part.other}
    act = _answer(owed, chosen, explanation="演练：经核对职责分工，改派。")
    yield director.deed(owed, now, 0, _EVENING, act)


def _as_owed(director: Director, owed: Owed, now: datetime) -> Iterator[Deed]:
    """What has no scene of its own is answered on the due day, as its duty has it."""
    paper = director.paper(owed, "反馈") if KINDS.duty(owed.row.step).is_gated else None
    yield director.deed(owed, now, 0, _AFTERNOON, _answer(owed, paper=paper))


def _answer(
    owed: Owed,
    chosen: Mapping[str, str] | None = None,
    paper: Path | None = None,
    explanation: str = _EXPLANATION,
) -> Submission:
    """Return an answer of the unit that owes it: as its duty has it, but for what is chosen."""
    units = {Role.AUTHORITY: owed.part.authority, Role.RESPONSIBLE: owed.part.responsible}
    fields = KINDS.duty(owed.row.step).example(units, chosen)
    files = (paper,) if paper else ()
    return Submission(owed.row.step, owed.row.unit_code, _PERSON, fields, explanation, files)


_SCENES: Mapping[Step, Callable[[Director, Owed, datetime], Iterator[Deed]]] = {
    Step.TRANSFER: _transfer,
    Step.RECEIPT: _receipt,
    Step.VERIFY: _verify,
    Step.RECTIFY: _rectify,
    Step.REVIEW: _review,
    Step.EXTENSION: _ruling,
    Step.HAND_BACK: _hand_back,
    Step.PUBLICATION: _ruling,
}
