"""Laws of the life cycle: whatever legal answers come, a lead ends, and every decision can be replayed."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from models.codes import Outcome, Step
from models.matters.facts import AnswerFact, Assign, AssignmentFact, Await, Close, DeemReceived, NextStep
from models.matters.vocabulary import Verdict
from models.mechanisms.leads.life_cycle import LeadFacts, next_step
from models.mechanisms.leads.vocabulary import Finding

RECEIVED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TERM = timedelta(days=3)
BUREAU = "发展改革部门"


@dataclass(frozen=True)
class Answers:
    """What the units will answer: how long each takes, each finding, and how often the bureau returns."""

    delays_in_days: list[int]
    findings: list[Finding]
    returns: int


ANSWERS = st.builds(
    Answers,
    delays_in_days=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    findings=st.lists(st.sampled_from(Finding), min_size=1, max_size=6),
    returns=st.integers(0, 8),
)


class Conduct:
    """A fake of flow and store: it does what the rule decides and hands in the drawn answers."""

    def __init__(self, answers: Answers) -> None:
        """Begin with a registered lead and nothing else."""
        self.facts = LeadFacts(RECEIVED, BUREAU)
        self.now = RECEIVED
        self.answers = answers
        self.verdicts = iter([Verdict.RETURN] * answers.returns)
        self.opened: list[Assign] = []
        self.decisions: list[NextStep] = []

    def run(self) -> Iterator[LeadFacts]:
        """Carry the lead to its end, giving the facts before each decision."""
        while self.facts.outcome is None:
            yield self.facts
            step = next_step(self.facts, self.now)
            assert step is not None
            self.decisions.append(step)
            self._do(step)

    def _do(self, step: NextStep) -> None:
        match step:
            case Assign():
                self.opened.append(step)
                self._open(step)
            case Await(assignment):
                self._wait_or_answer(assignment)
            case DeemReceived(assignment):
                self._answer(AnswerFact("deemed", assignment.due_at, {}))
            case Close(outcome):
                self.facts = replace(self.facts, outcome=outcome)

    def _open(self, step: Assign) -> None:
        again = step.returned_from
        due_at = again.due_at if again else (step.clock_start or self.now) + TERM
        owed = AssignmentFact(step.step, step.round, step.unit, due_at)
        self.facts = replace(self.facts, assignments=(*self.facts.assignments, owed))

    def _wait_or_answer(self, owed: AssignmentFact) -> None:
        delays = self.answers.delays_in_days
        self.now += timedelta(days=delays[len(self.facts.assignments) % len(delays)])
        # A receipt that has lapsed meanwhile can no longer be signed.
        if owed.step is not Step.RECEIPT or self.now <= owed.due_at:
            self._answer(self._fitting(owed))

    def _fitting(self, owed: AssignmentFact) -> AnswerFact:
        match owed.step:
            case Step.TRANSFER:
                return AnswerFact("transferred", self.now, {"authority": "主管单位甲"})
            case Step.VERIFY:
                findings = self.answers.findings
                decision = findings[(owed.round - 1) % len(findings)]
                return AnswerFact(decision, self.now, {"responsible": "责任单位乙"})
            case Step.REVIEW:
                return AnswerFact(next(self.verdicts, Verdict.ACCEPT), self.now, {})
            case _:
                return AnswerFact("done", self.now, {})

    def _answer(self, answer: AnswerFact) -> None:
        *before, last = self.facts.assignments
        self.facts = replace(self.facts, assignments=(*before, replace(last, answer=answer)))


def conducted(answers: Answers) -> Conduct:
    """Return the conduct of a lead that has come to its end, refusing one that never does."""
    conduct = Conduct(answers)
    # Transfer, receipt, verification, rectification and review, and two more for each return; every
    # assignment takes at most three decisions, and closing is one.
    at_most = 3 * (5 + 2 * answers.returns) + 1
    for number, _ in enumerate(conduct.run(), start=1):
        assert number <= at_most
    return conduct


@settings(deadline=None)
@given(ANSWERS)
def test_a_lead_ends_once_the_reviews_accept(answers: Answers) -> None:
    """It ends by one closing, rectified if anything was rectified; then nothing follows."""
    conduct = conducted(answers)
    rectified = any(owed.step is Step.RECTIFY for owed in conduct.facts.assignments)
    outcome = Outcome.RECTIFIED if rectified else Outcome.UNSUBSTANTIATED
    assert conduct.decisions[-1] == Close(outcome)
    assert not any(isinstance(step, Close) for step in conduct.decisions[:-1])
    assert next_step(conduct.facts, conduct.now) is None


@settings(deadline=None)
@given(ANSWERS)
def test_no_assignment_is_opened_twice(answers: Answers) -> None:
    """Each pair of step and round is opened once, and the rounds of a step run from one without a gap."""
    opened = conducted(answers).opened
    for step in Step:
        rounds = [owed.round for owed in opened if owed.step is step]
        assert rounds == list(range(1, len(rounds) + 1))


@settings(deadline=None)
@given(ANSWERS)
def test_every_return_is_owed_by_the_same_unit_until_the_same_moment(answers: Answers) -> None:
    """A return names the latest assignment of its step, and as many are opened as the bureau returned."""
    conduct = conducted(answers)
    returned = [owed for owed in conduct.opened if owed.returned_from is not None]
    assert len(returned) == answers.returns
    by_round = {(owed.step, owed.round): owed for owed in conduct.facts.assignments}
    for again in returned:
        before = by_round[again.step, again.round - 1]
        assert (again.returned_from, again.unit, again.clock_start) == (before, before.unit, None)
        assert by_round[again.step, again.round].due_at == before.due_at


@settings(deadline=None)
@given(ANSWERS)
def test_at_most_one_assignment_is_open_at_a_time(answers: Answers) -> None:
    """Only the last one may lack an answer: a lead is in one pair of hands."""
    for facts in Conduct(answers).run():
        assert all(owed.answer is not None for owed in facts.assignments[:-1])


@settings(deadline=None)
@given(ANSWERS)
def test_a_decision_can_be_replayed(answers: Answers) -> None:
    """The same facts at the same moment give the same step, and deciding changes no fact."""
    conduct = Conduct(answers)
    for facts in conduct.run():
        kept = deepcopy(facts)
        first, second = next_step(facts, conduct.now), next_step(kept, conduct.now)
        assert first == second
        assert facts == kept


@settings(deadline=None)
@given(ANSWERS, st.timedeltas(timedelta(0), timedelta(days=900)))
def test_only_the_receipt_depends_on_the_clock(answers: Answers, later: timedelta) -> None:
    """Time alone moves nothing but a receipt that has lapsed."""
    conduct = Conduct(answers)
    for facts in conduct.run():
        now, then = (next_step(facts, moment) for moment in (conduct.now, conduct.now + later))
        if now != then:
            assert isinstance(now, Await)
            assert then == DeemReceived(now.assignment)
            assert now.assignment.step is Step.RECEIPT
            assert conduct.now + later > now.assignment.due_at
