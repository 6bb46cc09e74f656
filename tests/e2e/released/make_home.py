"""Make the home folder of a release in the middle of its work, for ``test_release_before.py`` to take over.

Run it in a checkout of the release whose folder is wanted, with this file copied there. It takes minutes:

    PYTHONPATH=tests .venv/bin/python tests/e2e/released/make_home.py home-before-rooms.tar.xz

``home-before-rooms.tar.xz`` was made so from commit 9934e55, before the packages were moved into rooms: the
flow that carries a matter was called 办理线索 and lay at ``flows.lead.handle_lead``.
``home-before-changes.tar.xz`` comes from commit f2396a8, the last one before leads could be handed back,
corrected and called off; there the four modules imported below lie in the rooms in which they lie now.

The folder holds twenty made-up leads, told apart by the word at the end of their titles. Two or more stand
at each step (移交一 … 验收二), one of them again after it was returned (退回). One waits for an extension
(延期), one for a circular to be decided (通报), one once more with a form that was refused (退件); two are
closed and archived. While nothing ran, one was answered by the command line (未续), one by a form that no
worker has read yet (未读), and one was registered (未派). Some messages were handed over, some have no
address, one failed. ``received.json`` lies beside the folder and tells what was received. Nothing tells of
the machine: logs, events, locks and the host's name are left out. Time stands still on 30 November 2026.
"""

import json
import lzma
import re
import socket
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
from deployments.clock import set_drill_clock
from receivers import JsonReceiver, Received, json_receiver
from running_system import COMMAND, System, until

from tasks.evidence import add_evidence

PERSON = "经办人甲"
EXPLANATION = "经现场核查并调阅全部审批档案，相关情况属实，有关文件已随本次反馈一并提交。"
APPROVALS, HOUSING, MARKETS = (
    "侯马市行政审批服务管理局",
    "侯马市住房和城乡建设管理局",
    "侯马市市场监督管理局",
)
# The step at which each lead stands in the end, and its competent authority; two are closed.
LEADS = {
    "移交一": ("transfer", APPROVALS), "移交二": ("transfer", APPROVALS), "移交三": ("transfer", APPROVALS),
    "签收一": ("receipt", APPROVALS), "签收二": ("receipt", APPROVALS),
    "核查一": ("verify", HOUSING), "核查二": ("verify", APPROVALS),
    "整改一": ("rectify", HOUSING), "整改二": ("rectify", APPROVALS),
    "验收一": ("review", APPROVALS), "验收二": ("review", APPROVALS),
    "退回": ("rectify", APPROVALS), "延期": ("rectify", APPROVALS),
    "通报": ("verify", HOUSING), "退件": ("verify", APPROVALS),
    "办结": ("", HOUSING), "不属实": ("", APPROVALS),
    "未读": ("receipt", APPROVALS), "未续": ("transfer", APPROVALS),
}  # fmt: skip
STEPS = ("transfer", "receipt", "verify", "rectify", "review")
FIELDS: Mapping[str, Mapping[str, str]] = {
    "receipt": {},
    "verify": {"finding": "属实", "responsible": MARKETS, "opinion": "立即停止要求企业提交该证明。"},
    "rectify": {"measures": "废止有关文件，退还已收取的保证金。"},
    "review": {"verdict": "通过"},
}
GATED = ("verify", "rectify")
# Units with an address; what is for others stays in the outbox.
REACHED = ("FGJ", "ZJJ", "SCJG")
# A patrol would render every document, and the folder is to stay small.
NEVER = "0 0 29 2 *"


class Standing(NamedTuple):
    """How a matter stands: the step it waits for (blank where closed), the key of its form, its run."""

    step: str
    key: str
    run: str


