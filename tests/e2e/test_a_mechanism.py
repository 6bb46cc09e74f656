"""A mechanism that exists only in the tests, in a running system: forms, commands, parts and archive."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import inquiry
import pytest
from harness.running_system import COMMAND, System, until
from inquiry.policy import policy_text
from walks.walking import EXPLANATION

pytestmark = pytest.mark.e2e

SITE = Path(inquiry.__file__).parent / "site"
QUESTION = "是否仍有要求企业提供保证金的规定？"
UNITS = ("住建局", "行政审批局", "市场监管局")


class Joined(System):
    """A system whose every process knows the mechanism as it starts."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command."""
        told = super().environment
        return {**told, "PYTHONPATH": os.pathsep.join((str(SITE), told["PYTHONPATH"]))}

    def _carry_out(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in a process that knows the mechanism, as the one of the test does not."""
        command = [COMMAND, *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )

    def lead(self, number: str) -> dict[str, Any]:
        """Return what ``lead show`` tells; blank where there is no such matter yet."""
        shown = self.run("lead", "show", number, "--json", check=False)
        empty = {"status": "", "run": None}
        return dict(json.loads(shown.stdout)) if shown.returncode == 0 else empty


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Joined]:
    """A system with the mechanism, not started yet."""
    policy = tmp_path / "policy.toml"
    policy.write_text(policy_text(), encoding="utf-8")
    system = Joined(tmp_path / "home", patrol_cron="* * * * *", policy=str(policy))
    try:
        yield system
    finally:
        system.close()


def fill(system: Joined, number: str, **fields: str) -> None:
    """Fill in the form a matter waits with, as the UI does."""
    run = system.lead(number)["run"]
    assert system.api(f"/flow_runs/{run}/resume", {"run_input": {"person": "经办人丙", **fields}}) is not None


def test_an_inquiry_from_its_plan_to_the_archive(joined: Joined, proof: Path) -> None:
    """Three units answer: by form, by command, and after the run of one was deleted by a careless hand."""
    joined.up()
    deployment = joined.api("/deployments/name/发起问询/发起问询")
    started = joined.launch(deployment["id"], title="清理保证金", person="经办人甲")
    joined.ends_as(started, "已发起")
    number = joined.api(f"/flow_runs/{started}")["state"]["message"]
    joined.await_step(number, "待拟定问询")
    fill(joined, number, question=QUESTION, asked="、".join(UNITS))
    joined.await_step(number, "待收齐答复")
    parts = [f"{number}-F{each}" for each in (1, 2, 3)]
    shares = [joined.await_step(part, "待答复") for part in parts]
    assert [share["facts"] for share in shares] == [QUESTION] * 3
    assert len({share["run"] for share in shares}) == 3, "each part has a run of its own"

    found = ("--state", "无此类情况", "--explanation", EXPLANATION, "--evidence", proof)
    joined.answer(parts[0], "答复", "住建局", *found)
    joined.await_step(parts[0], "已答复")
    (piece,) = joined.json("evidence", "add", parts[1], proof)
    fill(joined, parts[1], state="有此类情况", explanation=EXPLANATION, evidence=piece["key"])
    joined.await_step(parts[1], "已答复")
    assert joined.lead(number)["status"] == "待收齐答复"

    slept = joined.lead(number)["run"]
    for run in (shares[2]["run"], slept):
        joined.delete_run(run)
    # The patrol comes by its timetable, every minute here, and finds them missing.
    until(lambda: joined.lead(parts[2])["run"] != shares[2]["run"], "the part gets another run")
    joined.await_step(parts[2], "待答复")
    until(lambda: joined.lead(number)["run"] != slept, "the inquiry gets another run")
    joined.await_step(number, "待收齐答复")
    until(lambda: any(run["auto_scheduled"] for run in joined.runs_of("巡查 · ")), "a patrol nobody started")
    joined.answer(parts[2], "答复", "市场监管局", *found)
    told = joined.await_step(number, "已汇总")
    assert told["steps"][-1]["decision"] == "各分件均已办结"

    asked = [message for message in joined.json("messages", "list") if message["kind"] == "task"]
    assert len(asked) == 3
    listed = joined.json("lead", "list", "--kind", "专项问询", "--all", "--text", "保证金")
    assert [each["number"] for each in listed] == [number]
    (archived,) = until(lambda: joined.json("archive", "list"), "the inquiry is archived")
    assert archived["lead"] == number
    joined.run("ledger", "verify")
    joined.run("archive", "show", archived["number"])
