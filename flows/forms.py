"""The forms an operator fills in to register a lead or answer a step: Chinese titles, drop-downs.

The server checks a form against its JSON schema only; whether the answer may count is decided by the rules.
So a form holds strings and choices, and one field that must be filled: without it a run could be resumed
empty-handed.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from prefect.input import RunInput
from pydantic import BaseModel, Field, create_model

from models.archive.vocabulary import Barrier, Category, Importance
from models.documents.vocabulary import SourceLevel
from models.ladder.vocabulary import Grounds, Rung
from models.lookup.export_format import ExportFormat
from models.lookup.lead_filter import Status
from models.matters import duties
from models.matters.tables import Assignment
from models.matters.vocabulary import Channel
from models.mechanisms.leads.intake import NONE
from models.mechanisms.leads.vocabulary import CallOff
from models.office.directory import Office
from tasks.conduct.answers import Submission

# What a drop-down shows that corrects nothing.
_UNCHANGED = "不变"


class LeadForm(BaseModel):
    """线索内容；举报人信息不在此填写，登记后用命令 zero137 informant add 加密登记。"""

    title: Annotated[str, Field(title="标题", description="一句话说明问题，200字以内")]
    facts: Annotated[str, Field(title="事实情况", description="何单位、何时、何事，违反清单何项")]
    source_level: Annotated[
        Literal[tuple(level.label for level in SourceLevel)],  # type: ignore[valid-type]
        Field(title="来源层级", description="哪一级归集转送"),
    ]
    document_number: Annotated[str, Field(title="来文文号", description="可留空")] = ""
    category: Annotated[
        Literal[tuple(category.label for category in Category)],  # type: ignore[valid-type]
        Field(title="类别", description="违背负面清单情形的四类"),
    ]
    barrier: Annotated[
        Literal[(NONE, *(barrier.numbered for barrier in Barrier))],  # type: ignore[valid-type]
        Field(title="壁垒类型", description="仅限类别为违规设置隐性壁垒或其他的线索"),
    ] = NONE
    importance: Annotated[
        Literal[tuple(importance.label for importance in Importance)],  # type: ignore[valid-type]
        Field(title="重要程度", description="决定档案的保管期限"),
    ] = Importance.ORDINARY.label
    received_at: Annotated[
        str, Field(title="收到时间", description="如 2026-11-27 或 2026-11-27 15:30；留空为现在")
    ] = ""
    relapse_of: Annotated[
        str, Field(title="反弹自", description="已办结的线索反弹的，填原线索编号；否则留空")
    ] = ""
    person: Annotated[str, Field(title="经办人", description="登记人姓名")]


class SupervisionForm(BaseModel):
    """督办内容。"""

    rung: Annotated[
        Literal[tuple(rung.label for rung in (Rung.SUPERVISE, Rung.REPORT, Rung.CIRCULAR))],  # type: ignore[valid-type]
        Field(title="督办方式", description="通报只拟稿，经批准后才发布"),
    ]
    grounds: Annotated[
        Literal[tuple(grounds.label for grounds in Grounds)],  # type: ignore[valid-type]
        Field(title="事由", description="通知§12(六)所列情形"),
    ]
    note: Annotated[str, Field(title="具体情形", description="何时、何事，将写入督办通知或报告")]
    person: Annotated[str, Field(title="经办人", description="发起人姓名")]


class ExportForm(BaseModel):
    """导出内容。"""

    format: Annotated[
        Literal[tuple(each.label for each in ExportFormat)],  # type: ignore[valid-type]
        Field(title="格式", description="工作簿含汇总图表，JSONL 含全部办理经过"),
    ] = ExportFormat.XLSX.label
    scope: Annotated[
        Literal[tuple(each.label for each in Status)],  # type: ignore[valid-type]
        Field(title="范围", description="按是否办结"),
    ] = Status.ALL.label
    first: Annotated[str, Field(title="收到时间自", description="月份或日期，如 2026-01；可留空")] = ""
    last: Annotated[str, Field(title="收到时间至", description="月份或日期（含），如 2026-11；可留空")] = ""
    text: Annotated[
        str, Field(title="含有文字", description="标题或事实中的文字，空格隔开的须同时出现；可留空")
    ] = ""


class ExtensionForm(BaseModel):
    """延期申请。"""

    unit: Annotated[str, Field(title="申请单位", description="主管单位的简称或代码")]
    until: Annotated[str, Field(title="拟延至日期", description="如 2026-12-11，应晚于现到期日")]
    grounds: Annotated[str, Field(title="延期原因", description="为何不能按期完成整改")]
    evidence: Annotated[
        str,
        Field(title="申请文件编号", description="先用 zero137 evidence add 上传书面申请，再填编号，如 E12"),
    ]
    person: Annotated[str, Field(title="经办人", description="申请人姓名")]


class HandBackForm(BaseModel):
    """退办申请。"""

    unit: Annotated[str, Field(title="退办单位", description="承办单位的简称或代码")]
    grounds: Annotated[
        str, Field(title="退办理由", description="为何不属于本单位职责，可写明应由哪个单位办理")
    ]
    evidence: Annotated[
        str,
        Field(title="依据材料编号", description="可留空；先用 zero137 evidence add 上传，再填编号，如 E12"),
    ] = ""
    person: Annotated[str, Field(title="经办人", description="退办人姓名")]


class RedirectionForm(BaseModel):
    """改派内容。"""

    authority: Annotated[str, Field(title="改派单位", description="主管单位的简称或代码")]
    cooperating: Annotated[str, Field(title="协办单位", description="可留空；多个单位用顿号隔开")] = ""
    grounds: Annotated[str, Field(title="改派理由", description="将告知原单位")]
    person: Annotated[str, Field(title="经办人", description="决定人姓名")]


class CorrectionForm(BaseModel):
    """更正内容；留空的不变。"""

    title: Annotated[str, Field(title="标题", description="留空则不变")] = ""
    facts: Annotated[str, Field(title="事实情况", description="留空则不变")] = ""
    source_level: Annotated[
        Literal[(_UNCHANGED, *(level.label for level in SourceLevel))],  # type: ignore[valid-type]
        Field(title="来源层级", description="不更正的选“不变”"),
    ] = _UNCHANGED
    document_number: Annotated[str, Field(title="来文文号", description="留空则不变；填“无”则改为没有")] = ""
    category: Annotated[
        Literal[(_UNCHANGED, *(category.label for category in Category))],  # type: ignore[valid-type]
        Field(title="类别", description="不更正的选“不变”"),
    ] = _UNCHANGED
    received_at: Annotated[str, Field(title="收到时间", description="如 2026-11-27 15:30；留空则不变")] = ""
    grounds: Annotated[str, Field(title="更正理由", description="将告知承办单位")]
    person: Annotated[str, Field(title="经办人", description="更正人姓名")]

    @property
    def given(self) -> dict[str, str]:
        """What was filled in, by the keys of a lead; a drop-down that says 不变 says nothing."""
        told = self.model_dump(exclude={"grounds", "person"})
        return told | {key: "" for key in ("source_level", "category") if told[key] == _UNCHANGED}


class CallOffForm(BaseModel):
    """终止办理。"""

    why: Annotated[
        Literal[tuple(each.label for each in CallOff)],  # type: ignore[valid-type]
        Field(title="终止原因", description="转送单位撤回、与另一线索重复，或误登记"),
    ]
    reference: Annotated[str, Field(title="依据文号", description="撤回时必填：转送单位撤回的来文文号")] = ""
    into: Annotated[str, Field(title="并入线索", description="重复时必填：并入的在办线索编号")] = ""
    grounds: Annotated[str, Field(title="理由", description="将告知承办单位")]
    person: Annotated[str, Field(title="经办人", description="决定人姓名")]


def form_for(duty: duties.Duty, office: Office, description: str) -> type[RunInput]:
    """Return the form of a duty.

    Args:
        duty: What is owed.
        office: Gives the units to choose from.
        description: Markdown shown above the fields: what is owed, by when and why.
    """
    fields: dict[str, Any] = {"person": _text("经办人", "填报人姓名，必填", required=True)}
    fields |= {field.key: _input(field, office) for field in duty.fields}
    if duty.explanation is not None:
        fields[duty.explanation.key] = _text(duty.explanation.title, duty.explanation.hint)
    if duty.is_gated:
        fields["evidence"] = _text("印证材料编号", "先用 zero137 evidence add 上传，再填编号，如 E12、E13")
    form = create_model(f"{duty.step.label}反馈", __base__=RunInput, **fields)
    return form.with_initial_data(description=description)


def submission_of(assignment: Assignment, filled: Mapping[str, object]) -> Submission:
    """Return what was filled into the form of an assignment; unknown and empty fields are dropped."""
    told = {
        key: str(value)
        for key, value in filled.items()
        if value not in {None, NONE} and not key.startswith("__")
    }
    references = references_in(told.pop("evidence", ""))
    return Submission(
        step=assignment.step,
        unit=assignment.unit_code,
        person=told.pop("person", ""),
        explanation=told.pop("explanation", ""),
        fields=told,
        references=references,
        channel=Channel.CONSOLE,
    )


def references_in(text: str) -> list[str]:
    """Return the numbers of evidence that a person listed, as E12、E13."""
    return [reference for reference in re.split(r"[\s,，、;；]+", text) if reference]


def _text(title: str, description: str, *, required: bool = False) -> Any:  # noqa: ANN401 - a field definition
    """Return a text field."""
    return (str, Field(default=... if required else "", title=title, description=description))


def _choice(title: str, description: str, options: list[str], *, required: bool = True) -> Any:  # noqa: ANN401 - as above
    """Return a drop-down."""
    choices = options if required else [NONE, *options]
    kind: Any = Literal[tuple(choices)]
    return (kind, Field(default=... if required else NONE, title=title, description=description))


def _input(field: duties.Field, office: Office) -> Any:  # noqa: ANN401 - a field definition
    """Return how a field is filled in: one that is not always asked for can be left out."""
    if field.choices is not None:
        options = [member.label for member in field.choices]
        return _choice(field.title, field.hint, options, required=_is_always_asked(field))
    if field.role is not None:
        names = [unit.name for unit in office.all_with(field.role)]
        return _choice(field.title, field.hint, names, required=_is_always_asked(field))
    return _text(field.title, field.hint)


def _is_always_asked(field: duties.Field) -> bool:
    """Tell whether no answer goes without a field."""
    return field.is_required and not field.not_with
