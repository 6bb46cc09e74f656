"""Extensions: asked for in writing before the term runs out, decided by the approver, as often as granted."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from walks.walking import (
    AUTHORITY,
    PDF,
    RESPONSIBLE,
    Walk,
    contents,
    houma,
    ledger_of,
    messages_of,
    write_evidence,
)

from models.codes import Outcome, Step
from models.errors import CalendarGapError, ConflictError, NotFound, RuleViolation
from models.ladder.vocabulary import Rung
from models.matters.facts import Await
from models.matters.tables import Assignment
from tasks.evidence.pieces import add_evidence
from tasks.ladder.escalation import raise_rungs
from tasks.lookup.stories import explain_due, tell_matter, tell_story
from tasks.petitions.extensions import ExtensionRequest, request_extension

# A rectification notice of Monday 2026-11-23 gives until Monday 11-30.
APPROVER = "SFGW"


@pytest.fixture
def owing(walk: Walk) -> Walk:
    """A lead whose rectification is owed."""
    return walk.to(Step.RECTIFY)


@pytest.fixture
def request_(papers: Path) -> ExtensionRequest:
    """A request that satisfies every rule: until Saturday 2026-12-05."""
    paper = write_evidence(papers, "延期申请.pdf", PDF + b"% request\n")
    return ExtensionRequest(
        AUTHORITY, "经办人乙", "2026-12-05", "需修订地方性文件，须经合法性审查。", [paper]
    )


def ask(walk: Walk, request: ExtensionRequest) -> Walk:
    """Ask for an extension; returns the walk of the request, up to where the approver owes a ruling."""
    number = request_extension(walk.place, walk.number, request, walk.clock())
    asked = replace(walk, number=number)
    assert isinstance(asked.advance(), Await)
    return asked


def rule(asked: Walk, ruling: str, explanation: str = "", **fields: str) -> None:
    """Let the approver decide and the request come to its end."""
    told = {"ruling": ruling, **fields}
    asked.answer(Step.EXTENSION, unit=APPROVER, fields=told, explanation=explanation)
    assert asked.advance() is None


def rectification(walk: Walk) -> Assignment:
    """Return what is owed."""
    row = walk.file().open_assignment
    assert row is not None
    return row


def test_a_granted_extension_moves_the_due_date_off_a_rest_day(
    owing: Walk, clock: Clock, request_: ExtensionRequest
) -> None:
    """Both units are told, both ledgers tell it, and the date explains itself."""
    clock.now = houma(27, 10)
    asked = ask(owing, request_)
    assert asked.number == "L2026-0001-Y1"
    (told,) = (m for m in messages_of(owing.place) if m.kind == "extension_request")
    assert (told.unit_code, "2026-12-05（星期六）" in told.body) == (APPROVER, True)
    rule(asked, "同意", "准予延期一周。")
    row = rectification(owing)
    assert (row.due_on, row.extended_to, row.held) == (date(2026, 12, 7), date(2026, 12, 5), False)
    assert asked.file().matter.outcome is Outcome.EXTENDED
    replies = [(m.unit_code, m.subject) for m in messages_of(owing.place) if m.kind == "extension_reply"]
    subject = "【延期】侯线〔2026〕1号延期1 同意延至 2026-12-07（星期一）"
    assert replies == [(AUTHORITY, subject), (RESPONSIBLE, subject)]
    told_in = [entry.kind for entry in ledger_of(owing.place, owing.number)][-3:]
    assert told_in == ["extension_requested", "extended", "document_issued"]
    kinds = [entry.kind for entry in ledger_of(owing.place, asked.number)]
    assert kinds == ["extension_requested", "assigned", "answered", "closed"]
    (_, account) = explain_due(owing.place, owing.number)[-1]
    assert account[-5:-1] == [
        "原到期日 2026-11-30（星期一）",
        "经批准延期至 2026-12-05（星期六）（通知§12(四)）",
        "2026-12-05（星期六） 不计入：星期六休息，顺延",
        "2026-12-06（星期日） 不计入：星期日休息，顺延",
    ]
    assert account[-1].startswith("到期日 2026-12-07（星期一） 18:00 届满（民法典第二百零三条")


def test_the_overdue_rungs_wait_while_it_is_pending_and_resume_when_it_is_refused(
    owing: Walk, clock: Clock, request_: ExtensionRequest
) -> None:
    """Nobody is urged for what the approver has not decided; then the ladder goes on at once."""
    clock.now = houma(30, 16)
    raise_rungs(owing.place, clock())
    asked = ask(owing, request_)
    assert "延期待批" in tell_matter(owing.place, owing.number, clock()).label.tags
    tuesday = houma(30, 10).replace(month=12, day=1)
    raised = raise_rungs(owing.place, tuesday)
    assert set(raised) <= {Rung.DUE_TODAY}, "only the approver is told"
    assert not [m for m in messages_of(owing.place) if m.kind in {"urge", "supervise"}]
    clock.now = tuesday
    rule(asked, "不同意", "理由不充分，请按期完成。")
    assert (rectification(owing).due_on, rectification(owing).held) == (date(2026, 11, 30), False)
    assert raise_rungs(owing.place, tuesday) == {Rung.URGE: 1}
    (reply, _) = (m for m in messages_of(owing.place) if m.kind == "extension_reply")
    assert "不因申请而顺延" in reply.body
    assert "理由不充分" in reply.body
    assert "extension_refused" in {entry.kind for entry in ledger_of(owing.place, owing.number)}


def test_the_approver_may_grant_another_date_and_several_follow_one_another(
    owing: Walk, clock: Clock, request_: ExtensionRequest
) -> None:
    """Each is asked for and decided by itself, and each has its number."""
    rule(ask(owing, request_), "同意", until="2026-12-03")
    assert rectification(owing).due_on == date(2026, 12, 3)
    clock.now = houma(30, 9).replace(month=12, day=3)
    second = ask(owing, replace(request_, until="2026-12-18"))
    assert second.number == "L2026-0001-Y2"
    rule(second, "同意")
    assert rectification(owing).due_on == date(2026, 12, 18)
    kinds = [entry.kind for entry in ledger_of(owing.place, owing.number)]
    assert kinds.count("extended") == 2


def test_after_the_due_date_a_request_is_refused_and_says_so(
    owing: Walk, clock: Clock, request_: ExtensionRequest
) -> None:
    """One second is enough, and nothing is written."""
    clock.now = houma(30, 18, 0, 1)
    before = contents(owing.place)
    with pytest.raises(
        RuleViolation, match="整改期限已于 2026-11-30（星期一） 届满，延期应在届满前提出"
    ) as caught:
        request_extension(owing.place, owing.number, request_, clock())
    assert_is_one_sentence(str(caught.value))
    assert contents(owing.place) == before
    clock.now = houma(30, 18)
    assert request_extension(owing.place, owing.number, request_, clock()) == "L2026-0001-Y1"


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"unit": RESPONSIBLE}, RuleViolation, "延期应由主管单位侯马市住房和城乡建设管理局提出"),
        ({"unit": "无此单位"}, NotFound, "没有“无此单位”"),
        ({"person": " "}, RuleViolation, "请填写经办人姓名"),
        ({"grounds": "\u200b"}, RuleViolation, "请写明不能按期完成整改的原因"),
        ({"grounds": "长" * 2001}, RuleViolation, "不得超过2000字"),
        ({"files": []}, RuleViolation, "请附上申请文件"),
        ({"until": "2026-11-30"}, RuleViolation, "应晚于现到期日 2026-11-30"),
        ({"until": "下周"}, RuleViolation, "拟延至日期“下周”无法识别"),
        ({"until": "2150-01-01"}, CalendarGapError, "2150"),
        ({"files": [], "references": ["E99"]}, NotFound, "E99"),
    ],
)
def test_a_request_that_breaks_a_rule_leaves_nothing(
    owing: Walk, request_: ExtensionRequest, change: dict[str, object], error: type[Exception], says: str
) -> None:
    """One sentence says why."""
    before = contents(owing.place)
    with pytest.raises(error, match=says) as caught:
        request_extension(owing.place, owing.number, replace(request_, **change), owing.clock())  # type: ignore[arg-type]
    assert_is_one_sentence(str(caught.value))
    found = contents(owing.place)
    # A file is stored before its row, so that no row points nowhere; one without a row is harmless.
    del before["evidence files"], found["evidence files"]
    assert found == before


def test_only_a_rectification_can_be_extended(walk: Walk, request_: ExtensionRequest) -> None:
    """The notice gives the verification three days and no more."""
    walk.to(Step.VERIFY)
    with pytest.raises(RuleViolation, match="只有整改环节可以申请延期，该线索当前环节：核查"):
        request_extension(walk.place, walk.number, request_, walk.clock())
    walk.to_closure()
    with pytest.raises(ConflictError, match="该线索已办结"):
        request_extension(walk.place, walk.number, request_, walk.clock())


def test_one_request_at_a_time(owing: Walk, request_: ExtensionRequest) -> None:
    """And a file that was uploaded before serves as well as a new one."""
    (paper,) = add_evidence(owing.place, owing.number, list(request_.files), "经办人", owing.clock())
    referring = replace(request_, files=[], references=[f"E{paper.id}"])
    asked = ask(owing, referring)
    story = tell_story(owing.place, asked.number)
    assert [piece["name"] for piece in story["evidence"]] == ["延期申请.pdf"]  # type: ignore[attr-defined]
    with pytest.raises(ConflictError, match="已有延期申请待审批"):
        request_extension(owing.place, owing.number, request_, owing.clock())


@pytest.mark.parametrize(
    ("unit", "fields", "explanation", "says"),
    [
        (AUTHORITY, {"ruling": "同意"}, "", "本次延期审批应由市发展改革委反馈"),
        (APPROVER, {"ruling": ""}, "", "审批意见“”不在可选范围内"),
        (APPROVER, {"ruling": "不同意"}, " ", "不同意时请写明理由"),
        (APPROVER, {"ruling": "同意", "until": "2026-11-27"}, "", "批准延至日期不能早于 2026-11-30"),
        (APPROVER, {"ruling": "同意", "until": "年底"}, "", "批准延至日期“年底”无法识别"),
    ],
)
def test_a_ruling_that_breaks_a_rule_changes_nothing(
    owing: Walk,
    request_: ExtensionRequest,
    unit: str,
    fields: dict[str, str],
    explanation: str,
    says: str,
) -> None:
    """The request goes on waiting."""
    asked = ask(owing, request_)
    before = contents(owing.place)
    with pytest.raises(RuleViolation, match=says) as caught:
        asked.answer(Step.EXTENSION, unit=unit, fields=fields, explanation=explanation)
    assert_is_one_sentence(str(caught.value))
    assert contents(owing.place) == before


def test_a_date_that_lies_behind_cannot_be_granted(
    owing: Walk, clock: Clock, request_: ExtensionRequest
) -> None:
    """Where the approver takes its time, nobody is overdue by the ruling."""
    asked = ask(owing, request_)
    clock.now = houma(30, 9).replace(month=12, day=8)
    with pytest.raises(RuleViolation, match="不能早于 2026-12-08"):
        asked.answer(Step.EXTENSION, unit=APPROVER, fields={"ruling": "同意"})
    rule(asked, "同意", until="2026-12-09")
    assert rectification(owing).due_on == date(2026, 12, 9)


def test_an_answer_makes_the_request_pointless(owing: Walk, request_: ExtensionRequest) -> None:
    """It is closed with the answer, nobody is reminded of it, and a ruling comes too late."""
    asked = ask(owing, request_)
    owing.answer(Step.RECTIFY)
    assert asked.file().matter.outcome is Outcome.MOOT
    assert asked.advance() is None
    assert raise_rungs(owing.place, houma(24, 9)).keys() <= {Rung.REMIND, Rung.DUE_TODAY}
    assert not [m for m in messages_of(owing.place) if m.unit_code == APPROVER and m.kind == "due_today"]
    with pytest.raises(ConflictError, match="该延期申请已办结（无需再审批）"):
        asked.answer(Step.EXTENSION, unit=APPROVER, fields={"ruling": "同意"})


def test_a_return_keeps_the_extended_date(owing: Walk, clock: Clock, request_: ExtensionRequest) -> None:
    """The clock does not restart, and its account still tells of the extension."""
    rule(ask(owing, request_), "同意")
    owing.pass_step(Step.RECTIFY)
    owing.pass_step(Step.REVIEW, fields={"verdict": "退回"}, explanation="整改措施不具体。")
    assert rectification(owing).due_on == date(2026, 12, 7)
    (_, account) = explain_due(owing.place, owing.number)[-1]
    assert "经批准延期至 2026-12-05（星期六）（通知§12(四)）" in account
    assert request_extension(owing.place, owing.number, replace(request_, until="2026-12-20"), clock())
