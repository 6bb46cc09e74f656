"""Commands for the ledger: verify, proof, check, seal, procedure."""

import json
from pathlib import Path

import click

from deployments.cli.frame import Group, emit, json_option, workplace
from models.errors import InputError, TamperError
from models.record.proof import check_kept_seals, check_proof
from models.record.seals import SealFact
from models.record.tables import Seal
from tasks.audit.comparison import check_facts
from tasks.audit.kept_seals import read_kept_seals
from tasks.audit.proofs import issue_proof, procedure_text
from tasks.audit.verification import verify_ledger, verify_stream
from tasks.given.files import decode_text, read_bytes, write_text
from tasks.matters.reading import find_matter
from tasks.record.seals import seal_ledger, seal_lines
from tasks.workplace import Workplace, bureau_person

_SEALS_FILE = click.Path(path_type=Path)


@click.group(cls=Group)
def ledger() -> None:
    """核验台账、出具证明、封存。"""


@ledger.command("verify")
@click.argument("number", required=False, default="")
@click.option("--seals", type=_SEALS_FILE, help="另行保存的封存摘要文件，用来比对")
@json_option
def verify(*, number: str, seals: Path | None, as_json: bool) -> None:
    """核验全部台账，或一件事项的台账；有改动时指出第一处。"""
    if number and seals:
        raise InputError("比对封存摘要须核验全部台账，请去掉编号。")
    kept = read_kept_seals(seals) if seals else []
    with workplace() as place:
        if number:
            with place.reading() as session:
                stream = find_matter(session, number).number
            found, compared = verify_stream(place, stream), check_facts(place, stream)
        else:
            found, compared = verify_ledger(place, kept), check_facts(place)
        sealed = _told(place, found.seal)
    chains = f"{found.streams}个序列（每件事项一个，另有单位目录等）共{found.entries}条"
    whole = f"本事项{found.entries}条" if number else chains
    text = (
        f"台账完整：{whole}记录，前后相接，未被改动；{compared}件事项的登记、反馈、材料、公文、档案与台账一致。"
        f"{sealed}"
    )
    if kept:
        text += f"已与另行保存的{len(kept)}次封存比对一致。"
    data = {
        "entries": found.entries, "streams": found.streams, "matters": compared, "seals": found.seals,
        "seal": found.seal.number if found.seal else None, "seal_hash": found.seal.hash if found.seal else "",
    }  # fmt: skip
    emit(data, text, as_json=as_json)


def _told(place: Workplace, seal: SealFact | Seal | None) -> str:
    """Return the last seal in words."""
    if seal is None:
        return "尚未封存。"
    at = place.policy.business_hours.local(seal.at)
    return f"最近一次为封存第{seal.number}号（{at:%Y-%m-%d %H:%M}），摘要 {seal.hash}。"


@ledger.command("proof")
@click.argument("number")
@click.option("--to", "file", type=click.Path(path_type=Path), help="存为的文件，默认“台账证明-编号.json”")
@click.option("--person", required=True, help="经办人姓名")
@json_option
def proof(*, number: str, file: Path | None, person: str, as_json: bool) -> None:
    """出具一件事项的台账证明：一个文件，他人不用本系统也能核验（见 ledger procedure）。"""
    with workplace() as place:
        text = issue_proof(place, number, person, place.clock())
    checked = check_proof(text)
    target = file or Path(f"台账证明-{checked.stream}.json")
    write_text(target, text)
    data = {
        "file": str(target),
        "entries": len(checked.entries),
        "seal": checked.seal_number,
        "seal_hash": checked.seal_hash,
    }
    told = (
        f"已存为 {target}：{len(checked.entries)}条记录，由封存第{checked.seal_number}号证明。\n"
        f"封存摘要 {checked.seal_hash}，请让核验人与另行保存的摘要比对。"
    )
    emit(data, told, as_json=as_json)


@ledger.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seals", type=_SEALS_FILE, help="另行保存的封存摘要文件，用来比对")
@json_option
def check(*, file: Path, seals: Path | None, as_json: bool) -> None:
    """核验一个台账证明文件，不需要数据库。"""
    checked = check_proof(decode_text(read_bytes(file), file))
    if seals and not check_kept_seals(checked, read_kept_seals(seals)):
        place = f"封存第{checked.seal_number}号"
        raise TamperError(f"证明依据的{place}不在另行保存的封存摘要中，或与其不符。", place)
    data = {
        "stream": checked.stream, "entries": len(checked.entries), "seal": checked.seal_number,
        "seal_hash": checked.seal_hash, "compared": seals is not None,
    }  # fmt: skip
    rest = "与另行保存的封存摘要一致。" if seals else f"请与另行保存的封存摘要比对：{checked.seal_hash}"
    told = (
        f"{checked.stream}：{len(checked.entries)}条记录前后相接，由封存第{checked.seal_number}号证明。{rest}"
    )
    emit(data, told, as_json=as_json)


@ledger.command("seal")
@click.option("--export", "file", type=click.Path(path_type=Path), help="把全部封存摘要写入文件，另行保存")
@click.option("--person", default="操作员", help="经办人姓名")
@json_option
def seal(*, file: Path | None, person: str, as_json: bool) -> None:
    """立即封存台账（巡查每天封存一次）；封存摘要应保存在本系统之外。"""
    with workplace() as place:
        with place.reading() as session:
            actor = bureau_person(session, place, person)
        made = seal_ledger(place, actor, place.clock())
        lines = list(seal_lines(place))
        told = _told(place, made) if made else "上次封存以来没有新的记录，未再封存。"
    if file is not None:
        write_text(file, "".join(f"{line}\n" for line in lines))
        told += f"\n全部{len(lines)}次封存的摘要已写入 {file}，请保存到本系统之外。"
    last = json.loads(lines[-1]) if lines else {"number": None, "hash": ""}
    data = {
        "seal": last["number"],
        "seal_hash": last["hash"],
        "new": made is not None,
        "file": str(file or ""),
    }
    emit(data, told, as_json=as_json)


@ledger.command("procedure")
@json_option
def procedure(*, as_json: bool) -> None:
    """打印核验证明的办法：一段不依赖本系统的 Python 程序。"""
    text = procedure_text()
    emit({"procedure": text}, text.rstrip(), as_json=as_json)
