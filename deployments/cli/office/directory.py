"""Commands for the unit directory."""

from pathlib import Path

import click

from deployments.cli.frame import Group, emit, json_option, table, workplace
from models.office.directory import read_directory
from tasks.given.files import decode_text, read_bytes
from tasks.office.units import import_units, list_units


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
