"""What is tried where a mechanism is joined that no production file knows; ``test_a_mechanism`` runs it."""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from conftest import Clock
from inquiry.opening import open_inquiry
from inquiry.policy import policy_text
from sqlmodel import col, select
from walks.directories import HEIR, MERGED, change
from walks.walking import (
    EXPLANATION,
    PERSON,
    Walk,
    contents,
    houma,
    ledger_of,
    messages_of,
    write_evidence,
)

from flows.forms import form_for, submission_of
from models.codes import MatterKind, Outcome, Step
from models.documents.tables import Document
from models.errors import ConflictError, RuleViolation, TamperError
from models.ladder.vocabulary import Grounds, Rung
from models.matters.facts import Assign, Await, AwaitParts, OpenParts
from models.matters.tables import Matter
from models.messages.kinds import MessageKind
from models.office.directory import packaged_directory_text, read_directory
from models.office.policy import read_policy
from tasks.archive.archiving import archive_matter, awaits_archiving
from tasks.audit.comparison import check_facts
from tasks.audit.verification import verify_ledger
from tasks.conduct.answers import record_answer
from tasks.conduct.steps import take_step
from tasks.conduct.waits import show_form, shown_form
from tasks.evidence.pieces import add_evidence
from tasks.ladder.escalation import raise_rungs
from tasks.ladder.supervision import SupervisionRequest, supervise
from tasks.lookup.board import read_board
from tasks.lookup.stories import tell_matter, tell_story
from tasks.matters.opening import open_part
from tasks.matters.reading import find_matter
from tasks.office.units import import_units
from tasks.runs.prefect_api import PrefectApi
from tasks.runs.starting import wake_ended
from tasks.workplace import Workplace, read_office

_UNIT = """
[[unit]]
code = "U{number:03d}"
name = "侯马市第{number}局"
short_name = "第{number}局"
roles = ["authority"]
"""
ASKED = ("ZJJ", "XSPJ", "SCJG")


@pytest.fixture
def office(place: Workplace) -> Workplace:
    """An office that makes inquiries."""
    return replace(place, policy=read_policy(policy_text(), "policy.toml"))


@pytest.fixture
def inquiry(office: Workplace, clock: Clock, tmp_path: Path) -> Walk:
    """An inquiry whose plan is to be made."""
    papers = tmp_path / "papers"
    papers.mkdir()
    number = open_inquiry(office, "清理要求企业提供保证金的规定", PERSON, clock())
    return Walk(office, clock, papers, number)


@pytest.fixture
def asked(inquiry: Walk) -> Walk:
    """An inquiry whose three units were asked."""
    inquiry.to(Step.INQUIRY_GATHER)
    for part in parts(inquiry):
        part.advance()
    return inquiry


def parts(inquiry: Walk) -> list[Walk]:
    """Return the parts of an inquiry in their order."""
    return [replace(inquiry, number=part.number) for part in inquiry.file().parts]


def answer(part: Walk, **changes: object) -> None:
    """Let the unit of a part answer, and its run close it."""
    unit = part.file().matter.unit_code
    part.pass_step(Step.INQUIRY_ANSWER, **{"unit": unit, **changes})


def test_the_plan_opens_one_part_for_each_unit(inquiry: Walk) -> None:
    """In one transaction: three parts with suffixes, each noted in both streams."""
    inquiry.to(Step.INQUIRY_PLAN).answer(Step.INQUIRY_PLAN)
    steps = []
    while not isinstance(step := take_step(inquiry.place, inquiry.number, inquiry.clock()), Await):
        steps.append(type(step))
    assert steps[-1] is OpenParts
    assert isinstance(step, AwaitParts)
    assert step.parts == tuple(f"Q2026-001-F{each}" for each in (1, 2, 3))
    matters = [part.file().matter for part in parts(inquiry)]
    assert [(m.unit_code, m.printed_number) for m in matters] == [
        (code, f"侯询〔2026〕1号分{each}") for each, code in enumerate(ASKED, 1)
    ]
    opened = [entry for entry in ledger_of(inquiry.place, inquiry.number) if entry.kind == "part_opened"]
    assert [entry.detail["unit"] for entry in opened] == list(ASKED)
    for number in step.parts:
        assert [entry.kind for entry in ledger_of(inquiry.place, number)] == ["part_opened"]


