"""Answers that name the informant: looked at last, noted, limited; innocent words wait for a second time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from harness.wording import assert_is_one_sentence
from pydantic import SecretStr
from walks.informants import NAME, give_key
from walks.walking import (
    AUTHORITY,
    EXPLANATION,
    PERSON,
    Walk,
    answer_to,
    ledger_of,
    messages_of,
    register_lead,
)

from models.codes import Step
from models.errors import ConflictError, NotFound, RuleViolation
from models.informants.identity import Identity
from models.ladder.vocabulary import Grounds, Rung
from models.mechanisms.leads.vocabulary import CallOff
from tasks.audit.comparison import check_facts
from tasks.conduct.answers import record_answer
from tasks.informants.identities import record_informant
from tasks.ladder.supervision import SupervisionRequest, supervise
from tasks.mechanisms.leads.changes.calling_off import CallOffRequest, call_off
from tasks.mechanisms.leads.changes.correcting import CorrectionRequest, correct_lead
from tasks.mechanisms.leads.changes.redirecting import RedirectionRequest, redirect_lead
from tasks.petitions.hand_backs import HandBackRequest, hand_back


def informed(walk: Walk, name: str, step: Step = Step.VERIFY) -> Walk:
    """Return a lead at a step that somebody of that name reported."""
    give_key(walk.place)
    told = Identity(name=SecretStr(name), contact=SecretStr("13905570137"))
    record_informant(walk.place, walk.number, told, PERSON, walk.clock())
    return walk.to(step)


@pytest.mark.parametrize(
    "changes",
    [{"fields": {}}, {"files": ()}, {"unit": "SCJG"}, {"person": ""}, {"step": Step.RECTIFY}],
    ids=["a field is missing", "no evidence", "the wrong unit", "no person", "the wrong step"],
)
def test_what_must_fail_anyway_tells_no_name(walk: Walk, changes: dict[str, object]) -> None:
    """A right guess and a wrong one get the same answer, and neither is looked at."""
    informed(walk, NAME)
    said = []
    for guess in (NAME, "诸葛测试"):
        submission = answer_to(Step.VERIFY, walk.folder, explanation=f"{EXPLANATION}（{guess}）")
        with pytest.raises((RuleViolation, NotFound)) as caught:
            record_answer(walk.place, walk.number, replace(submission, **changes), walk.clock())  # type: ignore[arg-type]
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "naming_refused" not in [entry.kind for entry in ledger_of(walk.place, walk.number)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("永和", "经核查，永和县行政审批部门要求企业提交该证明。"),
        ("高平", "该文件抄自高平市同类文件，已停止执行。"),
        ("建国", "现场位于建国路三号，材料见附件。"),
        ("长安", "长安公司的投标文件已调阅，材料见附件。"),
        ("市场", "侯马市市场监督管理局已停止执行。"),
        ("某某", "统一编号为 1390557013788 的材料已调阅。"),
    ],
    ids=["a county", "a city", "a road", "a firm", "a unit of the directory", "a longer number"],
)
def test_innocent_words_are_taken_once_they_are_confirmed(walk: Walk, name: str, text: str) -> None:
    """The same text once more says that nobody is meant; that is noted, another text asks anew."""
    informed(walk, name)
    explanation = f"{EXPLANATION}{text}"
    for asked in (explanation, explanation + "又及。"):
        with pytest.raises(RuleViolation, match="原样再提交一次予以确认"):
            walk.answer(Step.VERIFY, explanation=asked)
    walk.answer(Step.VERIFY, explanation=explanation)
    assert [entry.kind for entry in ledger_of(walk.place, walk.number)][-4:-1] == [
        "naming_refused",
        "naming_refused",
        "naming_confirmed",
    ]
    with pytest.raises(ConflictError):
        walk.answer(Step.VERIFY, explanation=explanation)


def test_a_name_is_a_name_beside_an_innocent_word(walk: Walk) -> None:
    """One place that is not part of a longer word is enough, however often it is repeated."""
    informed(walk, "永和")
    explanation = f"{EXPLANATION}永和县要求企业提交该证明，据永和反映属实。"
    for _ in range(2):
        with pytest.raises(RuleViolation, match="请改称“举报人”"):
            walk.answer(Step.VERIFY, explanation=explanation)


def test_tries_are_limited_for_the_unit_that_makes_them(walk: Walk) -> None:
    """After five of a day nothing of that unit is taken, right or wrong; others and the next day are free."""
    informed(walk, NAME)
    for _ in range(5):
        with pytest.raises(RuleViolation, match="请改称“举报人”"):
            walk.answer(Step.VERIFY, explanation=f"{EXPLANATION}（{NAME}）")
    for guess in (NAME, "诸葛测试", ""):
        with pytest.raises(RuleViolation, match="今日多次提交") as caught:
            walk.answer(Step.VERIFY, explanation=f"{EXPLANATION}{guess}")
    assert_is_one_sentence(str(caught.value))
    assert [entry.kind for entry in ledger_of(walk.place, walk.number)].count("naming_refused") == 5
    request = SupervisionRequest(Rung.SUPERVISE, Grounds.DELAYING, "三次约谈均未到场。", PERSON)
    supervise(walk.place, walk.number, request, walk.clock())
    walk.clock.now += timedelta(days=1)
    walk.answer(Step.VERIFY)


def test_no_way_of_changing_a_lead_lets_the_name_through(walk: Walk) -> None:
    """Grounds of handing back and over anew, of a correction and a calling off go into messages."""
    informed(walk, NAME)
    place, number, now = walk.place, walk.number, walk.clock()
    naming = f"系{NAME}反映。"
    ways = (
        lambda: hand_back(place, number, HandBackRequest(AUTHORITY, PERSON, naming), now),
        lambda: redirect_lead(place, number, RedirectionRequest("XSPJ", "", naming, PERSON), now),
        lambda: correct_lead(place, number, CorrectionRequest({"title": naming}, "核对。", PERSON), now),
        lambda: correct_lead(place, number, CorrectionRequest({"title": "标题"}, naming, PERSON), now),
        lambda: call_off(place, number, CallOffRequest(CallOff.MISTAKEN, naming, PERSON), now),
    )
    for way in ways:
        with pytest.raises(RuleViolation, match="举报人"):
            way()
    assert walk.file().matter.title == "要求企业在本地设立子公司方可投标"
    assert walk.file().matter.outcome is None
    assert [entry.kind for entry in ledger_of(place, number)].count("naming_refused") == 5


def test_a_correction_that_takes_a_name_out_repeats_it_nowhere(walk: Walk) -> None:
    """Neither the ledger nor the unit reads what stood there before."""
    facts = f"{NAME}反映，招标文件设置了清单之外的准入条件。"
    walk = replace(walk, number=register_lead(walk.place, walk.clock, title="另一条", facts=facts))
    informed(walk, NAME)
    without = "招标文件设置了清单之外的准入条件。"
    request = CorrectionRequest({"facts": without}, "删去举报人信息。", PERSON)
    done = correct_lead(walk.place, walk.number, request, walk.clock())
    assert done.changes == [f"事实情况：原文不再引用，现“{without}”"]
    entry = ledger_of(walk.place, walk.number)[-1]
    assert NAME not in repr(entry)
    assert NAME not in "".join(m.body for m in messages_of(walk.place) if m.kind == "corrected")
    check_facts(walk.place)


def test_the_informant_of_a_duplicate_is_looked_for_too(walk: Walk) -> None:
    """What is answered for both must name neither."""
    double = replace(walk, number=register_lead(walk.place, walk.clock, title="重复的"))
    informed(double, NAME, Step.TRANSFER)
    request = CallOffRequest(CallOff.DUPLICATE, "同一问题。", PERSON, into=walk.number)
    call_off(walk.place, double.number, request, walk.clock())
    walk.to(Step.VERIFY)
    with pytest.raises(RuleViolation, match="举报人"):
        walk.answer(Step.VERIFY, explanation=f"{EXPLANATION}（{NAME}）")
