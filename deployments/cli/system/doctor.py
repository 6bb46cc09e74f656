"""The command that examines an installation."""

from datetime import UTC, datetime

import click

from deployments.cli.frame import Command, emit, json_option
from models.errors import InputError, StartError
from models.upkeep.remarks import Finding, Level, gravest


@click.command(cls=Command)
@json_option
def doctor(*, as_json: bool) -> None:
    """检查本机和本系统的设置、文件、数据库、Prefect 服务等，逐项说明问题和处理办法；不作任何改动。"""
    from deployments.doctor.examination import examine

    findings = examine(lambda: datetime.now(UTC))
    data = [vars(finding) for finding in findings]
    emit(data, "\n".join(map(_line, findings)), as_json=as_json)
    faults = sum(finding.level.label == Level.WRONG.label for finding in findings)
    match gravest(findings):
        case Level.WRONG:
            raise InputError(f"发现{faults}项问题，请按 ✗ 各行的提示处理。")
        case Level.UNREACHED:
            raise StartError(f"发现{faults}项问题，请按 ✗ 各行的提示处理。")


def _line(finding: Finding) -> str:
    """Return a finding as one line."""
    advice = f"；{finding.advice}" if finding.advice else ""
    return f"{finding.level.label} {finding.subject}：{finding.found}{advice}".replace("\n", " ")