def test_a_plan_that_asks_nobody_or_somebody_abolished_is_refused(inquiry: Walk) -> None:
    """Each mistake is a sentence, and nothing is opened."""
    inquiry.to(Step.INQUIRY_PLAN)
    with pytest.raises(RuleViolation, match="请填写问询单位，至少一个单位"):
        inquiry.answer(Step.INQUIRY_PLAN, fields={"question": "有无？", "asked": "、"})
    inquiry.answer(Step.INQUIRY_PLAN, fields={"question": "有无？", "asked": "住建局、住建局、ZJJ"})
    inquiry.advance()
    assert [part.file().matter.unit_code for part in parts(inquiry)] == ["ZJJ"]


def test_each_unit_gets_its_letter_and_message(asked: Walk) -> None:
    """The letter names the unit, the question and the number of its own part."""
    with asked.place.reading() as session:
        letters = session.exec(select(Document).order_by(Document.id)).all()
    assert [letter.content["recipient"] for letter in letters] == [
        read_office(asked.place).stored(code).name for code in ASKED
    ]
    assert all("是否仍有要求企业提供保证金的规定？" in str(letter.content) for letter in letters)
    told = [message for message in messages_of(asked.place) if message.kind is MessageKind.TASK]
    assert [message.unit_code for message in told] == list(ASKED)
    assert "Q2026-001-F1" in told[0].body
    assert "问询分件" in told[0].body


def test_the_parent_sleeps_until_the_last_part_ends(asked: Walk) -> None:
    """Two answers change nothing; with the third the parts are gathered by rule and the inquiry is closed."""
    for part in parts(asked)[:2]:
        answer(part)
        assert isinstance(asked.advance(), AwaitParts)
        assert asked.file().matter.stale_since == asked.clock(), "its run tells of each part that ended"
    story = tell_matter(asked.place, asked.number, asked.clock())
    assert [(row["unit"], row["status"]) for row in story.story["parts"]] == [
        ("侯马市住房和城乡建设管理局", "已答复"),
        ("侯马市行政审批服务管理局", "已答复"),
        ("侯马市市场监督管理局", "办理中"),
    ]
    assert "| Q2026-001-F3 | 侯马市市场监督管理局 | 办理中 |" in story.markdown
    answer(parts(asked)[2])
    assert asked.file().open_assignment is None, "gathered in the transaction that closed the last part"
    assert asked.advance() is None
    assert asked.file().matter.outcome is Outcome.GATHERED
    kinds = [entry.kind for entry in ledger_of(asked.place, asked.number)]
    assert kinds[-2:] == ["answered", "closed"]
    assert tell_story(asked.place, asked.number)["steps"][-1]["decision"] == "各分件均已办结"


def test_parts_that_end_at_once_are_gathered_once(asked: Walk) -> None:
    """Three runs close their parts in the same moment: one of them is the last, whichever it is."""
    for part in parts(asked):
        part.answer(Step.INQUIRY_ANSWER, unit=part.file().matter.unit_code)
    at_once = Barrier(3)

    def close(part: Walk) -> object:
        at_once.wait()
        return part.advance()

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(close, parts(asked))) == [None] * 3
    told = [entry for entry in ledger_of(asked.place, asked.number) if entry.kind == "answered"]
    assert [entry.detail["step"] for entry in told] == ["inquiry_plan", "inquiry_gather"]
    assert asked.advance() is None


