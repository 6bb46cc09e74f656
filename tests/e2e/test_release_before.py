"""The home folder of an earlier release goes on: nothing lost, nothing sent twice, each matter at its step.

How each folder was made is told in ``released/make_home.py``; its clock stands still on the day it was made.
"""

import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fakes.receivers import JsonReceiver, json_receiver, write_channels
from harness.running_system import System, until
from harness.standings import evidence_of, facts_of, fill_in, standings, wait_at, waits
from walks.walking import EXPLANATION

from deployments.installation.clock import clock_of, set_drill_clock

pytestmark = pytest.mark.e2e

FOLDER = Path(__file__).parent / "released"
RELEASES = ("before-rooms", "before-changes")
FOLLOWING = {
    "transfer": "receipt", "receipt": "verify", "verify": "rectify", "rectify": "review", "review": "",
    "extension": "", "publication": "",
}  # fmt: skip
FILLED: Mapping[str, Mapping[str, str]] = {
    "transfer": {"authority": "侯马市住房和城乡建设管理局"},
    "receipt": {},
    "verify": {
        "finding": "属实", "responsible": "侯马市市场监督管理局", "opinion": "立即停止该做法。",
        "explanation": EXPLANATION,
    },
    "rectify": {"measures": "废止有关文件，退还已收取的保证金。", "explanation": EXPLANATION},
    "review": {"verdict": "通过"},
    "extension": {"ruling": "同意", "until": "", "explanation": "准予延期。"},
}  # fmt: skip
# What was answered or registered before the stop, without anybody to carry it on, and where it stands then.
LEFT = {"未读": "verify", "未续": "receipt", "未派": "transfer"}
# Forms of the release before that are filled in when this one is installed, but its worker does not run yet.
TYPED = ("核查一", "退回")
# Answered when all is in order: one of each step by a form and one by the command line.
BY_FORM = ("移交一", "签收一", "退件", "整改一", "验收一", "延期-Y1")
BY_COMMAND: Mapping[str, tuple[str, ...]] = {
    "移交二": ("移交", "--authority", "住建局"),
    "签收二": ("签收",),
    "核查二": ("核查", "--finding", "属实", "--responsible", "市场监管局", "--opinion", "停止该做法。"),
    "整改二": ("整改", "--measures", "已废止有关文件。"),
    "验收二": ("验收", "--verdict", "通过"),
    "通报-T1": ("通报审批", "--ruling", "同意"),
}
# What was written once is there for good, in these words.
KEPT = (
    "SELECT stream, sequence, kind, actor, summary, hash FROM ledgerentry",
    "SELECT id, assignment_id, person, recorded_at, decision, explanation, channel FROM answer",
    "SELECT id, matter_id, step, round, unit_code, opened_at FROM assignment",
    "SELECT id, matter_id, sha256, name FROM evidence",
    "SELECT id, matter_id, number FROM document",
    "SELECT number, outcome, closed_at FROM matter WHERE outcome IS NOT NULL",
    "SELECT matter_id, number, archived_at FROM archiverecord",
    "SELECT matter_id, sequence, sha256 FROM archiveitem",
    "SELECT number, at, hash FROM seal",
    "SELECT id, dedupe_key, unit_code, subject, body, created_at FROM message",
    # What was handed over is not touched again.
    "SELECT id, attempts, handed_over_at FROM message WHERE status = 'handed_over'",
)


@pytest.fixture
def receiver() -> Iterator[JsonReceiver]:
    """Takes what the system hands over."""
    with json_receiver() as taking:
        yield taking


@pytest.fixture(params=RELEASES)
def released(own_system: System, receiver: JsonReceiver, request: pytest.FixtureRequest) -> System:
    """The folder of an earlier release, on the morning after, with an address for every unit."""
    home = own_system.home
    with tarfile.open(FOLDER / f"home-{request.param}.tar.xz") as archive:
        archive.extractall(home.parent, filter="data")
    set_drill_clock(home, clock_of(home)() + timedelta(hours=17))
    units = [code for (code,) in facts_of(own_system, "SELECT code FROM unit")]
    with own_system.workplace() as place:
        write_channels(place, {code: receiver.url(code) for code in units})
    return own_system


def numbers_of(system: System) -> dict[str, str]:
    """Return the numbers of all matters by the word in the titles of the leads, as 延期 and 延期-Y1."""
    leads = facts_of(system, "SELECT id, number, title FROM matter WHERE parent_id IS NULL")
    words = {key: re.sub(r".*（(.*)）", r"\1", title) for key, _, title in leads}
    petitions = facts_of(system, "SELECT parent_id, number FROM matter WHERE parent_id IS NOT NULL")
    return {words[key]: number for key, number, _ in leads} | {
        f"{words[key]}-{number.rpartition('-')[2]}": number for key, number in petitions
    }


def test_the_folder_holds_what_an_upgrade_meets(released: System) -> None:
    """Leads at every step, one of them again, decisions that wait, closed ones, messages in any state."""
    steps = Counter(standing.step for standing in standings(released).values())
    assert sum(len(number) == len("L2026-0001") for number in standings(released)) == 20
    assert {step: steps[step] for step in FOLLOWING} == {
        "transfer": 3, "receipt": 3, "verify": 4, "rectify": 4, "review": 2, "extension": 1, "publication": 1,
    }  # fmt: skip
    query = "SELECT 1 FROM assignment WHERE answered_at IS NULL AND round = 2"
    assert len(facts_of(released, query)) == 1
    assert len(facts_of(released, "SELECT 1 FROM archiverecord")) == steps[""] - 2 == 2
    states = Counter(state for (state,) in facts_of(released, "SELECT status FROM message"))
    assert set(states) == {"created", "failed", "handed_over"}
    assert states["handed_over"] == len(received_before(released))


