"""The command that shows the settings in force."""

import click

from deployments.cli.frame import Command, emit, json_option, table
from deployments.installation.settings_table import list_settings


@click.command(cls=Command)
@json_option
def settings(*, as_json: bool) -> None:
    """查看全部设置：变量、生效的值、来源和含义；口令和密钥不显示。"""
    rows = [vars(row) for row in list_settings()]
    text = table(("变量", "生效的值", "来源", "含义"), [tuple(row.values()) for row in rows])
    emit(rows, text, as_json=as_json)
