"""Proofs of the ledger: made by the system, checked by strangers with nothing but the printed procedure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Clock
from harness.command_line import Terminal
from walks.walking import Walk, houma, ledger_of, register_lead

from models.codes import Step
from models.errors import InputError, NotFound, TamperError
from models.record.entries import digest
from models.record.proof import check_kept_seals, check_proof
from tasks.audit.proofs import procedure_text, proof_of
from tasks.record.seals import newest_seal, seal_ledger, seal_lines


@pytest.fixture
def proven(walk: Walk, clock: Clock) -> str:
    """The proof of one of twelve leads."""
    for number in range(11):
        register_lead(walk.place, clock, title=f"第{number}条同日登记的线索")
    walk.to(Step.REVIEW)
    return proof_of(walk.place, walk.number, "经办人甲", clock())


def stranger(folder: Path, proof: str) -> subprocess.CompletedProcess[str]:
    """Check a proof as a stranger would: the printed procedure, a Python without any of our packages."""
    (folder / "核验.py").write_text(procedure_text(), encoding="utf-8")
    (folder / "证明.json").write_text(proof, encoding="utf-8")
    command = [sys.executable, "-I", "-S", "核验.py", "证明.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_a_stranger_checks_a_proof_with_the_printed_procedure(walk: Walk, proven: str, papers: Path) -> None:
    """Forty lines and no package of ours; what it prints is the digest to be compared."""
    said = stranger(papers, proven)
    assert (said.returncode, said.stderr) == (0, "")
    entries = len(ledger_of(walk.place, walk.number))
    with walk.place.reading() as session:
        assert (seal := newest_seal(session)) is not None
    assert f"{walk.number}：{entries}条记录前后相接，由封存第{seal.number}号证明。" in said.stdout
    assert seal.hash in said.stdout
    assert len(procedure_text().splitlines()) <= 40


def test_the_procedure_and_the_program_find_the_same(proven: str, papers: Path) -> None:
    """An entry changed, removed or swapped; the path or the seal changed."""
    told = json.loads(proven)
    entries, beside = told["entries"], told["path"][0]
    for changed in (
        {"entries": [entries[0].replace("登记", "登錄"), *entries[1:]]},
        {"entries": entries[:-1]},
        {"entries": [entries[1], entries[0], *entries[2:]]},
        {"path": [{**beside, "on_left": not beside["on_left"]}, *told["path"][1:]]},
        {"seal": told["seal"].replace('"root":"', '"root":"0')},
        {"stream": "L2026-0002"},
    ):
        forged = json.dumps({**told, **changed}, ensure_ascii=False, indent=1) + "\n"
        assert stranger(papers, forged).returncode == 1, changed
        with pytest.raises(TamperError):
            check_proof(forged)


@pytest.mark.parametrize("number", [1, 4, 7])
def test_an_entry_that_was_changed_is_the_one_that_is_named(proven: str, number: int) -> None:
    """Not the one after it, which the seal vouches for."""
    told = json.loads(proven)
    told["entries"][number - 1] = told["entries"][number - 1].replace('"at":"2026', '"at":"2025')
    with pytest.raises(TamperError) as caught:
        check_proof(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    assert caught.value.position == f"{told['stream']} 第{number}条"


def test_a_seal_made_up_for_a_forged_proof_is_not_among_those_kept_elsewhere(walk: Walk, proven: str) -> None:
    """The proof of a stranger's own ledger is sound in itself; only the comparison shows it."""
    kept = [json.loads(line) for line in seal_lines(walk.place)]
    assert check_kept_seals(check_proof(proven), kept)
    told = json.loads(proven)
    seal = told["seal"].replace('"number":1', '"number":7')
    forged = (
        json.dumps({**told, "seal": seal, "seal_hash": digest(seal)}, ensure_ascii=False, indent=1) + "\n"
    )
    assert not check_kept_seals(check_proof(forged), kept)


def test_what_is_not_sealed_is_sealed_first(walk: Walk, clock: Clock) -> None:
    """Every entry is covered, also those of this minute; a second proof needs no second seal."""
    seal_ledger(walk.place, "规则", clock())
    clock.now = houma(23, 15)
    walk.advance()
    first = check_proof(proof_of(walk.place, walk.number, "经办人甲", clock()))
    assert (first.seal_number, len(first.entries)) == (2, 2)
    clock.now = houma(23, 16)
    assert check_proof(proof_of(walk.place, walk.number, "经办人甲", clock())).seal_hash == first.seal_hash


def test_what_is_no_proof_is_told_as_that(walk: Walk, clock: Clock) -> None:
    """Another file, no JSON, a lead that does not exist."""
    with pytest.raises(InputError, match="不是台账证明文件"):
        check_proof('{"format": "another"}')
    with pytest.raises(TamperError, match="JSON"):
        check_proof("台账")
    with pytest.raises(NotFound):
        proof_of(walk.place, "L2026-0999", "经办人甲", clock())


def test_the_commands_of_the_ledger(terminal: Terminal, tmp_path: Path) -> None:
    """Seal and keep, prove, check without any database, verify against what was kept."""
    terminal.text("lead", "add", "--title", "要求在本地设立子公司", "--facts", "清单之外的条件。")
    kept, proof = tmp_path / "封存摘要.jsonl", tmp_path / "证明.json"
    assert "封存第1号" in terminal.text("ledger", "seal", "--export", kept, "--person", "经办人甲")
    (number,) = [row["number"] for row in json.loads(terminal.text("lead", "list", "--json"))]
    told = terminal.text("ledger", "proof", number, "--to", proof, "--person", "经办人甲")
    assert "由封存第2号证明" in told, "that it was handed out is in the proof"
    assert terminal.run("ledger", "check", proof, "--seals", kept).code == 8
    kept.unlink()
    terminal.text("ledger", "seal", "--export", kept, "--person", "经办人甲")
    assert "与另行保存的封存摘要一致" in terminal.text("ledger", "check", proof, "--seals", kept)
    assert "与另行保存的2次封存比对一致" in terminal.text("ledger", "verify", "--seals", kept)
    assert "本事项2条记录" in terminal.text("ledger", "verify", number.lower())
    assert "hashlib" in terminal.text("ledger", "procedure")
    said = terminal.run("ledger", "proof", number, "--to", proof, "--person", "经办人甲")
    assert (said.code, said.out) == (6, "")
    assert "已存在" in said.err
    assert terminal.run("ledger", "check", kept).code in {6, 8}
    assert terminal.run("ledger", "verify", number, "--seals", kept).code == 6
    proof.write_text(proof.read_text("utf-8").replace("登记线索", "登記線索"), encoding="utf-8")
    said = terminal.run("ledger", "check", proof)
    assert said.code == 8
    assert f"{number} 第1条" in said.err
