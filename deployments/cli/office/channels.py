"""Commands for message channels: check, dry or with a test message."""

import click

from deployments.cli.frame import Group, emit, json_option, table, workplace
from models.errors import InputError
from notifications.channels.handing_over import check_channels, describe_channels, hand_over, open_channels
from tasks.workplace import Workplace, read_office


@click.group(cls=Group)
def channels() -> None:
    """检查消息渠道。"""


@channels.command("check")
@click.option("--send", "unit", default="", help="向某单位（代码或简称）的渠道发一条测试消息")
@json_option
def check(*, unit: str, as_json: bool) -> None:
    """检查渠道配置：未知的写法、第三方转发、占位符、没有地址的单位；地址中的密钥不显示。"""
    with workplace() as place:
        path = place.channels_file
        if not path.exists():
            raise InputError(
                f"未配置渠道：请复制 examples/channels.yaml 为 {path.name} 并填写，放在数据文件夹中。"
            )
        units = {each.code: each.name for each in read_office(place).units if each.active}
        faults = check_channels(path, units)
        sent = _send_test(place, unit) if unit else ""
    if any(fault.fatal and fault.line for fault in faults):
        told = "；".join(f"第{f.line}行：{f.reason.removesuffix('。')}" for f in faults if f.line)
        raise InputError(f"渠道配置 {path.name} 有误：{told}。")
    opened = open_channels(path)
    rows = (
        [(", ".join(row.tags), row.kind, row.address) for row in describe_channels(opened)] if opened else []
    )
    lines = [f"{fault.where + '：' if fault.line else ''}{fault.reason}" for fault in faults]
    text = "\n".join([table(("标签", "渠道", "地址"), rows), *lines, *filter(None, [sent])])
    data = {
        "channels": [{"tags": r[0], "kind": r[1], "address": r[2]} for r in rows],
        "faults": [vars(fault) for fault in faults], "sent": sent,
    }  # fmt: skip
    emit(data, text, as_json=as_json)


def _send_test(place: Workplace, text: str) -> str:
    """Hand a test message to a unit's channel; returns what to tell."""
    unit = read_office(place).unit(text)
    opened = open_channels(place.channels_file)
    if opened is None:
        raise InputError("未配置渠道。")
    subject = "【测试】渠道测试消息，请勿回复"
    hand_over(
        opened, [unit.code], subject, f"{unit.name}：\n这是一条测试消息，用于核对渠道配置，不涉及任何事项。"
    )
    return f"测试消息已交付{unit.name}的渠道；是否收到请向对方核实。"