class Office:
    """A running system, its clock and its leads by the word at the end of their titles."""

    def __init__(self, system: System) -> None:
        """Know a system that was initialised."""
        self.system = system
        self.numbers: dict[str, str] = {}

    def at(self, hour: int, minute: int) -> None:
        """Let it be a time of Monday, 30 November 2026, in Houma."""
        moment = datetime.fromisoformat(f"2026-11-30T{hour:02}:{minute:02}:00+08:00")
        set_drill_clock(self.system.home, moment)

    def register(self, papers: Path) -> None:
        """Import all leads, and store a file for each."""
        file, proof = papers / "leads.jsonl", papers / "核查记录.txt"
        leads = [{"title": title_of(role), "facts": "办理许可时要求另行提供证明。"} for role in LEADS]
        file.write_text("\n".join(json.dumps(lead, ensure_ascii=False) for lead in leads), encoding="utf-8")
        proof.write_text("已核对全部审批档案，共二十三卷。", encoding="utf-8")
        created = self.system.json("lead", "import", file, "--person", PERSON)["created"]
        self.numbers = dict(zip(LEADS, created, strict=True))
        with self.system.workplace() as place:
            for number in created:
                add_evidence(place, number, [proof], PERSON, place.clock())

    def standing(self, number: str) -> Standing:
        """Return how a matter stands."""
        query = (
            "SELECT a.step, a.form_key, m.flow_run_id FROM matter m LEFT JOIN assignment a "
            "ON a.matter_id = m.id AND a.answered_at IS NULL AND m.outcome IS NULL WHERE m.number = ?"
        )
        with closing(sqlite3.connect(self.system.home / "zero137.db", timeout=20)) as facts:
            (row,) = facts.execute(query, [number]).fetchall()
        return Standing(*(part or "" for part in row))

    def await_step(self, number: str, step: str, other_than: str = "") -> Standing:
        """Wait until a matter is suspended at a step with a form, or is closed and its run has ended."""

        def found() -> Standing | None:
            now = self.standing(number)
            if now.step != step or now.key == other_than != "":
                return None
            run = self.system.api(f"/flow_runs/{now.run}") or {"state_type": "", "state": {}}
            wait = (run["state"].get("state_details") or {}).get("pause_key") or ""
            settled = (run["state_type"], wait) == ("PAUSED", now.key) if step else not is_live(run)
            return now if settled else None

        return until(found, f"{number} stands at {step}")

    def fill_in(self, number: str, step: str, **fields: str) -> None:
        """Fill in the form a matter waits with, as the UI does."""
        proven = {"explanation": EXPLANATION, "evidence": self.evidence_of(number)} if step in GATED else {}
        filled = {"person": PERSON, **proven, **FIELDS.get(step, {}), **fields}
        run = self.standing(number).run
        reply = self.system.api(f"/flow_runs/{run}/resume", {"run_input": filled})
        if reply is None or reply["status"] != "ACCEPT":
            raise RuntimeError(f"{number} {step}: {reply}")

    def evidence_of(self, number: str) -> str:
        """Return the number of the file that was stored for a lead."""
        query = "SELECT min(e.id) FROM evidence e JOIN matter m ON m.id = e.matter_id WHERE m.number = ?"
        with closing(sqlite3.connect(self.system.home / "zero137.db", timeout=20)) as facts:
            ((key,),) = facts.execute(query, [number])
        return f"E{key}"

    def carry(self, step: str) -> None:
        """Answer a step of every lead that stands beyond it in the end, and wait until they have moved on."""
        goes_on = [
            role for role, (end, _) in LEADS.items() if not end or STEPS.index(end) > STEPS.index(step)
        ]
        goes_on += ["退回"] if step == "rectify" else []
        goes_on = [role for role in goes_on if not (role == "不属实" and step == "rectify")]
        following = STEPS[STEPS.index(step) + 1] if step != "review" else ""
        for role in goes_on:
            fields = {"authority": LEADS[role][1]} if step == "transfer" else {}
            if role == "不属实" and step == "verify":
                fields = {"finding": "不属实", "responsible": "无", "opinion": ""}
            self.fill_in(self.numbers[role], step, **fields)
        for role in goes_on:
            ends_well = not (role == "不属实" and step == "verify")
            self.await_step(self.numbers[role], following if ends_well else "review")


def title_of(role: str) -> str:
    """Return the title of a made-up lead."""
    return f"办理许可时违规增设前置条件（{role}）"


def is_live(run: Mapping[str, object]) -> bool:
    """Tell whether a run has not ended."""
    return run["state_type"] in {"SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"}


def work(office: Office, papers: Path, receiver: JsonReceiver) -> list[Received]:
    """Bring every lead to where it is to stand, the rest happens on the way; returns what was received."""
    office.at(9, 30)
    office.register(papers)
    for number in office.numbers.values():
        office.await_step(number, "transfer")
    for hour, step in zip((10, 11, 14, 15), STEPS, strict=False):
        office.at(hour, 10)
        office.carry(step)
    returned, refused = office.numbers["退回"], office.numbers["退件"]
    office.fill_in(returned, "review", verdict="退回", explanation="未见公布情况，请补正。")
    office.await_step(returned, "rectify")
    before = office.await_step(refused, "verify")
    office.fill_in(refused, "verify", explanation="已核查。")
    office.await_step(refused, "verify", other_than=before.key)
    office.at(16, 10)
    tell_units(office.system, receiver)
    office.carry("review")
    request_extension(office, papers)
    received = list(receiver.received)
    # The last message fails, and is to be tried again.
    receiver.status = HTTPStatus.SERVICE_UNAVAILABLE
    draft_circular(office)
    office.system.run("ledger", "seal", "--person", PERSON)
    return received


