"""Laws of the life cycle: whatever legal answers come, a lead ends, and every decision can be replayed."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from hypothesis import given, settings
from hypothesis import strategies as st

from models.codes import CALLED_OFF, Outcome, Step
from models.matters.facts import (
    REDIRECTED,
    AnswerFact,
    Assign,
    AssignmentFact,
    Await,
    Close,
    DeemReceived,
    NextStep,
)
from models.matters.vocabulary import Verdict
from models.mechanisms.leads.life_cycle import LeadFacts, next_step
from models.mechanisms.leads.vocabulary import Finding

RECEIVED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TERM = timedelta(days=3)
BUREAU = "发展改革部门"


class Turn(Enum):
    """What may happen before an authority answers."""

    NOTHING = auto()
    INSISTED = auto()
    HANDED_BACK = auto()
    LETTER_WITHDRAWN = auto()
    REDIRECTED = auto()


@dataclass(frozen=True)
class Answers:
    """What the units will answer: how long each takes, each finding, and how often the bureau returns.

    ``turns`` come before the answers of authorities, in order, each once.
    """

    delays_in_days: list[int]
    findings: list[Finding]
    returns: int
    turns: list[Turn] = field(default_factory=list)


ANSWERS = st.builds(
    Answers,
    delays_in_days=st.lists(st.integers(0, 9), min_size=1, max_size=6),
    findings=st.lists(st.sampled_from(Finding), min_size=1, max_size=6),
    returns=st.integers(0, 8),
    turns=st.lists(st.sampled_from(Turn), max_size=5),
)


class Conduct:
    """A fake of flow and store: it does what the rule decides and hands in the drawn answers."""

    def __init__(self, answers: Answers) -> None:
        """Begin with a registered lead and nothing else."""
        self.facts = LeadFacts(RECEIVED, BUREAU)
        self.now = RECEIVED
        self.answers = answers
        self.verdicts = iter([Verdict.RETURN] * answers.returns)
        self.turns = list(answers.turns)
        self.redirected: list[tuple[str, datetime]] = []
        self.waited: list[tuple[LeadFacts, datetime]] = []
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
        turn = self.turns.pop(0) if owed.step in (Step.RECEIPT, Step.VERIFY) and self.turns else Turn.NOTHING
        if turn is not Turn.NOTHING:
            self._take(turn)
            return
        delays = self.answers.delays_in_days
        self.now += timedelta(days=delays[len(self.facts.assignments) % len(delays)])
        # A receipt that has lapsed meanwhile can no longer be signed.
        if owed.step is not Step.RECEIPT or self.now <= owed.due_at:
            self._answer(self._fitting(owed))

    def _take(self, turn: Turn) -> None:
        """Let something come between; what is held or paused waits longer than its term."""
        held = turn in (Turn.INSISTED, Turn.HANDED_BACK)
        self._mark(held=held, paused=turn is Turn.LETTER_WITHDRAWN)
        if turn is not Turn.REDIRECTED:
            self.now += 2 * TERM
            self.waited.append((self.facts, self.now))
        self._mark(held=False, paused=False)
        if turn is not Turn.INSISTED:
            authority = f"主管单位{len(self.redirected)}"
            self.redirected.append((authority, self.now))
            self._answer(AnswerFact(REDIRECTED, self.now, {"authority": authority, "cooperating": ""}))

    def _mark(self, *, held: bool, paused: bool) -> None:
        """Say of the last assignment what it waits for."""
        *before, last = self.facts.assignments
        marked = replace(last, held=held, paused=paused)
        self.facts = replace(self.facts, assignments=(*before, marked))

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
    # Transfer, receipt, verification, rectification and review, and two more for each return or redirection;
    # every assignment takes at most three decisions, one more for each turn, and closing is one.
    at_most = 3 * (5 + 2 * answers.returns + 2 * len(answers.turns)) + len(answers.turns) + 1
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
            assert not now.assignment.held
            assert not now.assignment.paused
            assert conduct.now + later > now.assignment.due_at


@settings(deadline=None)
@given(ANSWERS)
def test_while_it_waits_for_a_decision_or_a_letter_time_moves_nothing(answers: Answers) -> None:
    """Whatever its term: nothing is deemed that was handed back, or whose letter was withdrawn."""
    for facts, now in conducted(answers).waited:
        step = next_step(facts, now)
        assert isinstance(step, Await)
        assert step.assignment == facts.assignments[-1]


@settings(deadline=None)
@given(ANSWERS)
def test_a_redirection_is_followed_by_a_receipt_of_the_new_authority(answers: Answers) -> None:
    """Its clock starts with the redirection, and the next verification is that authority's."""
    conduct = conducted(answers)
    opened = iter(conduct.opened)
    for authority, at in conduct.redirected:
        receipt = next(owed for owed in opened if owed.unit == authority)
        assert (receipt.step, receipt.clock_start, receipt.returned_from) == (Step.RECEIPT, at, None)
    left = [each for each in conduct.facts.assignments if each.step is Step.VERIFY]
    ended = [each.answer for each in left if each.answer and each.answer.decision != REDIRECTED]
    last = conduct.redirected[-1][0] if conduct.redirected else "主管单位甲"
    assert ended
    assert left[-1].unit == last


@settings(deadline=None)
@given(ANSWERS, st.sampled_from(CALLED_OFF), st.timedeltas(timedelta(0), timedelta(days=900)))
def test_nothing_follows_once_a_lead_is_called_off(
    answers: Answers, outcome: Outcome, later: timedelta
) -> None:
    """At whatever point of its life, and however long ago."""
    conduct = Conduct(answers)
    for facts in conduct.run():
        assert next_step(replace(facts, outcome=outcome), conduct.now + later) is None
    for facts, now in conduct.waited:
        assert next_step(replace(facts, outcome=outcome), now + later) is None
