"""Walking a lead through its life cycle by real calls, for every test that needs one at a certain step."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from conftest import Clock
from sqlalchemy import select
from sqlmodel import SQLModel, col

from deployments.mechanisms import KINDS, MECHANISMS
from models.codes import Step
from models.matters.facts import Await, NextStep
from models.mechanisms.leads.duties import LEADS
from models.mechanisms.leads.intake import IntakeDefaults, LeadDraft, read_row
from models.messages.tables import Message
from models.office.vocabulary import Role
from models.record.tables import LedgerEntry
from tasks.conduct.answers import Submission, record_answer
from tasks.conduct.steps import take_step
from tasks.desks import MatterFile
from tasks.matters.reading import find_matter, read_file
from tasks.mechanisms.leads.registering import register_leads
from tasks.record.ledger import entries_of
from tasks.workplace import Workplace

BUREAU, AUTHORITY, RESPONSIBLE = "FGJ", "ZJJ", "SCJG"
PERSON = "经办人甲"
EXPLANATION = "经现场核查并调阅全部审批档案，相关情况属实，有关文件已随本次反馈一并提交。"


def pdf(content: bytes = b"") -> bytes:
    """Return a PDF of one page that carries some bytes; other bytes make it another file."""
    written, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
            b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        ),
        start=1,
    ):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(offsets) + 1
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, len(written))
    )


PDF = pdf()

UNITS = {
    Role.BUREAU: BUREAU, Role.AUTHORITY: AUTHORITY, Role.RESPONSIBLE: RESPONSIBLE, Role.APPROVER: "SFGW",
}  # fmt: skip
# What letters and messages are looked through for; all else is as the duties have it.
CHOSEN = {
    "cooperating": "XSPJ",
    "opinion": "立即停止要求企业提交该证明。",
    "measures": "废止有关文件，退还已收取的保证金。",
}
LEAD_STEPS = tuple(duty.step for duty in LEADS.duties)
FIELDS = {duty.step: duty.example(UNITS, CHOSEN) for duty in KINDS.duties}


def houma(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return a moment of November 2026 by the clock on the wall in Houma."""
    return datetime(2026, 11, day, hour - 8, minute, second, tzinfo=UTC)


def draft_lead(place: Workplace, clock: Clock, **cells: object) -> LeadDraft:
    """Return a lead that can be registered; cells by English key replace the usual ones."""
    usual = {"title": "要求企业在本地设立子公司方可投标", "facts": "招标文件设置了清单之外的准入条件。"}
    draft = read_row(1, {**usual, **cells}, IntakeDefaults(clock()), place.policy, clock())
    assert isinstance(draft, LeadDraft), draft
    return draft


def register_lead(place: Workplace, clock: Clock, **cells: object) -> str:
    """Register a lead and return its number; cells by English key replace the usual ones."""
    return register_leads(place, [draft_lead(place, clock, **cells)], PERSON, clock())[0].number


def write_evidence(folder: Path, name: str = "核查记录.pdf", content: bytes = PDF) -> Path:
    """Write a file that can be taken as evidence, unless other content is given."""
    path = folder / name
    path.write_bytes(content)
    return path


def answer_to(step: Step, folder: Path, **changes: object) -> Submission:
    """Return an answer to a step that satisfies every rule, but for the changes."""
    duty = KINDS.duty(step)
    files = (write_evidence(folder),) if duty.is_gated else ()
    explanation = EXPLANATION if duty.is_gated else ""
    usual = Submission(step, UNITS[duty.owed_by], PERSON, FIELDS[step], explanation, files)
    return replace(usual, **changes)  # type: ignore[arg-type]


@dataclass
class Walk:
    """One registered lead on its way: what the flow and the units would do is done by calls."""

    place: Workplace
    clock: Clock
    folder: Path
    number: str

    def advance(self) -> NextStep | None:
        """Take steps until somebody owes an answer or the lead is closed."""
        while True:
            step = take_step(self.place, self.number, self.clock())
            if isinstance(step, Await) or step is None:
                return step

    def answer(self, step: Step, **changes: object) -> str:
        """Hand in an answer that satisfies every rule, but for the changes; nothing is advanced."""
        submission = answer_to(step, self.folder, **changes)
        return record_answer(self.place, self.number, submission, self.clock())

    def pass_step(self, step: Step, **changes: object) -> NextStep | None:
        """Answer a step and advance to the next one."""
        self.answer(step, **changes)
        return self.advance()

    def to(self, step: Step) -> Self:
        """Answer whatever is owed until a step is owed."""
        while isinstance(owed := self.advance(), Await) and owed.assignment.step is not step:
            self.answer(owed.assignment.step, unit=owed.assignment.unit)
        assert isinstance(owed, Await), owed
        return self

    def to_closure(self) -> Self:
        """Answer whatever is owed until the lead is closed."""
        while isinstance(owed := self.advance(), Await):
            self.answer(owed.assignment.step, unit=owed.assignment.unit)
        return self

    def file(self) -> MatterFile:
        """Return everything stored of the lead."""
        with self.place.reading() as session:
            return read_file(session, find_matter(session, self.number), MECHANISMS)


def contents(place: Workplace) -> dict[str, list[object]]:
    """Return every row of every table and all evidence files: where they are equal, nothing was written."""
    with place.reading() as session:
        found: dict[str, list[object]] = {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in SQLModel.metadata.sorted_tables
            # The heads move with the entries, which are compared themselves.
            if table.name != "ledgerhead"
        }
    folder = place.home / "evidence"
    found["evidence files"] = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    return found


def messages_of(place: Workplace) -> list[Message]:
    """Return the messages in the order they were written."""
    with place.reading() as session:
        return list(session.scalars(select(Message).order_by(col(Message.id))))


def ledger_of(place: Workplace, stream: str) -> list[LedgerEntry]:
    """Return the facts of a stream in their order."""
    with place.reading() as session:
        return entries_of(session, stream)