def tell_units(system: System, receiver: JsonReceiver) -> None:
    """Write the channel file, from which moment on messages are handed over, with their documents rendered.

    It comes late: every rendered document makes the folder a tenth of a megabyte larger.
    """
    lines = [f"  - {receiver.url(unit)!r}:\n      - tag: {unit}\n" for unit in REACHED]
    (system.home / "channels.yaml").write_text("urls:\n" + "".join(lines), encoding="utf-8")


def request_extension(office: Office, papers: Path) -> None:
    """Ask for an extension."""
    request = papers / "延期申请.txt"
    request.write_text("整改须修订规范性文件，申请延期。", encoding="utf-8")
    number = office.numbers["延期"]
    asked = ("--by", f"行政审批局/{PERSON}", "--until", "2026-12-18", "--grounds", "须经合法性审查。")
    office.system.run("extend", number, *asked, "--evidence", request)
    office.await_step(f"{number}-Y1", "extension")


def draft_circular(office: Office) -> None:
    """Draft a circular."""
    number = office.numbers["通报"]
    by_hand = ("--grounds", "拖延", "--note", "三次约谈均未到场。", "--person", PERSON)
    office.system.run("supervise", number, "--rung", "通报", *by_hand)
    office.await_step(f"{number}-T1", "publication")


@contextmanager
def served(system: System) -> Iterator[None]:
    """Run the server alone: what is filled in is kept, and nobody reads it."""
    process = subprocess.Popen(
        [COMMAND, "serve"], env=system.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: answers(system), "the server answers")
        yield
    finally:
        process.terminate()
        process.wait(60)


def answers(system: System) -> bool:
    """Tell whether the server answers."""
    try:
        return system.api("/health") is True
    except httpx.HTTPError:
        return False


def make(target: Path) -> None:
    """Run a system, let it work, stop it and pack its folder."""
    with TemporaryDirectory() as folder, json_receiver() as receiver:
        home, papers = Path(folder) / "home", Path(folder) / "papers"
        home.mkdir(mode=0o700)
        papers.mkdir()
        system = System(home, patrol_cron=NEVER)
        office = Office(system)
        office.at(9, 0)
        system.run("init")
        try:
            system.up()
            received = work(office, papers, receiver)
        finally:
            system.close()
        system = office.system = System(home, patrol_cron=NEVER)
        office.at(16, 40)
        with served(system):
            office.fill_in(office.numbers["未读"], "receipt")
        system.answer(office.numbers["未续"], "移交", "发改局", "--authority", "行政审批局")
        system.run("lead", "add", "--title", title_of("未派"), "--facts", "办理许可时要求另行提供证明。")
        system.close()
        pack(home, [[got.address, got.subject, got.text] for got in received], target)


def pack(home: Path, received: list[list[str]], target: Path) -> None:
    """Pack a folder without what only tells of the machine it was made on, or of a process that has ended."""
    conduct, host = home / "prefect" / "prefect.db", socket.gethostname()
    with closing(sqlite3.connect(conduct)) as runs:
        for table in ("log", "events", "event_resources"):
            runs.execute(f"DELETE FROM {table}")
        runs.execute("UPDATE flow_run_state SET message = replace(message, ?, '：office-')", [f"：{host}-"])
        runs.commit()
    for file in (conduct, home / "zero137.db"):
        with closing(sqlite3.connect(file)) as whole:
            whole.execute("PRAGMA journal_mode=DELETE")
            whole.execute("VACUUM")
    with tarfile.open(target, "w:xz", preset=9 | lzma.PRESET_EXTREME) as archive:
        add(archive, "received.json", json.dumps(received, ensure_ascii=False, indent=1).encode())
        for file in sorted(filter(Path.is_file, home.rglob("*"))):
            name = file.relative_to(home)
            if name.parts[0] == "logs" or name.suffix == ".lock" or name.parts[0] == "prefect" != file.stem:
                continue
            content = file.read_bytes()
            if str(home).encode() in content or re.search(rb"%s-\d+-" % host.encode(), content):
                raise RuntimeError(f"{name} tells of this machine")
            add(archive, f"home/{name}", content)


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Put a file into an archive, as nobody's and of no time."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, BytesIO(content))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
