"""Commands that copy all facts: migrate, backup, restore."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployments.cli.frame import Command, emit, json_option, workplace
from deployments.installation.settings import load_settings

if TYPE_CHECKING:
    from deployments.keeping.restoring import Checked
    from tasks.upkeep.fact_copies import Proof

_FOLDER = click.Path(path_type=Path)
_MEGABYTE = 1 << 20


@click.command(cls=Command)
@click.option("--from", "source", default="", help="来源数据库，默认为本机设置的数据库")
@click.option("--to", "target", required=True, help="目标数据库，须为空，如 postgresql://用户@主机/数据库")
@json_option
def migrate(*, source: str, target: str, as_json: bool) -> None:
    """把全部事实迁移到另一个数据库（SQLite 与 PostgreSQL 之间），核验后才算完成；来源不改动。"""
    from deployments.installation.settings_table import masked
    from deployments.keeping.moving import move_facts

    settings = load_settings()
    moved = move_facts(settings, source or settings.facts_url, target)
    text = (
        f"已迁移到 {masked(target)}：{len(moved.rows)}张表共{sum(moved.rows.values())}行，逐表与来源一致；"
        f"{_proven(moved.proof)}。\n"
        "来源数据库没有改动，也不再更新。改用新数据库：在每台机器上设置 ZERO137_DATABASE_URL 后重新启动；"
        "存档文件不用移动。\n"
        "Prefect 的数据库不受影响；如同时更换（ZERO137_PREFECT_DATABASE_URL），启动后承办运行按事实自动重建。"
    )
    emit({"to": masked(target), "rows": moved.rows, **_data(moved.proof)}, text, as_json=as_json)


@click.command(cls=Command)
@click.argument("folder", type=_FOLDER)
@json_option
def backup(*, folder: Path, as_json: bool) -> None:
    """在线备份到新文件夹 FOLDER：全部事实、存档文件和本单位的配置；不必停止系统。"""
    from deployments.keeping.backups import make_backup

    settings = load_settings()
    with workplace() as place:
        made = make_backup(settings, place, folder)
        moment = place.policy.business_hours.local(made.made_at)
        keys = place.key_file
    text = (
        f"已备份到 {folder}：截至 {moment:%Y-%m-%d %H:%M:%S} 的{sum(made.rows.values())}行事实、"
        f"{made.files}个存档文件（{made.bytes / _MEGABYTE:.1f} MB）、{len(made.own)}个配置文件。\n"
        f"举报人信息的密钥不在备份中，请另行保管（{keys}）；可用 zero137 restore --verify {folder} 核验备份。"
    )
    if made.absent:
        text += f"\n注意：{len(made.absent)}个存档文件备份前已缺失或损坏，见 zero137 evidence check。"
    emit({"folder": str(folder), **made.model_dump(mode="json")}, text, as_json=as_json)


@click.command(cls=Command)
@click.argument("folder", type=_FOLDER)
@click.option("--verify", is_flag=True, help="只核验备份，不写入任何内容")
@json_option
def restore(*, folder: Path, verify: bool, as_json: bool) -> None:
    """从备份 FOLDER 恢复到空的文件夹和空数据库（由设置指定），核验后才算完成。"""
    from deployments.keeping.restoring import check_backup, restore_backup

    settings = load_settings()
    checked = check_backup(settings, folder) if verify else restore_backup(settings, folder)
    data = {
        "folder": str(folder), "restored": not verify, "home": str(settings.home),
        **checked.backup.model_dump(mode="json"), **_data(checked.proof),
    }  # fmt: skip
    text = _found(checked)
    if not verify:
        text = (
            f"已恢复到 {settings.home}。{text}\n"
            "请把举报人信息的密钥放回原处，再运行 zero137 up；承办运行按事实自动重建。"
        )
    emit(data, text, as_json=as_json)


def _found(checked: "Checked") -> str:
    """Return what was found in order within a backup."""
    made = checked.backup
    lacking = f"（另有{len(made.absent)}个备份前已缺失或损坏）" if made.absent else ""
    return (
        f"备份完好：{made.made_at:%Y-%m-%d %H:%M:%S}（UTC）的{sum(made.rows.values())}行事实、"
        f"{made.files}个存档文件{lacking}、{len(made.own)}个配置文件，均与摘要一致；{_proven(checked.proof)}。"
    )


def _proven(proof: "Proof") -> str:
    """Return what the ledger says."""
    ledger = proof.ledger
    return f"台账{ledger.entries}条记录核验完整，封存{ledger.seals}次，{proof.matters}件事项与台账一致"


def _data(proof: "Proof") -> dict[str, int]:
    """Return the same for programs."""
    ledger = proof.ledger
    return {"entries": ledger.entries, "seals": ledger.seals, "matters": proof.matters}
