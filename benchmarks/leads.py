"""Fictional leads, and answers to them that satisfy every rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from prefect_server import Wait
from sites import Site

from models.mechanisms.leads.intake import IntakeDefaults, LeadDraft, read_row
from tasks.evidence.pieces import add_evidence
from tasks.mechanisms.leads.registering import register_leads
from tasks.runs.starting import start_runs
from tasks.workplace import Workplace

PERSON = "经办人甲"
_EXPLANATION = "经现场核查并调阅全部审批档案，反映的情况不属实，有关文件已随本次反馈一并提交。"
_serial = count(1)


@dataclass(frozen=True)
class Docket:
    """Registered leads, in order, and the evidence each of them has."""

    site: Site
    numbers: tuple[str, ...]
    evidence: Mapping[str, str]

    def start(self) -> None:
        """Give every lead its run."""
        start_runs(self.site.place, self.numbers)

    def holds(self, wait: Wait) -> bool:
        """Tell whether a wait is that of one of these leads."""
        return wait.parameters["number"] in self.numbers

    def form(self, wait: Wait) -> dict[str, str]:
        """Return what a person fills in: four waits, because the verification finds nothing."""
        step = wait.key.partition("-")[0]
        fields = {
            "transfer": {"authority": "侯马市住房和城乡建设管理局", "cooperating": "", "explanation": ""},
            "receipt": {"signed_at": ""},
            "verify": {
                "finding": "不属实", "responsible": "无", "opinion": "", "explanation": _EXPLANATION,
                "evidence": self.evidence[wait.parameters["number"]],
            },
            "review": {"verdict": "通过", "explanation": ""},
        }  # fmt: skip
        return {"person": PERSON, **fields[step]}


def register(site: Site, number_of_leads: int) -> Docket:
    """Register new leads, each with the one piece of evidence its verification will need."""
    place = site.place
    drafts = [_draft(place) for _ in range(number_of_leads)]
    numbers = tuple(one.number for one in register_leads(place, drafts, PERSON, place.clock()))
    record = site.home / "核查记录.txt"
    record.write_text("现场核查记录：未发现线索所反映的情况。", encoding="utf-8")
    evidence = {
        number: f"E{add_evidence(place, number, [record], PERSON, place.clock())[0].id}" for number in numbers
    }
    return Docket(site, numbers, evidence)


def _draft(place: Workplace) -> LeadDraft:
    """Return a lead that was never registered before."""
    cells = {"title": f"某部门第{next(_serial)}号办事指南增设前置条件", "facts": "要求另行提供证明材料。"}
    draft = read_row(1, cells, IntakeDefaults(place.clock()), place.policy, place.clock())
    if not isinstance(draft, LeadDraft):
        raise TypeError(f"not a lead: {draft}")
    return draft
