"""Commands for the unit directory."""

from pathlib import Path

import click

from deployments.cli.frame import Group, emit, json_option, table, workplace
from models.office.directory import UnitFact, read_directory_file
from models.office.tenure import Substitution
from tasks.given.files import decode_text, read_bytes
from tasks.office.units import import_directory as bring_in_line
from tasks.office.units import list_substitutes, list_units


@click.group(cls=Group)
def units() -> None:
    """查看或导入单位目录。"""


@units.command("list")
@json_option
def show_units(*, as_json: bool) -> None:
    """列出全部单位，连同曾用名、承继单位和代行安排。"""
    with workplace() as place:
        found, substitutes = list_units(place), list_substitutes(place)
        names = {unit.code: unit.short_name for unit in found}
    rows = [
        (
            u.code,
            u.short_name,
            u.name,
            "、".join(sorted(r.label for r in u.roles)),
            "" if u.active else "停用",
            _remarks(u, names, [each for each in substitutes if each.unit == u.code]),
        )
        for u in found
    ]
    data = [
        {
            **unit.model_dump(mode="json"),
            "substitutes": [each.model_dump(mode="json") for each in substitutes if each.unit == unit.code],
        }
        for unit in found
    ]
    emit(data, table(("代码", "简称", "名称", "职责", "状态", "说明"), rows), as_json=as_json)


def _remarks(unit: UnitFact, names: dict[str, str], substitutes: list[Substitution]) -> str:
    """Return what became of a unit: names before, end, successor, and who stands in for it when."""
    former = [f"曾用名{each.name}（{each.short_name}，至{each.until}）" for each in unit.former]
    return "；".join(
        [
            *former,
            *([f"{unit.since}起用现名"] if unit.since and former else []),
            *([f"{unit.ended}停用"] if unit.ended else []),
            *([f"承继单位{names.get(unit.succeeded_by, unit.succeeded_by)}"] if unit.succeeded_by else []),
            *(f"{each.first}至{each.last}由{names.get(each.by, each.by)}代行" for each in substitutes),
        ]
    )


@units.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def import_directory(*, file: Path, as_json: bool) -> None:
    """从 TOML 文件导入单位目录：新增或修改，不删除；停用单位的未结事项随即转由承继单位办理。"""
    told = read_directory_file(decode_text(read_bytes(file), file), file.name)
    with workplace() as place:
        done = bring_in_line(place, told, file.name, place.clock())
    lines = [
        f"新增{done.added}个单位，修改{done.changed}个单位",
        f"代行安排{done.substitutes}条" if done.substitutes else "",
        done.handed_on.told,
    ]
    data = {
        "added": done.added, "changed": done.changed, "substitutes": done.substitutes,
        "duties_handed_on": done.handed_on.duties, "messages_handed_on": done.handed_on.messages,
    }  # fmt: skip
    emit(data, f"{'，'.join(filter(None, lines))}。", as_json=as_json)
