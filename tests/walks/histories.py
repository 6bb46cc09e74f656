"""Histories of leads drawn at random and carried out by real calls: in time and late, day by day."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from conftest import Clock
from sqlmodel import col, select

from deployments.mechanisms import KINDS
from models.codes import Step
from models.errors import ConflictError, RuleViolation
from models.matters.facts import Await
from models.matters.tables import Assignment, Matter
from tasks.conduct.answers import record_answer
from tasks.conduct.steps import take_step
from tasks.ladder.escalation import raise_rungs
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace
from walks.walking import PERSON, UNITS, answer_to, register_lead, write_evidence

AUTHORITIES = ("ZJJ", "XSPJ", "FGJ")
_RESPONSIBLE = ("SCJG", "ZJJ", "XSPJ")
_HOURS = 8


@dataclass
class Histories:
    """Leads that arrive one after the other while the clock goes on by some hours at a time."""

    place: Workplace
    clock: Clock
    folder: Path
    random: Random
    # How likely an answer is given at a look; less means later.
    pace: float = 0.3

    def live(self, titles: list[str], days: int) -> None:
        """Register a lead for each title, and let the units do what is drawn for so many days."""
        waiting = list(reversed(titles))
        end = self.clock.now + timedelta(days=days)
        arrivals = timedelta(days=days) / max(len(titles), 1)
        arrives = self.clock.now
        while self.clock.now < end:
            while waiting and arrives <= self.clock.now:
                register_lead(self.place, self.clock, title=waiting.pop())
                arrives += arrivals
            self._look()
            self.clock.now += timedelta(hours=_HOURS)

    def _look(self) -> None:
        """Let everybody do something, and the patrol go its round."""
        with self.place.reading() as session:
            open_matters = select(Matter.number).where(col(Matter.outcome).is_(None))
            numbers = session.exec(open_matters.order_by(col(Matter.id))).all()
        for number in numbers:
            self._move(number)
        raise_rungs(self.place, self.clock())

    def _move(self, number: str) -> None:
        """Take the steps of one matter, answering with luck what is owed."""
        owed = self._advance(number)
        if owed is None:
            return
        if owed is Step.RECTIFY and self.random.random() < self.pace / 3:
            self._ask(number)
        if self.random.random() < self.pace:
            self._answer(number, owed)
            self._advance(number)

    def _advance(self, number: str) -> Step | None:
        """Take steps until somebody owes an answer; returns which, None where the matter is closed."""
        while step := take_step(self.place, number, self.clock()):
            if isinstance(step, Await):
                return step.assignment.step
        return None

    def _answer(self, number: str, step: Step) -> None:
        """Hand in an answer of whoever owes it."""
        with self.place.reading() as session:
            query = select(Assignment.unit_code).join(Matter).where(Matter.number == number)
            unit = session.exec(query.where(col(Assignment.answered_at).is_(None))).one()
        submission = answer_to(
            step, self.folder, unit=unit, fields=self._fields(step), explanation="情况说明。" * 10
        )
        record_answer(self.place, number, submission, self.clock())

    def _fields(self, step: Step) -> dict[str, str]:
        """Draw what an answer says."""
        draw, duty = self.random, KINDS.duty(step)
        drawn = {
            "authority": lambda: draw.choice(AUTHORITIES),
            "cooperating": lambda: draw.choice(("", "SCJG")),
            "finding": lambda: draw.choices(("属实", "部分属实", "不属实"), (5, 3, 2))[0],
            "responsible": lambda: draw.choice(_RESPONSIBLE),
            "verdict": lambda: draw.choices(("通过", "退回"), (3, 1))[0],
            "ruling": lambda: draw.choice(("同意", "不同意")),
        }
        return duty.example(UNITS, {key: drawn[key]() for key in duty.keys if key in drawn})

    def _ask(self, number: str) -> None:
        """Ask for an extension, which is refused where it comes too late or one is asked for already."""
        until = (self.clock() + timedelta(days=14)).date().isoformat()
        written = write_evidence(self.folder, "延期申请.pdf")
        for unit in AUTHORITIES:
            request = ExtensionRequest(unit, PERSON, until, "设备采购周期较长。", (written,), ())
            with suppress(RuleViolation, ConflictError):
                request_extension(self.place, number, request, self.clock())
