"""Commands for informants (举报人): key, add, show, list, rotate. An identity is never an option's value."""

import os
import sys
from pathlib import Path

import click

from deployments.cli.frame import Group, emit, json_option, table, workplace
from models.errors import ConflictError
from models.informants.identity import HEADINGS, Identity, identity_from_lines, read_identity
from tasks.informants.identities import (
    Reading,
    has_informant,
    is_named_in_lead,
    list_informants,
    read_informant,
    record_informant,
)
from tasks.informants.keys import VARIABLE, create_key_file, draw_key, open_vault
from tasks.workplace import Workplace

_LARGEST_INPUT = 1 << 20


@click.group(cls=Group)
def informant() -> None:
    """登记、调阅举报人信息（加密保存），生成、更换密钥。"""


@informant.command("key")
@click.option("--print", "only_print", is_flag=True, help=f"只显示新密钥，不写文件，供 {VARIABLE} 使用")
@json_option
def create_key(*, only_print: bool, as_json: bool) -> None:
    """首次使用时生成密钥文件；已有的密钥文件不会被覆盖。"""
    key, mark = draw_key()
    if only_print:
        emit({"key": key}, key, as_json=as_json)
        return
    with workplace() as place:
        if place.keys.given is not None:
            raise ConflictError(f"密钥由环境变量 {VARIABLE} 提供，不使用密钥文件，未生成。")
        create_key_file(place, key)
        sealed = len(list_informants(place))
    said = [
        f"已生成密钥文件 {place.key_file}（标记 {mark}，仅本账户可读）。",
        "请立即备份，并与数据分开存放：密钥遗失后，举报人信息无法恢复，其余功能不受影响。",
    ]
    if sealed:
        said.append(f"注意：已有{sealed}条举报人信息由以前的密钥加密，找到原密钥后请追加到本文件末行。")
    emit({"file": str(place.key_file), "mark": mark, "sealed_before": sealed}, "\n".join(said),
         as_json=as_json)  # fmt: skip


@informant.command("add")
@click.argument("number")
@click.option("--person", required=True, help="经办人姓名")
@click.option(
    "--from", "source", type=click.Path(path_type=Path, allow_dash=True), metavar="文件",
    help="从文件读取，- 为标准输入；各行写作“姓名：…”、“联系方式：…”、“备注：…”",
)  # fmt: skip
@click.option("--correct", is_flag=True, help="整体更正已登记的信息")
@json_option
def add(*, number: str, person: str, source: Path | None, correct: bool, as_json: bool) -> None:
    """加密登记一条线索的举报人；内容逐项询问或从文件读取，不写在命令中，以免留在历史记录里。"""
    with workplace() as place:
        _check_ready(place, number, correct=correct)
        identity = _asked() if source is None else identity_from_lines(_text_of(source))
        corrected = record_informant(place, number, identity, person, place.clock(), correct=correct)
        named = is_named_in_lead(place, number, identity)
    said = [f"{number} 的举报人信息已{'更正' if corrected else '登记'}，加密保存。"]
    if source is not None and str(source) != "-":
        said[0] += f"请删除文件 {source}。"
    if named:
        said.append(
            "注意：该线索的标题或事实情况写有举报人的姓名或联系方式，公文和消息会引用；"
            "请在移交前另行登记一条不含这些内容的线索，本条不再办理。"
        )
    data = {"number": number, "corrected": corrected, "named_in_lead": named}
    emit(data, "\n".join(said), as_json=as_json)


@informant.command("show")
@click.argument("number")
@click.option("--person", required=True, help="调阅人姓名，写入台账")
@click.option("--reason", required=True, help="调阅事由，写入台账；不要写举报人姓名")
@json_option
def show(*, number: str, person: str, reason: str, as_json: bool) -> None:
    """调阅一条线索的举报人；先把何人、何时、因何调阅写入台账，然后才解密显示。"""
    from notifications.texts.rendering import render_page

    with workplace() as place:
        reading = Reading(person, reason, _account())
        told = {"number": number, **read_informant(place, number, reading, place.clock()).told()}
    emit(told, render_page("informant.txt", told).rstrip(), as_json=as_json)


@informant.command("list")
@json_option
def list_kept(*, as_json: bool) -> None:
    """列出登记了举报人的线索，只列编号和登记时间。"""
    with workplace() as place:
        kept = list_informants(place)
        local = place.policy.business_hours.local
    rows = [
        {"number": k.number, "printed_number": k.printed_number, "recorded_at": k.recorded_at} for k in kept
    ]
    cells = [(k.number, k.printed_number, f"{local(k.recorded_at):%Y-%m-%d %H:%M}") for k in kept]
    text = table(("编号", "线索", "登记时间"), cells) if cells else "没有登记举报人信息的线索。"
    emit(rows, text, as_json=as_json)


@informant.command("rotate")
@click.option("--person", required=True, help="经办人姓名，写入台账")
@json_option
def rotate(*, person: str, as_json: bool) -> None:
    """更换密钥：全部举报人信息改用新密钥加密；中断后重新运行即可续完。"""
    from tasks.informants.rotation import rotate_keys

    with workplace() as place:
        done = rotate_keys(place, person, place.clock())
    said = [f"{'已续完上次未完成的更换' if done.continued else '已更换密钥'}，重新加密{done.sealed_anew}条。"]
    if place.keys.given is None:
        said.append(f"请立即备份新的密钥文件 {place.key_file}；恢复此前的数据备份仍需原密钥。")
    else:
        said = [
            f"已全部改用 {VARIABLE} 中的第一个密钥加密，共{done.sealed_anew}条。",
            f"请从 {VARIABLE} 中去掉其余{done.left}个密钥并重启系统；恢复此前的数据备份仍需原密钥。",
        ]
    emit(vars(done), "\n".join(said), as_json=as_json)


def _check_ready(place: Workplace, number: str, *, correct: bool) -> None:
    """Refuse before anybody types an identity that could not be stored."""
    open_vault(place)
    if has_informant(place, number) and not correct:
        raise ConflictError(f"{number} 已登记举报人信息，如需整体更正请加 --correct。")


def _asked() -> Identity:
    """Ask for an identity part by part; the questions go to standard error, the answers nowhere else."""
    click.echo("以下内容加密保存；不知道的项直接回车。", err=True)
    return read_identity({key: _ask(heading) for key, heading in HEADINGS.items()})


def _ask(heading: str) -> str:
    """Ask for one part; blank is an answer."""
    return str(click.prompt(heading, default="", show_default=False, err=True))


def _text_of(source: Path) -> str:
    """Return what a file or standard input holds."""
    from tasks.given.files import decode_text, read_bytes

    if str(source) == "-":
        return decode_text(sys.stdin.buffer.read(_LARGEST_INPUT), Path("标准输入"))
    return decode_text(read_bytes(source), source)


def _account() -> str:
    """Return the account this process runs under: no variable can pretend another."""
    import pwd

    try:
        return str(pwd.getpwuid(os.geteuid()).pw_name)
    except KeyError:
        return str(os.geteuid())
