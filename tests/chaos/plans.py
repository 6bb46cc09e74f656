"""What every lead of a trial will go through, drawn from the seed before anything happens."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from walks.walking import EXPLANATION

from models.codes import Step
from models.matters.vocabulary import Verdict
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


_MANNERS = (Manner.PROMPT,) * 10 + (Manner.CORRECTED,) * 4 + (Manner.DUPLICATE,) * 3 + (Manner.AT_ONCE,) * 3
# Two commands race each other, and a duplicate repeats a command; forms are for the other two manners.
_FORM_SHARE = 0.6


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
    """One lead and its answers in their order."""

    title: str
    facts: str
    turns: tuple[Turn, ...]


def plan_leads(seed: int, leads: int) -> list[LeadPlan]:
    """Return the plans of a trial; the same seed and number give the same plans."""
    return [_plan(seed, index) for index in range(1, leads + 1)]


def flawed(turn: Turn, rng: Random) -> Turn:
    """Return the same answer with something in it that a rule refuses."""
    match turn.step:
        case Step.TRANSFER:
            return replace(turn, fields={**turn.fields, "cooperating": "并无此单位"})
        case Step.RECEIPT:
            return replace(turn, fields={"signed_at": "2020-01-02 10:00"})
        case Step.REVIEW:
            return replace(turn, fields={"verdict": Verdict.RETURN.label}, explanation="")
        case _ if rng.random() < 0.5:
            return replace(turn, proven=False)
        case _:
            return replace(turn, explanation="情况属实。")


def _plan(seed: int, index: int) -> LeadPlan:
    """Draw one lead: its finding, whether it is returned once, and the manner of every answer."""
    rng = Random(f"{seed}/lead/{index}")
    finding = rng.choices(_FINDINGS, weights=(6, 2, 2))[0]
    returned = rng.random() < 0.35
    turns = tuple(_turn(rng, *each) for each in _answers(rng, finding, returned=returned))
    title = f"故障演练第{index:03d}号线索（种子{seed}）"
    return LeadPlan(title, f"{title}：办事指南要求提交清单之外的证明。", turns)


def _answers(
    rng: Random, finding: Finding, *, returned: bool
) -> Iterator[tuple[Step, int, dict[str, str], str]]:
    """Yield step, round, fields and explanation of every answer in their order."""
    yield Step.TRANSFER, 1, {"authority": rng.choice(_AUTHORITIES), "cooperating": "财政局"}, ""
    yield Step.RECEIPT, 1, {}, ""
    found = {"finding": finding.label}
    reviewed, fields = Step.VERIFY, found
    if finding is not Finding.UNSUBSTANTIATED:
        opinion = {"responsible": rng.choice(_RESPONSIBLE), "opinion": "立即停止要求企业提交该证明。"}
        yield Step.VERIFY, 1, found | opinion, EXPLANATION
        reviewed, fields = Step.RECTIFY, {"measures": "废止有关文件，退还已收取的保证金。"}
    for number in range(1, 3 if returned else 2):
        yield reviewed, number, fields, EXPLANATION
        last = number == 2 or not returned
        verdict = Verdict.ACCEPT if last else Verdict.RETURN
        yield Step.REVIEW, number, {"verdict": verdict.label}, "" if last else "未见公布情况，请补正。"


def _turn(rng: Random, step: Step, number: int, fields: Mapping[str, str], explanation: str) -> Turn:
    """Draw manner and way of one answer."""
    manner = rng.choice(_MANNERS)
    by_form = rng.random() < _FORM_SHARE and manner in (Manner.PROMPT, Manner.CORRECTED)
    return Turn(step, number, fields, explanation, manner, by_form, proven=step in _GATED)
