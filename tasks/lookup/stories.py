"""The story of a matter: everything that happened to it, in the words shown to people."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlmodel import Session

from models.days.calendar import WorkCalendar
from models.days.terms import day_label
from models.documents.official import document_from_json
from models.matters.duties import Field, Reading
from models.matters.facts import REDIRECTED, signal
from models.matters.kinds import Kinds
from models.matters.tables import Answer, Assignment, Matter
from models.matters.timeliness import Timeliness, timeliness
from models.matters.vocabulary import Signal
from models.office.directory import Office
from models.office.policy import Policy
from notifications.papers.glyphs import named_characters, undrawable, unprintable_note
from notifications.texts.rendering import render_page
from tasks.desks import AnsweredAssignment, MatterFile
from tasks.documents.issuing import documents_of
from tasks.evidence.pieces import evidence_of
from tasks.matters.due_dates import due_account
from tasks.matters.reading import find_matter, key_of, read_file, step_label
from tasks.record.ledger import entries_of
from tasks.workplace import Workplace, office_of, work_calendar

# The tags of a run whose overdue rungs wait for a decision, and of one whose letter was withdrawn.
HELD, HANDED_BACK, PAUSED = "延期待批", "退办待定", "停止计时"

Story = dict[str, object]
_REDIRECTED = (
    Field("authority", "改派单位", "", Reading.UNIT),
    Field("cooperating", "协办单位", "", Reading.UNITS),
)


def tell_story(place: Workplace, number: str) -> Story:
    """Return the story of a matter as plain values, the same for a terminal, an artifact and JSON.

    Raises:
        NotFound: There is no such matter.
    """
    return tell_matter(place, number, place.clock()).story


def story_key(number: str) -> str:
    """Return the key of the artifact that tells the story of a matter."""
    return f"lead-{number.lower()}"


@dataclass(frozen=True)
class Label:
    """How the run of a matter is named and tagged for people; ``outcome`` is blank while it is open."""

    name: str
    tags: list[str]
    title: str
    outcome: str


@dataclass(frozen=True)
class Telling:
    """What is told of a matter at one moment, and the directory it was told by."""

    label: Label
    story: Story
    office: Office

    @cached_property
    def markdown(self) -> str:
        """The story as Markdown, for an artifact."""
        return render_page("story.md", self.story)

    def form_text(self, refusal: str) -> str:
        """Return what stands above a form, as Markdown: a refusal, then what is owed, by when and why."""
        return render_page("form.md", {**self.story, "refusal": refusal})


def tell_matter(place: Workplace, number: str, now: datetime) -> Telling:
    """Read a matter once, and return all that people are shown of it.

    Raises:
        NotFound: There is no such matter.
    """
    with place.reading() as session:
        file = read_file(session, find_matter(session, number), place.mechanisms)
        teller = _Teller(place.policy, place.kinds, office_of(session, place), work_calendar(session))
        return Telling(teller.label(file, now), teller.tell(session, file), teller.office)


def explain_due(place: Workplace, number: str) -> list[tuple[str, list[str]]]:
    """Return for every assignment of a matter, in order, its name and the account of its due date.

    Raises:
        NotFound: There is no such matter.
    """
    with place.reading() as session:
        file = read_file(session, find_matter(session, number), place.mechanisms)
        office, calendar = office_of(session, place), work_calendar(session)
        accounts = []
        for assignment in file.assignments:
            row = assignment.row
            heading = f"{step_label(row)} · {office.called(row.unit_code, row.answered_at).name}"
            accounts.append((heading, due_account(row, place.policy, calendar)))
        return accounts


@dataclass(frozen=True)
class _Teller:
    """What is needed to put rows into words."""

    policy: Policy
    kinds: Kinds
    office: Office
    calendar: WorkCalendar

    def label(self, file: MatterFile, now: datetime) -> Label:
        """Return the name and tags of a matter's run, as 侯线〔2026〕12号 · 核查 · 住建局 · 11-27."""
        matter, current = file.matter, file.open_assignment
        if current is None:
            state = matter.outcome.label if matter.outcome else "派发"
            tag = Signal.CLOSED.label if matter.outcome else Signal.NORMAL.label
            return Label(f"{matter.printed_number} · {state}", [tag], matter.title, state)
        unit = self.office.stored(current.unit_code).short_name
        day = f"{current.due_on:%m-%d}{'暂定' if current.provisional else ''}"
        near = self.policy.near_from(current.step, current.due_on, self.calendar)
        light = signal(current.due_at, near, now)
        name = f"{matter.printed_number} · {step_label(current)} · {unit} · {day}"
        held = HANDED_BACK if self.kinds.duty(current.step).may_be_handed_back else HELD
        pending = [held] * current.held + [PAUSED] * current.paused
        return Label(name, [current.step.label, unit, light.label, *pending], matter.title, "")

    def tell(self, session: Session, file: MatterFile) -> Story:
        """Return the whole story."""
        matter, current = file.matter, file.open_assignment
        waiting = current.step.label if current else "派发"
        return {
            "number": matter.number,
            "printed_number": matter.printed_number,
            "title": matter.title,
            "status": matter.outcome.label if matter.outcome else f"待{waiting}",
            "owing": self.office.stored(current.unit_code).name if current else "",
            "due": self._day(current.due_on, provisional=current.provisional) if current else "",
            "particulars": [
                *file.desk.particulars(file, self.office),
                ("办结时间", self._time(matter.closed_at) if matter.closed_at else "未办结"),
            ],
            "run": matter.flow_run_id,
            "unprintable": unprintable_note([matter.title, file.desk.text(file), *_explanations(file)]),
            "facts": file.desk.text(file),
            "parts": [self._part(part) for part in file.parts],
            "steps": [self._step(assignment) for assignment in file.assignments],
            "why": due_account(current, self.policy, self.calendar) if current else [],
            "evidence": [
                {"key": f"E{key_of(p)}", "name": p.name, "size": file_size(p.size), "sha256": p.sha256}
                for p in evidence_of(session, matter)
            ],
            "documents": [
                {
                    "number": d.number,
                    "kind": d.kind.label,
                    "status": d.status.label,
                    "recipient": d.content["recipient"],
                    "note": d.note,
                    "unprintable": named_characters(undrawable(document_from_json(d.content).texts)),
                }
                for d in documents_of(session, matter)
            ],
            "ledger": [
                {
                    "sequence": e.sequence,
                    "at": self._time(e.at),
                    "kind": e.kind,
                    "actor": e.actor,
                    "summary": e.summary,
                    "detail": e.detail,
                }
                for e in entries_of(session, matter.number)
            ],
        }

    def _part(self, part: Matter) -> dict[str, str]:
        """Return the share of one unit in words."""
        unit = self.office.called(part.unit_code or "", part.closed_at).name
        status = part.outcome.label if part.outcome else "办理中"
        closed_at = self._time(part.closed_at) if part.closed_at else ""
        return {"number": part.number, "unit": unit, "status": status, "closed_at": closed_at}

    def _step(self, assignment: AnsweredAssignment) -> dict[str, str]:
        """Return one assignment in words."""
        row, answer = assignment.row, assignment.answer
        told = {
            "step": step_label(row),
            # What was done keeps the name of its day; what is owed has today's.
            "unit": self.office.called(row.unit_code, row.answered_at).name,
            "clock_start": row.clock_start.isoformat(),
            "due": self._day(row.due_on, provisional=row.provisional),
            "answered_at": "", "decision": "", "person": "", "explanation": "",
            "timeliness": (Timeliness.MOOT if row.answered_at else Timeliness.RUNNING).label,
        }  # fmt: skip
        if answer is not None:
            told |= {
                "answered_at": self._time(answer.recorded_at),
                "decision": self._decision(row, answer),
                "person": answer.person,
                "explanation": answer.explanation,
                "timeliness": timeliness(
                    row.due_at, answer.recorded_at, answer.decision, answer.recorded_at
                ).label,
            }
        return told

    def _decision(self, row: Assignment, answer: Answer) -> str:
        """Return what was decided and what else was said with it, field by field."""
        duty = self.kinds.duty(row.step)
        # A redirection says what a transfer says.
        fields = _REDIRECTED if answer.decision == REDIRECTED else duty.fields
        said = ((field, self._read(field, answer)) for field in fields)
        told = [f"{field.title}：{text}" for field, text in said if text]
        return "；".join(filter(None, [duty.decision_label(answer.decision), *told]))

    def _read(self, field: Field, answer: Answer) -> str:
        """Return a stored field in words; blank where nothing is stored."""
        stored = answer.fields.get(field.key, "")
        if field.names_units:
            named = (self.office.called(code, answer.recorded_at) for code in stored.split(",") if code)
            return "、".join(unit.name for unit in named)
        if field.reading is Reading.MOMENT and stored:
            return self._time(datetime.fromisoformat(stored))
        return field.label_of(stored) or stored

    def _time(self, moment: datetime) -> str:
        """Return a moment in the office's zone."""
        return f"{self.policy.business_hours.local(moment):%Y-%m-%d %H:%M}"

    @staticmethod
    def _day(day: date, *, provisional: bool) -> str:
        """Return a due day in words."""
        return day_label(day, provisional=provisional)


def _explanations(file: MatterFile) -> list[str]:
    """Return what was written with the answers, whatever of it a document repeats."""
    answers = [assignment.answer for assignment in file.assignments if assignment.answer]
    return [text for answer in answers for text in (answer.explanation, *answer.fields.values())]


def file_size(size: int) -> str:
    """Return a size in bytes as people read it."""
    return f"{size / (1 << 20):.1f} MB" if size >= 1 << 20 else f"{max(size / 1024, 0.1):.1f} KB"
