"""The command by which answers come in."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from deployments.cli.frame import Command, emit, json_option, workplace
from deployments.mechanisms import KINDS
from models.codes import Step
from models.errors import RuleViolation, StartError
from models.matters.duties import Field
from notifications.papers.glyphs import unprintable_note
from tasks.conduct.answers import Submission, record_answer

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _field_options(function: _Function) -> _Function:
    """Give a command an option for every field of every duty; duties may share one."""
    told: dict[str, tuple[list[str], Field]] = {}
    for duty in KINDS.duties:
        for field in duty.fields:
            told.setdefault(field.key, ([], field))[0].append(duty.step.label)
    for key, (steps, field) in reversed(told.items()):
        choices = "、".join(member.label for member in field.choices or ())
        hint = f"{'、'.join(steps)}：{choices or f'{field.title}（{field.hint}）'}"
        function = click.option(f"--{key.replace('_', '-')}", default="", help=hint)(function)
    return function


@click.command(
    cls=Command,
    help=f"登记反馈：NUMBER 为编号，STEP 为{'、'.join(duty.step.label for duty in KINDS.duties)}。",
)
@click.argument("number")
@click.argument("step")
@click.argument("more_evidence", nargs=-1, type=click.Path(path_type=Path))
@click.option("--by", required=True, metavar="单位/姓名", help="由谁反馈，如 住建局/经办人姓名")
@_field_options
@click.option("--explanation", default="", help="情况说明；退回或不同意时为理由")
@click.option(
    "--evidence",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="文件…",
    help="印证材料文件，或已上传材料的编号如 E12；可给多个",
)
@json_option
def answer(
    *,
    number: str,
    step: str,
    more_evidence: tuple[Path, ...],
    by: str,
    explanation: str,
    evidence: tuple[Path, ...],
    as_json: bool,
    **fields: str,
) -> None:
    """Record an answer and let what waited for it go on."""
    wanted = Step.parse(step, "环节")
    unit, person = split_person(by)
    files, references = split_evidence((*evidence, *more_evidence))
    submission = Submission(
        step=wanted, unit=unit, person=person, explanation=explanation,
        fields=_fields_of(wanted, fields), files=files, references=references,
    )  # fmt: skip
    with workplace() as place:
        now = place.clock()
        number = record_answer(place, number, submission, now)
        from tasks.runs.starting import wake_ended, wake_matter

        fault = wake_ended(place, now)
        try:
            wake_matter(place, number, now)
        except StartError as error:
            fault = str(error)
        saved = f"反馈已保存，不会丢失。{fault}" if fault else ""
        missing = unprintable_note([explanation, *submission.fields.values()])
        note = "\n".join(filter(None, [saved, missing]))
    text = f"{number} 的{wanted.label}反馈已登记。"
    data = {"number": number, "step": wanted.value, "note": note}
    emit(data, "\n".join(filter(None, [text, note])), as_json=as_json)


def split_person(by: str) -> tuple[str, str]:
    """Return unit and person of what was typed as 单位/姓名.

    Raises:
        RuleViolation: It was typed in another way.
    """
    unit, slash, person = by.replace("／", "/").partition("/")
    if not slash or not unit.strip():
        raise RuleViolation("--by 应写成 单位/姓名，如 住建局/经办人姓名。")
    return unit, person


def split_evidence(given: tuple[Path, ...]) -> tuple[list[Path], list[str]]:
    """Return the files to be stored and the numbers of what is stored already."""
    references = [str(path) for path in given if _is_reference(path)]
    return [path for path in given if not _is_reference(path)], references


def _is_reference(path: Path) -> bool:
    """Tell whether evidence is named by its number, as E12, rather than by a file."""
    return re.fullmatch(r"[Ee]\d{1,9}", str(path)) is not None and not path.exists()


def _fields_of(step: Step, given: dict[str, str]) -> dict[str, str]:
    """Return the fields of a step; a field of another step is refused."""
    told = {name: value for name, value in given.items() if value}
    for name in told:
        if name not in KINDS.duty(step).keys:
            raise RuleViolation(f"选项 --{name.replace('_', '-')} 不适用于{step.label}，请核对环节。")
    return told