def test_a_folder_of_the_release_before_goes_on(released: System, receiver: JsonReceiver) -> None:
    """Every matter is carried on by one run from the step it stood at, whoever answers it and when."""
    numbers, before = numbers_of(released), standings(released)
    kept = [facts_of(released, query) for query in KEPT]
    type_before_anybody_mends(released, numbers)
    released.up()
    expected = {number: standing.step for number, standing in before.items()}
    expected |= {numbers[word]: step for word, step in LEFT.items()}
    expected |= {numbers[word]: FOLLOWING[before[numbers[word]].step] for word in TYPED}
    await_all(released, expected)

    answered = [numbers[word] for word in (*BY_FORM, *BY_COMMAND)]
    assert {expected[number] for number in answered} == set(FOLLOWING)
    for word in BY_FORM:
        fill_in(released, numbers[word], FILLED[expected[numbers[word]]])
    for word, (label, *fields) in BY_COMMAND.items():
        answer(released, numbers[word], label, *fields)
    expected |= {number: FOLLOWING[expected[number]] for number in answered}
    await_all(released, expected)

    released.start("巡查")
    check_decisions(released, numbers)
    check_messages(released, receiver)
    for query, rows in zip(KEPT, kept, strict=True):
        assert set(rows) <= set(facts_of(released, query)), query
    assert "台账完整" in released.run("ledger", "verify").stdout
    assert released.json("reconcile") == []
    for deployment in released.api("/deployments/filter", {}):
        # What an operator may start is there: nothing of the release before is left in the list.
        assert find_spec(deployment["entrypoint"].rpartition(".")[0]), deployment["name"]


def type_before_anybody_mends(system: System, numbers: Mapping[str, str]) -> None:
    """Fill in forms of the release before after this one was registered, and before its worker runs."""
    system.run("init")
    with system.server_alone():
        system.run("register")
        for word in TYPED:
            number = numbers[word]
            fill_in(system, number, FILLED[standings(system)[number].step])


def answer(system: System, number: str, label: str, *fields: str) -> None:
    """Answer a step by the command line, as the unit that owes it."""
    query = (
        "SELECT a.unit_code FROM assignment a JOIN matter m ON m.id = a.matter_id"
        " WHERE m.number = ? AND a.answered_at IS NULL"
    )
    ((unit,),) = facts_of(system, query, number)
    proven = ("--explanation", EXPLANATION, "--evidence", evidence_of(system, number))
    system.answer(number, label, unit, *fields, *(proven if label in {"核查", "整改"} else ()))


def await_all(system: System, expected: Mapping[str, str]) -> None:
    """Wait until every open matter waits at its step in the run that carries it, and no other run is left."""
    for number, step in expected.items():
        if step:
            wait_at(system, number, step)

    def settled() -> bool:
        now, live = standings(system), live_runs(system)
        return live == {number: [now[number].run] for number, step in expected.items() if step}

    until(settled, "each open matter has one run")
    now = standings(system)
    assert {number: standing.step for number, standing in now.items()} == expected
    assert all(waits(system, standing) for standing in now.values() if standing.step)


def live_runs(system: System) -> dict[str, list[str]]:
    """Return the runs that have not ended, by the matter they carry."""
    state = {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]}}
    found: dict[str, list[str]] = {}
    for run in system.api("/flow_runs/filter", {"flow_runs": {"state": state}, "limit": 200}):
        if number := run["parameters"].get("number"):
            found.setdefault(number, []).append(run["id"])
    return found


def check_decisions(system: System, numbers: Mapping[str, str]) -> None:
    """The extension moved the date it was asked for, and the circular went to every unit once."""
    outcomes = dict(facts_of(system, "SELECT number, outcome FROM matter"))
    assert outcomes[numbers["延期-Y1"]] == "extended"
    assert outcomes[numbers["通报-T1"]] == "published"
    query = (
        "SELECT a.extended_to, a.held FROM assignment a JOIN matter m ON m.id = a.matter_id"
        " WHERE m.number = ? AND a.answered_at IS NULL"
    )
    assert facts_of(system, query, numbers["延期"]) == [("2026-12-18", 0)]
    told = [unit for (unit,) in facts_of(system, "SELECT unit_code FROM message WHERE kind = 'circular'")]
    assert sorted(told) == sorted(unit for (unit,) in facts_of(system, "SELECT code FROM unit WHERE active"))


def check_messages(system: System, receiver: JsonReceiver) -> None:
    """Everything was received once, before the upgrade or after it, and nothing waits any more."""
    query = "SELECT unit_code, subject, body FROM message"
    written = Counter(letter(*row) for row in facts_of(system, query))
    here = (letter(got.address, got.subject, got.text) for got in receiver.received)
    assert Counter([*received_before(system), *here]) == written
    assert {state for (state,) in facts_of(system, "SELECT status FROM message")} == {"handed_over"}


def received_before(system: System) -> list[Any]:
    """Return what the receiver got from the release before."""
    text = (system.home.parent / "received.json").read_text(encoding="utf-8")
    return [letter(*got) for got in json.loads(text)]


def letter(unit: str, subject: str, text: str) -> tuple[str, str, str]:
    """Return a letter as it can be compared: a channel may drop blanks at its ends."""
    return unit, subject.strip(), text.strip()
