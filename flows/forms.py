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
from models.kinds import Step
from models.ladder.vocabulary import Grounds, Rung
from models.lookup.export_format import ExportFormat
from models.lookup.lead_filter import Status
from models.matters.tables import Assignment
from models.matters.vocabulary import Channel, Ruling, Verdict
from models.mechanisms.leads.intake import NONE
from models.mechanisms.leads.vocabulary import Finding
from models.office.directory import Register
from models.office.vocabulary import Role
from tasks.conduct.answers import Submission


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


def form_for(assignment: Assignment, register: Register, description: str) -> type[RunInput]:
    """Return the form of an open assignment.

    Args:
        assignment: The assignment to answer.
        register: Gives the units to choose from.
        description: Markdown shown above the fields: what is owed, by when and why.
    """
    fields: dict[str, Any] = {"person": _text("经办人", "填报人姓名，必填", required=True)}
    fields |= _FIELDS[assignment.step](register)
    form = create_model(f"{assignment.step.label}反馈", __base__=RunInput, **fields)
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


def _units(register: Register, role: Role) -> list[str]:
    """Return the names of the units to choose from."""
    return [unit.name for unit in register.all_with(role)]


def _transfer(register: Register) -> dict[str, Any]:
    """Source: 通知§12(二), §1(三)."""
    return {
        "authority": _choice("主管单位", "线索移交给哪个主管单位", _units(register, Role.AUTHORITY)),
        "cooperating": _text("协办单位", "可留空；多个单位用顿号隔开，填简称或代码均可"),
        "explanation": _text("移交说明", "可留空"),
    }


def _receipt(register: Register) -> dict[str, Any]:
    """Source: ADR-0003."""
    del register
    return {"signed_at": _text("签收时间", "如 2026-11-27 或 2026-11-27 15:30；留空为现在")}


def _verify(register: Register) -> dict[str, Any]:
    """Source: 通知§12(三), (五)."""
    responsible = _units(register, Role.RESPONSIBLE)
    return {
        "finding": _choice("核查结论", "属实、部分属实或不属实", [member.label for member in Finding]),
        "responsible": _choice("责任单位", "不属实时选“无”", responsible, required=False),
        "opinion": _text("整改意见", "不属实时留空"),
        **_proof(),
    }


def _rectify(register: Register) -> dict[str, Any]:
    """Source: 通知§12(四), (五)."""
    del register
    return {"measures": _text("整改措施", "采取了哪些措施"), **_proof()}


def _review(register: Register) -> dict[str, Any]:
    """Source: ADR-0003."""
    del register
    return {
        "verdict": _choice("验收结论", "通过即销号，退回则由原单位重新反馈", [v.label for v in Verdict]),
        "explanation": _text("意见", "退回时必须写明理由"),
    }


def _extension(register: Register) -> dict[str, Any]:
    """Source: 通知§12(四)."""
    del register
    return {
        "ruling": _choice("审批意见", "同意或不同意延期", [ruling.label for ruling in Ruling]),
        "until": _text("批准延至日期", "如 2026-12-11；留空为申请的日期"),
        "explanation": _text("意见", "不同意时必须写明理由"),
    }


def _publication(register: Register) -> dict[str, Any]:
    """Source: 通知§12(六)."""
    del register
    return {
        "ruling": _choice("审批意见", "同意即按上文原样发送全市各有关单位", [r.label for r in Ruling]),
        "explanation": _text("意见", "不同意时必须写明理由"),
    }


def _proof() -> dict[str, Any]:
    """Return the fields every answer needs that must be proven. Source: 通知§12(五)."""
    return {
        "explanation": _text("情况说明", "详细说明核查或整改情况"),
        "evidence": _text("印证材料编号", "先用 zero137 evidence add 上传，再填编号，如 E12、E13"),
    }


_FIELDS = {
    Step.TRANSFER: _transfer,
    Step.RECEIPT: _receipt,
    Step.VERIFY: _verify,
    Step.RECTIFY: _rectify,
    Step.REVIEW: _review,
    Step.EXTENSION: _extension,
    Step.PUBLICATION: _publication,
}