def test_the_bureau_ends_the_wait_in_writing(asked: Walk) -> None:
    """Without grounds it is refused; with them the units that are left are told why, and answers are over."""
    answer(parts(asked)[0])
    with pytest.raises(RuleViolation, match="请写明理由"):
        asked.answer(Step.INQUIRY_GATHER)
    asked.answer(Step.INQUIRY_GATHER, explanation="机构改革，不再要求其余单位答复。")
    outcomes = [part.file().matter.outcome for part in parts(asked)]
    assert outcomes == [Outcome.ANSWERED, Outcome.RELEASED, Outcome.RELEASED]
    told = [message for message in messages_of(asked.place) if message.kind is MessageKind.RELEASE]
    assert [message.unit_code for message in told] == ["XSPJ", "SCJG"]
    assert all("机构改革，不再要求其余单位答复。" in message.body for message in told)
    with pytest.raises(ConflictError, match="该问询分件已办结（不再要求反馈）"):
        answer(parts(asked)[1])
    assert asked.advance() is None


def test_a_unit_that_has_answered_is_not_released(asked: Walk) -> None:
    """Its answer is in hand, though its run has not closed it yet; the others are told, it is not."""
    first = parts(asked)[0]
    first.answer(Step.INQUIRY_ANSWER, unit="ZJJ")
    asked.answer(Step.INQUIRY_GATHER, explanation="其余单位已书面说明。")
    outcomes = [part.file().matter.outcome for part in parts(asked)]
    assert outcomes == [Outcome.ANSWERED, Outcome.RELEASED, Outcome.RELEASED]
    told = [message for message in messages_of(asked.place) if message.kind is MessageKind.RELEASE]
    assert [message.unit_code for message in told] == ["XSPJ", "SCJG"]
    assert [entry.kind for entry in ledger_of(asked.place, first.number)][-2:] == ["answered", "closed"]
    assert first.advance() is asked.advance() is None
    assert asked.file().matter.outcome is Outcome.GATHERED


