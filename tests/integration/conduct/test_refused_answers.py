"""Answers that are refused: the right error, one Chinese sentence, and not a single row or file written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness.wording import assert_is_one_sentence
from walks.walking import AUTHORITY, FIELDS, Walk, answer_to, contents, write_evidence

from models.codes import Step
from models.errors import ConflictError, NotFound, RuleViolation, Zero137Error
from tasks.conduct.answers import record_answer

EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(200)
ZIP = b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(20) + b"a.txt" + bytes(200)
File = Callable[[Path], Path]


@dataclass(frozen=True)
class Refused:
    """One way to answer wrongly: what differs from a right answer, and what is said about it."""

    why: str
    error: type[Zero137Error]
    says: str
    changes: Mapping[str, object] = field(default_factory=dict)
    step: Step | None = None
    number: str = ""
    files: tuple[File, ...] | None = None


def paper(name: str, content: bytes) -> File:
    """Return what writes a file of that name and content."""
    return lambda folder: write_evidence(folder, name, content)


def fields(**given: str) -> dict[str, object]:
    """Return the change of the fields alone."""
    return {"fields": given}


def explained(text: str) -> dict[str, object]:
    """Return the change of the explanation alone."""
    return {"explanation": text}


def verified(**given: str) -> dict[str, object]:
    """Return the change of single fields of a verification."""
    return {"fields": {**FIELDS[Step.VERIFY], **given}}


def signed(at: str) -> dict[str, object]:
    """Return the change of the moment of signing."""
    return {"fields": {"signed_at": at}}


REFUSED: Mapping[Step, list[Refused]] = {
    Step.TRANSFER: [
        Refused("unknown lead", NotFound, "没有编号为“L2026-9999”的事项", number="L2026-9999"),
        Refused("unknown unit", NotFound, "单位目录中没有“财税局”", {"unit": "财税局"}),
        Refused("wrong unit", RuleViolation, "应由侯马市发展和改革局反馈", {"unit": "ZJJ"}),
        Refused("step not open", RuleViolation, "尚未进入核查环节，当前环节：移交", step=Step.VERIFY),
        Refused("person blank", RuleViolation, "请填写经办人姓名", {"person": " \u3000"}),
        Refused("person invisible", RuleViolation, "请填写经办人姓名", {"person": "\u200b\ufeff"}),
        Refused("person too long", RuleViolation, "不超过50字", {"person": "甲" * 51}),
        Refused("no authority", RuleViolation, "请填写主管单位", fields()),
        Refused("unknown authority", NotFound, "没有“烟草局”", fields(authority="烟草局")),
        Refused("not an authority", RuleViolation, "不是主管单位", fields(authority="SZF")),
        Refused("cooperates with itself", RuleViolation, "不必再列为协办单位",
                fields(authority="ZJJ", cooperating="XSPJ、住建局")),
        Refused("unknown cooperating unit", NotFound, "没有“烟草局”",
                fields(authority="ZJJ", cooperating="烟草局")),
        Refused("text too long", RuleViolation, "不得超过20000字", explained("字" * 20_001)),
    ],
    Step.RECEIPT: [
        Refused("signed before the transfer", RuleViolation, "不能早于移交时间", signed("2026-11-23 09:59")),
        Refused("signed on an earlier day", RuleViolation, "不能早于移交时间", signed("2026-11-20")),
        Refused("signed in the future", RuleViolation, "不能晚于当前时间", signed("2026-11-24 10:00")),
        Refused("no date", RuleViolation, "“昨天下午”无法识别", signed("昨天下午")),
        Refused("signed by another unit", RuleViolation, "应由侯马市住房和城乡建设管理局", {"unit": "GXJ"}),
    ],
    Step.VERIFY: [
        Refused("evidence missing", RuleViolation, "缺少印证材料", files=()),
        Refused("evidence not there", NotFound, "“不存在.pdf”不存在或无法读取",
                files=(lambda folder: folder / "不存在.pdf",)),
        Refused("evidence is a folder", NotFound, "不是文件", files=(lambda folder: folder,)),
        Refused("evidence empty", RuleViolation, "是空文件", files=(paper("空.pdf", b""),)),
        Refused("evidence too large", RuleViolation, "超过1MB",
                files=(paper("大.pdf", b"%PDF-1.7\n" + bytes(1 << 20)),)),
        Refused("program renamed", RuleViolation, "类型不在可接受范围", files=(paper("核查.pdf", EXE),)),
        Refused("archive", RuleViolation, "类型不在可接受范围", files=(paper("材料.zip", ZIP),)),
        Refused("one good, one bad", RuleViolation, "类型不在可接受范围",
                files=(paper("好.txt", "现场记录".encode()), paper("材料.zip", ZIP))),
        Refused("unknown evidence", NotFound, "没有编号为“E999999”的印证材料", {"references": ["E999999"]}),
        Refused("no evidence number", NotFound, "没有编号为“附件一”的印证材料", {"references": ["附件一"]}),
        Refused("explanation blank", RuleViolation, "（0字）", explained("")),
        Refused("explanation too short", RuleViolation, "（19字）", explained("经" * 19)),
        Refused("explanation zero-width", RuleViolation, "（2字）", explained("属实" + "\u200b\ufeff" * 20)),
        Refused("explanation full-width blanks", RuleViolation, "（0字）", explained("\u3000" * 40)),
        Refused("unknown finding", RuleViolation, "不在可选范围内", verified(finding="大致属实")),
        Refused("no finding", RuleViolation, "核查结论", fields()),
        Refused("no responsible unit", RuleViolation, "请填写责任单位", verified(responsible="")),
        Refused("responsible unit unknown", NotFound, "没有“烟草局”", verified(responsible="烟草局")),
        Refused("not a responsible unit", RuleViolation, "不是责任单位", verified(responsible="SFGW")),
        Refused("opinion invisible", RuleViolation, "请填写整改意见", verified(opinion="\u200b\u3000")),
        Refused("receipt again", ConflictError, "签收已有反馈", step=Step.RECEIPT),
    ],
    Step.RECTIFY: [
        Refused("no measures", RuleViolation, "请填写整改措施", fields()),
        Refused("by the authority", RuleViolation, "应由侯马市市场监督管理局反馈", {"unit": AUTHORITY}),
        Refused("evidence missing", RuleViolation, "缺少印证材料", files=()),
    ],
    Step.REVIEW: [
        Refused("return without reasons", RuleViolation, "请写明退回理由", fields(verdict="退回")),
        Refused("return with invisible reasons", RuleViolation, "请写明退回理由",
                {**fields(verdict="退回"), **explained("\u200b\u3000")}),
        Refused("unknown verdict", RuleViolation, "不在可选范围内", fields(verdict="再议")),
    ],
}  # fmt: skip


def hand_in(walk: Walk, case: Refused, step: Step) -> None:
    """Hand in the wrong answer."""
    submission = answer_to(case.step or step, walk.folder, **case.changes)
    if case.files is not None:
        files = tuple(write(walk.folder) for write in case.files)
        submission = answer_to(case.step or step, walk.folder, **case.changes, files=files)
    record_answer(walk.place, case.number or walk.number, submission, walk.clock())


@pytest.mark.parametrize("step", REFUSED, ids=[step.value for step in REFUSED])
def test_a_wrong_answer_is_refused_and_nothing_is_written(
    walk: Walk, step: Step, subtests: pytest.Subtests
) -> None:
    """Each case differs from a right answer in one point; afterwards the right answer is taken."""
    walk.to(step)
    for case in REFUSED[step]:
        with subtests.test(case.why):
            before = contents(walk.place)
            with pytest.raises(case.error, match=re.escape(case.says)) as caught:
                hand_in(walk, case, step)
            assert type(caught.value) is case.error
            assert_is_one_sentence(str(caught.value))
            after = contents(walk.place)
            if case.error is ConflictError:
                # That a second answer was tried is noted, and nothing else.
                assert len(after.pop("ledgerentry")) == len(before.pop("ledgerentry")) + 1
            assert after == before
    walk.answer(step)
    assert walk.file().assignments[-1].answer is not None


def test_a_field_that_this_release_does_not_know_is_refused(walk: Walk) -> None:
    """It comes from a form of another release; left out in silence it would be lost. Source: ADR-0024."""
    walk.to(Step.RECTIFY)
    with pytest.raises(RuleViolation, match="steps_taken"):
        walk.answer(Step.RECTIFY, fields={"measures": "废止文件。", "steps_taken": "废止文件。"})
    walk.answer(Step.RECTIFY, fields={"measures": "废止文件。", "steps_taken": ""})
