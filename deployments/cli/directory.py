"""Commands for the unit directory and the outbox."""

from pathlib import Path

import click
from sqlmodel import col, select

from deployments.cli.frame import Group, emit, json_option, shortened, table, workplace
from models.directory import read_directory
from models.tables import Message
from models.vocabulary import Delivery
from tasks.matters import find_matter
from tasks.texts import decode_text, read_bytes
from tasks.units import import_units, list_units
from tasks.workplace import read_register


@click.group(cls=Group)
def units() -> None:
    """查看或导入单位目录。"""


@units.command("list")
@json_option
def show_units(*, as_json: bool) -> None:
    """列出全部单位。"""
    with workplace() as place:
        found = list_units(place)
    rows = [
        (
            u.code,
            u.short_name,
            u.name,
            "、".join(sorted(r.label for r in u.roles)),
            "" if u.active else "停用",
        )
        for u in found
    ]
    data = [unit.model_dump(mode="json") for unit in found]
    emit(data, table(("代码", "简称", "名称", "职责", "状态"), rows), as_json=as_json)


@units.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def import_directory(*, file: Path, as_json: bool) -> None:
    """从 TOML 文件导入单位目录：新增或修改，不删除。"""
    facts = read_directory(decode_text(read_bytes(file), file), file.name)
    with workplace() as place:
        added, changed = import_units(place, facts, file.name, place.clock())
    emit({"added": added, "changed": changed}, f"新增{added}个单位，修改{changed}个单位。", as_json=as_json)


@click.group(cls=Group)
def messages() -> None:
    """查看发件箱。"""


@messages.command("list")
@click.option("--lead", default="", help="只看某条线索，如 L2026-0012")
@click.option("--status", "state", default="", help=f"只看某种状态：{'、'.join(d.label for d in Delivery)}")
@json_option
def show_messages(*, lead: str, state: str, as_json: bool) -> None:
    """列出消息；“已交付渠道”不等于对方收到，签收才算。"""
    query = select(Message).order_by(col(Message.id))
    if state:
        query = query.where(col(Message.status) == Delivery.parse(state, "状态"))
    with workplace() as place:
        register = read_register(place)
        hours = place.policy.business_hours
        with place.reading() as session:
            if lead:
                query = query.where(Message.matter_id == find_matter(session, lead).id)
            found = session.exec(query).all()
    rows = [
        (f"{hours.local(m.created_at):%m-%d %H:%M}", register.stored(m.unit_code).short_name, m.status.label,
         shortened(m.subject, 60), shortened(m.last_error, 40))
        for m in found
    ]  # fmt: skip
    data = [message.model_dump(mode="json") for message in found]
    text = table(("时间", "单位", "状态", "主题", "未送原因"), rows) if rows else "没有消息。"
    emit(data, text, as_json=as_json)