def test_the_runs_of_what_ended_are_woken(asked: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the two shares that were released; the one whose answer did it goes on by itself."""
    woken: list[str] = []
    monkeypatch.setattr(PrefectApi, "wake_all", lambda _api, runs: woken.extend(runs))
    for number in (asked.number, *(part.number for part in parts(asked))):
        with asked.place.writing() as session:
            find_matter(session, number, for_change=True).flow_run_id = f"run of {number}"
    answer(parts(asked)[0])
    asked.clock.now += timedelta(minutes=1)
    asked.answer(Step.INQUIRY_GATHER, explanation="其余单位已书面说明。")
    assert wake_ended(asked.place, asked.clock()) == ""
    assert woken == [f"run of {asked.number}-F{each}" for each in (2, 3)]
    asked.clock.now += timedelta(minutes=1)
    assert wake_ended(asked.place, asked.clock()) == ""
    assert len(woken) == 2, "nothing ended since, so nobody is asked"


def test_nothing_is_gathered_before_anybody_was_asked(inquiry: Walk) -> None:
    """A circular about the bureau is refused while the parts are still to be opened: they are opened then."""
    inquiry.to(Step.INQUIRY_PLAN).answer(Step.INQUIRY_PLAN)
    assert isinstance(take_step(inquiry.place, inquiry.number, inquiry.clock()), Assign)
    wanted = SupervisionRequest(Rung.CIRCULAR, Grounds.DELAYING, "久拖不决。", PERSON)
    drafted = supervise(inquiry.place, inquiry.number, wanted, inquiry.clock())
    circular = replace(inquiry, number=drafted.circular).to(Step.PUBLICATION)
    circular.pass_step(Step.PUBLICATION, fields={"ruling": "不同意"}, explanation="尚在期限内。")
    assert isinstance(inquiry.advance(), AwaitParts)
    assert len(parts(inquiry)) == 3


def test_what_was_put_before_somebody_ends_with_the_parts(asked: Walk) -> None:
    """A circular about a bureau that gathers too slowly is pointless once the last share has ended."""
    wanted = SupervisionRequest(Rung.CIRCULAR, Grounds.DELAYING, "久拖不决。", PERSON)
    drafted = supervise(asked.place, asked.number, wanted, asked.clock())
    assert drafted.circular == f"{asked.number}-T1"
    for part in parts(asked):
        answer(part)
    assert replace(asked, number=drafted.circular).file().matter.outcome is Outcome.MOOT


def test_each_part_climbs_the_ladder_by_itself(asked: Walk) -> None:
    """One unit answers, the silent ones are reminded, urged, supervised, reported and put into a draft."""
    answer(parts(asked)[0])
    silent = parts(asked)[1:]
    due = houma(26, 9)
    moments = (due - timedelta(days=1), due, due + timedelta(days=1), due + timedelta(days=1, hours=6))
    for moment in (*moments, houma(30, 9), houma(30, 9) + timedelta(days=1)):
        asked.clock.now = moment
        raise_rungs(asked.place, moment)
    with asked.place.reading() as session:
        drafted = select(Matter).where(Matter.kind == MatterKind.CIRCULAR).order_by(col(Matter.id))
        circulars = session.exec(drafted).all()
    assert [circular.number for circular in circulars] == [f"{part.number}-T1" for part in silent]
    assert {message.kind for message in messages_of(asked.place)} >= {
        MessageKind.REMIND, MessageKind.DUE_TODAY, MessageKind.URGE,
        MessageKind.SUPERVISE, MessageKind.REPORT,
    }  # fmt: skip
    assert not any("线索" in message.body for message in messages_of(asked.place))
    answer(silent[0])
    circular = replace(asked, number=f"{silent[0].number}-T1").file().matter
    assert circular.outcome is Outcome.MOOT, "an answer makes the circular about it pointless"
    asked.answer(Step.INQUIRY_GATHER, explanation="其余单位已书面说明。")
    assert replace(asked, number=f"{silent[1].number}-T1").file().matter.outcome is Outcome.MOOT


def test_the_form_is_built_from_the_duty_and_comes_back_as_an_answer(asked: Walk) -> None:
    """What is filled into the form of a part is stored as its answer."""
    part = parts(asked)[0]
    with part.place.writing() as session:
        find_matter(session, part.number, for_change=True).flow_run_id = "run"
    shown = show_form(part.place, part.number, "run", 0)
    assert shown is not None
    form = form_for(part.place.kinds.duty(Step.INQUIRY_ANSWER), read_office(part.place), "说明")
    properties = form.model_json_schema()["properties"]
    assert properties["state"]["title"] == "答复结论"
    paper = write_evidence(part.folder, "答复.pdf")
    (evidence,) = add_evidence(part.place, part.number, [paper], PERSON, part.clock())
    filled = {
        "person": PERSON, "state": "无此类情况", "explanation": EXPLANATION,
        "evidence": f"E{evidence.id}",
    }  # fmt: skip
    record_answer(part.place, part.number, submission_of(shown.assignment, filled), part.clock())
    assert shown_form(part.place, part.number) is None
    assert part.advance() is None


def test_board_and_label_show_what_each_unit_owes(asked: Walk) -> None:
    """The board counts the inquiry once and shows each unit's share; the run is named by the unit."""
    board = read_board(asked.place, asked.clock())
    assert board["open"] == 1
    rows = {(row["authority"], row["step"]): row["open"] for row in board["rows"]}
    names = [read_office(asked.place).stored(code).name for code in ASKED]
    assert rows == {(name, "答复"): 1 for name in names} | {
        (read_office(asked.place).bureau().name, "收齐答复"): 1
    }
    assert "答复 · 住建局" in tell_matter(asked.place, "Q2026-001-F1", asked.clock()).label.name


def test_the_volume_holds_the_parts(asked: Walk) -> None:
    """A closed inquiry is archived with the letters and answers of its parts; a part has no volume."""
    for part in parts(asked):
        answer(part)
        assert not awaits_archiving(part.place, part.number)
    asked.advance()
    assert awaits_archiving(asked.place, asked.number)
    record = archive_matter(asked.place, asked.number, asked.clock())
    assert record.matter_id == asked.file().matter.id
    with pytest.raises(RuleViolation, match="随所属"):
        archive_matter(asked.place, f"{asked.number}-F1", asked.clock())


def test_the_ledger_of_all_of_it_is_in_order(asked: Walk) -> None:
    """Chains and facts agree after the whole life of an inquiry."""
    for part in parts(asked):
        answer(part)
    asked.advance()
    verified = verify_ledger(asked.place)
    assert verified.streams >= 4
    assert verified.entries >= len(ledger_of(asked.place, asked.number))
    assert check_facts(asked.place) == 4
    for code in ("ZJJ", None):
        with asked.place.writing() as session:
            find_matter(session, f"{asked.number}-F2").unit_code = code
        # The stream of the inquiry tells of it as well as its own.
        for number in (asked.number, f"{asked.number}-F2"):
            with pytest.raises(TamperError, match=f"{number} 登记内容与台账不符"):
                check_facts(asked.place, number)


def test_two_hundred_parts_are_opened_in_one_transaction(
    inquiry: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them or none: an error at the last one leaves nothing, and the next try opens them all."""
    units = "".join(_UNIT.format(number=number) for number in range(200))
    directory = read_directory(packaged_directory_text() + units, "units.toml")
    import_units(inquiry.place, directory, "units.toml", inquiry.clock())
    names = "、".join(f"第{number}局" for number in range(200))
    inquiry.to(Step.INQUIRY_PLAN).answer(Step.INQUIRY_PLAN, fields={"question": "有无？", "asked": names})
    inquiry_step = take_step(inquiry.place, inquiry.number, inquiry.clock())
    assert isinstance(inquiry_step, Assign)
    before = contents(inquiry.place)
    with monkeypatch.context() as broken:
        broken.setattr("tasks.conduct.parts.open_part", fails_at(200))
        with pytest.raises(ZeroDivisionError):
            take_step(inquiry.place, inquiry.number, inquiry.clock())
    assert contents(inquiry.place) == before
    began = time.process_time()
    assert isinstance(take_step(inquiry.place, inquiry.number, inquiry.clock()), OpenParts)
    assert time.process_time() - began < 30, "so long would other writers wait, or longer"
    assert len(inquiry.file().parts) == 200
    inquiry.advance()
    inquiry.answer(Step.INQUIRY_GATHER, explanation="任务取消。")
    assert {part.outcome for part in inquiry.file().parts} == {Outcome.RELEASED}


def fails_at(last: int) -> Callable[..., Matter]:
    """Return the opening of parts that fails at one of them."""
    opened = itertools.count(1)

    def failing(*given: object) -> Matter:
        if next(opened) == last:
            raise ZeroDivisionError
        return open_part(*given)

    return failing


def test_a_share_passes_to_the_successor_and_the_record_agrees(asked: Walk, clock: Clock) -> None:
    """Share, assignment and both ledgers; what is compared with the ledger stays right to the end."""
    assert change(asked.place, clock, MERGED).handed_on.duties == 1
    first, *_ = parts(asked)
    assert first.file().matter.unit_code == HEIR
    assert first.file().assignments[-1].row.unit_code == HEIR
    for number in (asked.number, first.number):
        noted = [
            e.detail for e in ledger_of(asked.place, number) if "part" in e.detail and "after" in e.detail
        ]
        assert [(detail["before"], detail["after"]) for detail in noted] == [("ZJJ", HEIR)]
    check_facts(asked.place)
    for part in parts(asked):
        answer(part)
    asked.advance()
    check_facts(asked.place)
    verify_ledger(asked.place)
    with asked.place.writing() as session:
        find_matter(session, first.number).unit_code = "JTJ"
    with pytest.raises(TamperError, match="登记内容"):
        check_facts(asked.place)
