"""What every lead of a trial will go through, drawn from the seed before anything happens."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from walks.walking import EXPLANATION

from models.codes import Step
from models.matters.vocabulary import Assigning, Verdict
from models.mechanisms.leads.duties import LEADS
from models.mechanisms.leads.vocabulary import Finding

_AUTHORITIES = ("侯马市住房和城乡建设管理局", "侯马市交通运输局", "侯马市商务局")
_RESPONSIBLE = ("侯马市市场监督管理局", "侯马市行政审批服务管理局", "侯马市住房和城乡建设管理局")
_FINDINGS = (Finding.SUBSTANTIATED, Finding.PARTLY_SUBSTANTIATED, Finding.UNSUBSTANTIATED)
_GATED = frozenset(duty.step for duty in LEADS.duties if duty.is_gated)


class Manner(StrEnum):
    """How a person goes about an answer."""

    PROMPT = "一次办妥"
    CORRECTED = "退件后补正"
    DUPLICATE = "重复提交"
    AT_ONCE = "两人同时"


class Change(StrEnum):
    """What happens to a lead beside its answers; each is done before one of them is given."""

    HANDED_ON = "退办改派"
    INSISTED = "退办维持"
    REDIRECTED = "改派"
    CORRECTED = "更正"
    WITHDRAWN = "撤回"
    MISTAKEN = "误登记"
    # Another lead turns out to be the same one, and goes into this one.
    JOINED = "另件并入"
    DUPLICATE = "重复"

    @property
    def is_handed_back(self) -> bool:
        """Whether the unit hands the lead back, and the bureau decides."""
        return self in (Change.HANDED_ON, Change.INSISTED)

    @property
    def is_redirected(self) -> bool:
        """Whether another authority gets the lead."""
        return self in (Change.HANDED_ON, Change.REDIRECTED)

    @property
    def ends(self) -> bool:
        """Whether nothing more comes of the lead."""
        return self in (Change.WITHDRAWN, Change.MISTAKEN, Change.DUPLICATE)


_MANNERS = (Manner.PROMPT,) * 10 + (Manner.CORRECTED,) * 4 + (Manner.DUPLICATE,) * 3 + (Manner.AT_ONCE,) * 3
# Two commands race each other, and a duplicate repeats a command; forms are for the other two manners.
_FORM_SHARE = 0.6
# Dealt in an order of the seed, not drawn for each lead, so that ten leads meet every change.
_DEALT = (*(change for change in Change if change is not Change.DUPLICATE), None, None)


@dataclass(frozen=True)
class Turn:
    """One answer that will be given: which assignment, with what, how, and by form or by command."""

    step: Step
    round: int
    fields: Mapping[str, str]
    explanation: str
    manner: Manner
    by_form: bool
    proven: bool

    @property
    def key(self) -> tuple[str, int]:
        """Step and round, which name an assignment within its lead."""
        return self.step.value, self.round


@dataclass(frozen=True)
class LeadPlan:
    """One lead and its answers in their order.

    Attributes:
        title: What it is called, and found by.
        facts: What it says.
        turns: Its answers; one at which it is taken from a unit, or called off, is never given.
        change: What happens to it beside.
        changed_at: Before which answer.
        to: The authority that gets it by the change, where one does.
        companion: What comes by the change and has to end first: a request to be decided, or the double.
    """

    title: str
    facts: str
    turns: tuple[Turn, ...]
    change: Change | None = None
    changed_at: tuple[str, int] = ("", 0)
    to: str = ""
    companion: "LeadPlan | None" = None


def plan_leads(seed: int, leads: int) -> list[LeadPlan]:
    """Return the plans of a trial; the same seed and number give the same plans."""
    dealt = list(_DEALT)
    Random(f"{seed}/changes").shuffle(dealt)
    return [_plan(seed, index, dealt[index % len(dealt)]) for index in range(1, leads + 1)]


def all_plans(plans: Sequence[LeadPlan]) -> list[LeadPlan]:
    """Return plans with what comes by their changes."""
    return [*plans, *(plan.companion for plan in plans if plan.companion is not None)]


def flawed(turn: Turn, rng: Random) -> Turn:
    """Return the same answer with something in it that a rule refuses."""
    match turn.step:
        case Step.TRANSFER:
            return replace(turn, fields={**turn.fields, "cooperating": "并无此单位"})
        case Step.RECEIPT:
            return replace(turn, fields={"signed_at": "2020-01-02 10:00"})
        case Step.REVIEW:
            return replace(turn, fields={"verdict": Verdict.RETURN.label}, explanation="")
        case Step.HAND_BACK:
            return replace(turn, fields={"assigning": Assigning.INSIST.label}, explanation="")
        case _ if rng.random() < 0.5:
            return replace(turn, proven=False)
        case _:
            return replace(turn, explanation="情况属实。")


# An answer as planned: step, fields and explanation; rounds are counted when all are known.
_Told = tuple[Step, dict[str, str], str]


def _plan(seed: int, index: int, change: Change | None) -> LeadPlan:
    """Draw one lead: its finding, whether it is returned once, its change, and the manner of every answer."""
    rng = Random(f"{seed}/lead/{index}")
    finding = rng.choices(_FINDINGS, weights=(6, 2, 2))[0]
    returned = rng.random() < 0.35
    told = list(_answers(rng, finding, returned=returned))
    place = _place(rng, change, len(told))
    turns = _turns(rng, _changed(told, change, place))
    title = f"故障演练第{index:03d}号线索（种子{seed}）"
    plan = LeadPlan(title, f"{title}：办事指南要求提交清单之外的证明。", turns)
    if change is None:
        return plan
    others = [unit for unit in _AUTHORITIES if unit != turns[0].fields["authority"]]
    to = rng.choice(others) if change.is_redirected else ""
    plan = replace(plan, change=change, changed_at=turns[place].key, to=to)
    return replace(plan, companion=_companion(rng, plan))


def _place(rng: Random, change: Change | None, answers: int) -> int:
    """Draw before which answer a change happens: what is handed over anew is not verified yet."""
    if change is None:
        return 0
    is_early = change.is_handed_back or change.is_redirected
    return rng.choice((1, 2)) if is_early else rng.randrange(answers)


def _changed(told: list[_Told], change: Change | None, place: int) -> list[_Told]:
    """Return the assignments that come with a change: the ones after the transfer again, or no more."""
    if change is None or not (change.is_redirected or change.ends):
        return told
    return [*told[: place + 1], *(told[1:] if change.is_redirected else ())]


def _companion(rng: Random, plan: LeadPlan) -> LeadPlan | None:
    """Return what comes by a change and is dealt with as a matter of its own."""
    if plan.change is Change.JOINED:
        title = f"{plan.title}（重复来文）"
        double = LeadPlan(title, f"{title}：与另一来文所述相同。", plan.turns[:1])
        return replace(double, change=Change.DUPLICATE, changed_at=double.turns[0].key)
    if plan.change is None or not plan.change.is_handed_back:
        return None
    ruling = {"assigning": Assigning.REDIRECT.label, "authority": plan.to}
    if plan.change is Change.INSISTED:
        ruling = {"assigning": Assigning.INSIST.label}
    turn = _turn(rng, Step.HAND_BACK, 1, ruling, "经核对职责分工，按此办理。")
    return LeadPlan(f"退办申请：{plan.title}", "", (turn,))


def _answers(rng: Random, finding: Finding, *, returned: bool) -> Iterator[_Told]:
    """Yield step, fields and explanation of every answer in their order."""
    yield Step.TRANSFER, {"authority": rng.choice(_AUTHORITIES), "cooperating": "财政局"}, ""
    yield Step.RECEIPT, {}, ""
    found = {"finding": finding.label}
    reviewed, fields = Step.VERIFY, found
    if finding is not Finding.UNSUBSTANTIATED:
        opinion = {"responsible": rng.choice(_RESPONSIBLE), "opinion": "立即停止要求企业提交该证明。"}
        yield Step.VERIFY, found | opinion, EXPLANATION
        reviewed, fields = Step.RECTIFY, {"measures": "废止有关文件，退还已收取的保证金。"}
    for number in range(1, 3 if returned else 2):
        yield reviewed, fields, EXPLANATION
        last = number == 2 or not returned
        verdict = Verdict.ACCEPT if last else Verdict.RETURN
        yield Step.REVIEW, {"verdict": verdict.label}, "" if last else "未见公布情况，请补正。"


def _turns(rng: Random, told: list[_Told]) -> tuple[Turn, ...]:
    """Return the answers with their rounds: how often their step came by then."""
    rounds: Counter[Step] = Counter()
    turns = []
    for step, fields, explanation in told:
        rounds[step] += 1
        turns.append(_turn(rng, step, rounds[step], fields, explanation))
    return tuple(turns)


def _turn(rng: Random, step: Step, number: int, fields: Mapping[str, str], explanation: str) -> Turn:
    """Draw manner and way of one answer."""
    manner = rng.choice(_MANNERS)
    by_form = rng.random() < _FORM_SHARE and manner in (Manner.PROMPT, Manner.CORRECTED)
    return Turn(step, number, fields, explanation, manner, by_form, proven=step in _GATED)
