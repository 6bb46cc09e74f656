"""An upgrade that adds a step and changes forms: leads suspended before it are carried to their end."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import Clock
from harness.running_system import COMMAND, System, until
from harness.standings import fill_in, form_of, standings, wait_at, waits
from mishaps.later_release import make_later_release
from walks.walking import EXPLANATION, LEAD_STEPS, PERSON, Walk, register_lead, write_evidence

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from models.codes import Step
from tasks.evidence.pieces import add_evidence

pytestmark = pytest.mark.e2e

MEASURES = "废止有关文件，退还已收取的保证金。"
FOUND = {"finding": "属实", "responsible": "侯马市市场监督管理局", "opinion": "立即停止要求企业提交该证明。"}
# What people fill into the forms of the old release, by step.
OLD_FORM = {
    "transfer": {"authority": "侯马市住房和城乡建设管理局"},
    "receipt": {},
    "verify": {**FOUND, "explanation": EXPLANATION},
    "rectify": {"measures": MEASURES, "explanation": EXPLANATION},
    "review": {"verdict": "通过"},
}  # fmt: skip
NEW_FORM = {
    **OLD_FORM,
    "verify": {**FOUND, "explanation": EXPLANATION, "basis": "国家标准第3条"},
    "countersign": {"explanation": "同意核查结论。"},
    "rectify": {"steps_taken": MEASURES, "explanation": EXPLANATION},
}  # fmt: skip


class Later(System):
    """The same system, started by the later release."""

    def __init__(self, release: Path, before: System) -> None:
        """Take over folder and port."""
        super().__init__(before.home, before.port)
        self.release = release

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command, in which the packages of the later release come first."""
        # The working folder would come before them.
        return {**super().environment, "PYTHONPATH": str(self.release), "PYTHONSAFEPATH": "1"}

    def _carry_out(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command of the later release, which no process of this one can have imported."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip


@pytest.fixture
def later(own_system: System, tmp_path: Path) -> Iterator[Later]:
    """The later release on the folder of the system."""
    upgraded = Later(make_later_release(tmp_path / "later"), own_system)
    try:
        yield upgraded
    finally:
        upgraded.close()


def prepare(system: System, papers: Path) -> dict[str, str]:
    """Register leads that stand at each step, before anything runs; returns them by what they are for."""
    system.run("init")
    papers.mkdir()
    numbers = {}
    clock = Clock()
    with closing(open_workplace(Settings(home=system.home))) as place:
        at_each_step = [(step.value, step) for step in LEAD_STEPS]
        for role, step in (*at_each_step, ("by_form", Step.RECTIFY), ("by_command", Step.VERIFY)):
            clock.now = datetime.now(UTC)
            number = register_lead(place, clock, title=f"违规增设前置条件（{role}）")
            numbers[role] = number
            add_evidence(place, number, [write_evidence(papers)], PERSON, clock())
            Walk(place, clock, papers, number).to(step)
    return numbers


def finish(system: System) -> None:
    """Fill in every form that is shown, once each, until all leads are closed."""
    answered: set[str] = set()

    def closed() -> bool:
        leads = standings(system)
        for number, lead in leads.items():
            if lead.step and f"{number}-{lead.key}" not in answered and waits(system, lead):
                fill_in(system, number, NEW_FORM[lead.step])
                answered.add(f"{number}-{lead.key}")
        return not any(lead.step for lead in leads.values()) and not is_standing(system)

    until(closed, "all leads are closed", 120)


def is_standing(system: System) -> bool:
    """Tell whether a lead is open although nobody owes an answer: it is on its way."""
    with closing(sqlite3.connect(system.home / "zero137.db", timeout=10)) as facts:
        return facts.execute("SELECT 1 FROM matter WHERE outcome IS NULL").fetchone() is not None


def kill_all(system: System) -> None:
    """End everything at once, as a machine that loses its power."""
    assert system.process is not None
    for process in (system.process.pid, *system.children()):
        os.kill(process, signal.SIGKILL)
    system.process.wait()
    until(lambda: not system.children(), "every child has ended")


def upgrade(system: System, later: Later, leads: dict[str, str], proof: Path) -> None:
    """Run the old release, answer two leads on the way out, and start the later one on the same folder."""
    system.up()
    for number, lead in standings(system).items():
        wait_at(system, number, lead.step)
    # Answered in the UI, but the worker never gets to it.
    os.kill(system.child("worker"), signal.SIGSTOP)
    fill_in(system, leads["by_form"], OLD_FORM["rectify"])
    kill_all(system)
    answered = (
        "--finding",
        "属实",
        "--responsible",
        "市场监管局",
        "--opinion",
        "取消",
        "--explanation",
        EXPLANATION,
    )
    system.answer(leads["by_command"], "核查", "住建局", *answered, "--evidence", proof)
    later.up()


def test_leads_suspended_before_an_upgrade_are_finished_after_it(
    own_system: System, later: Later, tmp_path: Path, proof: Path
) -> None:
    """Old forms that still say all are taken, others are asked anew; no answer is lost or strays."""
    leads = prepare(own_system, tmp_path / "papers")
    upgrade(own_system, later, leads, proof)
    # The old form shown before lacks what must be told now: it is refused with the reason and asked anew.
    old = wait_at(later, leads["verify"], "verify")
    assert "basis" not in form_of(later, old)
    fill_in(later, leads["verify"], OLD_FORM["verify"])
    new = wait_at(later, leads["verify"], "verify", old.key)
    assert "basis" in form_of(later, new)
    assert "请填写核查依据" in str(later.api(f"/flow_runs/{new.run}/input/suspended-{new.key}-description"))
    # A field that was only renamed is read under its old name, before the stop and after it.
    fill_in(later, leads["rectify"], OLD_FORM["rectify"])
    finish(later)
    check_facts(later, leads)
    assert "台账完整" in later.run("ledger", "verify").stdout
    refuse_the_way_back(own_system, later)


def check_facts(later: Later, leads: dict[str, str]) -> None:
    """Every step was answered once, by what was filled into its own form."""
    query = (
        "SELECT a.step, w.fields, w.person FROM answer w JOIN assignment a ON a.id = w.assignment_id "
        "JOIN matter m ON m.id = a.matter_id WHERE m.number = ? ORDER BY w.id"
    )
    with closing(sqlite3.connect(later.home / "zero137.db")) as facts:
        answers = {role: facts.execute(query, [number]).fetchall() for role, number in leads.items()}
    whole = ["transfer", "receipt", "verify", "countersign", "rectify", "review"]
    before = ["transfer", "receipt", "verify", "rectify", "review"]
    for role, given in answers.items():
        steps = [step for step, *_ in given]
        assert steps == (before if role in {"rectify", "review", "by_form"} else whole), role
        rectified = json.loads(next(fields for step, fields, _ in given if step == "rectify"))
        assert rectified == {"measures": MEASURES}, role
    verified = json.loads(next(fields for step, fields, _ in answers["verify"] if step == "verify"))
    assert verified["basis"] == "国家标准第3条"


def refuse_the_way_back(own_system: System, later: Later) -> None:
    """The old release leaves the facts of the later one alone, and says so in a sentence."""
    assert later.stop() == 0
    for command in (("up",), ("lead", "list"), ("init",)):
        done = own_system.run(*command, check=False)
        assert (done.returncode, done.stdout.count("Traceback")) == (10, 0), done
        assert "升级程序" in done.stderr
