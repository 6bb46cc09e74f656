"""The scripted crowd: people who register leads and answer for the units until every lead is closed."""

import csv
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from chaos.cases import Case, fill_form
from chaos.changing import Changes
from chaos.clerk import REFUSED, Clerk
from chaos.journal import CONFLICT
from chaos.plans import LeadPlan, Manner, Turn, flawed
from sqlmodel import select

from models.matters.facts import Await
from models.matters.tables import Matter
from tasks.conduct.steps import peek_step

_AT_HAND = 4
_ATTEMPTS = 40
_PAUSE_SECONDS = 0.2


class Person:
    """Owns some of the leads and answers whatever is owed, in the manner each plan says."""

    def __init__(self, clerk: Clerk, plans: list[LeadPlan], seed: str, folder: Path) -> None:
        """Take over some plans; nothing is registered yet."""
        self._clerk = clerk
        self._journal = clerk.journal
        self._plans = list(plans)
        self._rng = Random(seed)
        self._folder = folder
        self._cases: list[Case] = []
        self._changes = Changes(clerk, self._repeated, self._bring, self._cases.append)

    def run(self) -> None:
        """Work until every lead is closed and nobody is to be killed any more."""
        while not self._journal.stop.is_set():
            if not (self._cases or self._plans or not self._journal.killing_is_over):
                return
            stirred = [self._register(), *map(self._attend, list(self._cases))]
            if not any(stirred) and self._clerk.is_doomed:
                self._clerk.look()
            elif not any(stirred):
                time.sleep(_PAUSE_SECONDS)

    def _register(self) -> bool:
        """Import the next one to three leads where few are at hand."""
        if not self._plans or len(self._cases) >= _AT_HAND:
            return False
        some, self._plans = self._plans[: (size := self._rng.randint(1, 3))], self._plans[size:]
        self._cases += self._bring(some)
        return True

    def _bring(self, some: list[LeadPlan]) -> list[Case]:
        """Import leads; a killed import is repeated."""
        file = self._folder / f"{some[0].title}.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("标题", "事实情况"), *((plan.title, plan.facts) for plan in some)])
        for _ in self._repeated():
            if self._clerk.bring(file, [plan.title for plan in some]):
                break
        return [self._case(plan) for plan in some]

    def _case(self, plan: LeadPlan) -> Case:
        """Find the number of a registered lead and prepare its evidence."""
        with self._clerk.place.reading() as session:
            number = session.exec(select(Matter.number).where(Matter.title == plan.title)).one()
        proof = self._folder / f"{number}整改情况.txt"
        proof.write_text(f"{plan.title}：已发文取消该前置条件，并向社会公布。", encoding="utf-8")
        return Case(number, plan, proof)

    def _attend(self, case: Case) -> bool:
        """Do what a lead needs now; returns whether anything was done."""
        step = peek_step(self._clerk.place, case.number, self._clerk.place.clock())
        if step is None:
            self._cases.remove(case)
            return True
        if not isinstance(step, Await):
            return False
        turn = case.turn_for(step.assignment)
        if not self._journal.may_begin(case.plan.title, turn.key):
            return False
        changed = self._changes.make(case, step.assignment.unit)
        if changed is not None:
            return changed
        if turn.by_form and not case.tired_of_forms:
            return fill_form(self._clerk, case, turn, self._rng)
        self._answer(case, turn, step.assignment.unit)
        return True

    def _answer(self, case: Case, turn: Turn, unit: str) -> None:
        """Answer by command, in the manner of the plan."""
        if turn.manner is Manner.CORRECTED and not case.was_flawed:
            self._be_refused(case, flawed(turn, self._rng), unit)
        if turn.manner is Manner.AT_ONCE:
            self._race(case, turn, unit)
        self._hand_in(case, turn, unit)
        if turn.manner is Manner.DUPLICATE:
            code = self._clerk.answer(case.number, unit, self._journal.name("重报"), turn, case.proof)
            assert code != 0, f"{case.number}：重复的{turn.step.label}反馈被采纳"

    def _hand_in(self, case: Case, turn: Turn, unit: str) -> None:
        """Repeat a command until the answer is known to be stored, by this command or an earlier one."""
        for _ in self._repeated():
            code = self._clerk.answer(case.number, unit, self._journal.name("经办"), turn, case.proof)
            if code in (0, CONFLICT):
                return
            assert code not in REFUSED, f"{case.number}：正确的{turn.step.label}反馈被拒绝"

    def _be_refused(self, case: Case, turn: Turn, unit: str) -> None:
        """Repeat a wrong command until it is refused."""
        spoilt = self._folder / f"退件材料{case.number}.txt"
        spoilt.write_text(f"{case.number}：本材料随不合格的反馈提交，不应入库。", encoding="utf-8")
        for _ in self._repeated():
            code = self._clerk.answer(case.number, unit, self._journal.name("误填"), turn, spoilt)
            assert code not in (0, CONFLICT), f"{case.number}：不合格的{turn.step.label}反馈被采纳（{code}）"
            if code in REFUSED:
                return

    def _race(self, case: Case, turn: Turn, unit: str) -> None:
        """Two people hand in the same answer at the same moment."""
        people = (self._journal.name("同甲"), self._journal.name("同乙"))
        with ThreadPoolExecutor(2) as pool:
            codes = list(
                pool.map(lambda who: self._clerk.answer(case.number, unit, who, turn, case.proof), people)
            )
        assert codes.count(0) < 2, f"{case.number}：同时提交的两份{turn.step.label}反馈都被采纳"

    def _repeated(self) -> Iterator[int]:
        """Yield as often as a person tries again; then the trial fails."""
        for attempt in range(_ATTEMPTS):
            if self._journal.stop.is_set():
                return
            yield attempt
        raise AssertionError(f"同一命令重复{_ATTEMPTS}次仍未成功")
