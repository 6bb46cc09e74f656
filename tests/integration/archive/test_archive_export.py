"""Exports: complete, verified on their own, refusing to overwrite, and never passing on what was changed."""

import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Clock
from harness.command_line import Terminal
from mishaps.accidents import at_once
from openpyxl import load_workbook
from walks.archives import HOSTILE, closed_walk, copy_of, pdf_of
from walks.stored import blob_path
from walks.walking import Walk, contents, ledger_of, write_evidence

from models.archive.manifest import MANIFEST, PROOF
from models.codes import Step
from models.errors import ConflictError, InputError, NotFound, RuleViolation, TamperError
from models.record.entries import NOTHING, Head, canonical, digest
from models.record.proof import Proof, check_proof
from models.record.seals import leaf_of
from tasks.archive.exports.exporting import Export, export_archive
from tasks.archive.exports.verifying import verify_export
from tasks.audit.proofs import proof_of
from tasks.workplace import Workplace

PERSON = "经办人甲"
NUMBER = "0137-WS·2026-D10-SCZR-0001"


@pytest.fixture
def closed(place: Workplace, clock: Clock, papers: Path) -> Walk:
    """A closed lead whose evidence has hostile names, and whose title looks like a formula."""
    files = [write_evidence(papers, name, pdf_of(1, str(n))) for n, name in enumerate(HOSTILE)]
    return closed_walk(place, clock, papers, files, title='=HYPERLINK("x")\u202e某县设置准入条件')


def test_an_export_holds_everything_and_is_verified_on_its_own(
    closed: Walk, clock: Clock, tmp_path: Path
) -> None:
    """Index twice, documents twice, evidence, facts, guide, manifest, proof; what was proven, up to where."""
    done = export_archive(closed.place, closed.number, tmp_path / "存放", PERSON, clock())
    assert done.path == tmp_path / "存放" / NUMBER
    files = copy_of(done.path)
    assert {path for path in files if "/" not in path} == {
        "卷内目录.pdf", "卷内目录.xlsx", "办理情况.json", "核验说明.txt", "核验程序.py", MANIFEST, PROOF,
    }  # fmt: skip
    assert len([path for path in files if path.startswith("公文/")]) == 6
    assert len([path for path in files if path.startswith("材料/")]) == len(HOSTILE) + 1
    assert {path.suffix for path in (done.path / "公文").iterdir()} == {".pdf", ".docx"}
    found = verify_export(done.path)
    assert (found.number, found.lead, found.files, found.missing) == (
        NUMBER,
        closed.number,
        len(files) - 2,
        (),
    )
    assert (found.items, found.exported_at) == (3 + len(HOSTILE) + 1, "2026-11-23 10:00")
    assert found.exported_by == f"发改局 {PERSON}"
    entry = ledger_of(closed.place, closed.number)[-1]
    assert (entry.kind, entry.actor) == ("archive_exported", f"发改局 {PERSON}")
    assert [path.name for path in (tmp_path / "存放").iterdir()] == [NUMBER]


def test_a_stranger_checks_an_export_without_our_program(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """Python alone, and the steps of the guide by hand."""
    done = export_archive(closed.place, closed.number, tmp_path, PERSON, clock())
    told = subprocess.run(
        [sys.executable, "-I", "核验程序.py", PROOF], cwd=done.path, capture_output=True, check=True,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"}, encoding="utf-8",
    ).stdout  # fmt: skip
    assert verify_export(done.path).seal_hash in told
    manifest = (done.path / MANIFEST).read_bytes()
    proof = json.loads((done.path / PROOF).read_bytes())
    last = [json.loads(text) for text in proof["entries"]][-1]
    assert last["detail"]["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    for file in json.loads(manifest)["files"]:
        content = (done.path / file["path"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["size"])


def test_the_facts_are_complete_and_name_no_informant(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """Every step with its answer and its evidence, as stored; nothing of Prefect, nothing of who reported."""
    done = export_archive(closed.place, closed.number, tmp_path, PERSON, clock())
    facts = json.loads((done.path / "办理情况.json").read_text(encoding="utf-8"))
    (matter,) = facts["matters"]
    assert matter["lead"]["facts"] == "招标文件设置了清单之外的准入条件。"
    assert [row["step"] for row in matter["assignments"]] == [step.value for step in list(Step)[:5]]
    verify = matter["assignments"][2]["answer"]
    assert len(verify["evidence"]) == len(HOSTILE)
    assert verify["explanation"]
    assert facts["units"]["ZJJ"] == "侯马市住房和城乡建设管理局"
    assert not {"informant", "flow_run_id", "form_key"} & set(json.dumps(facts))
    assert "flow_run_id" not in json.dumps(facts)


def test_the_workbook_holds_texts_and_no_formula(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """A title that begins with = stays a title; a mark of direction is not printed."""
    done = export_archive(closed.place, closed.number, tmp_path, PERSON, clock())
    sheet = load_workbook(io.BytesIO((done.path / "卷内目录.xlsx").read_bytes())).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    texts = [str(cell.value) for cell in cells]
    assert '=HYPERLINK("x")某县设置准入条件' in texts
    assert "=1+1|a.pdf" in texts
    assert not [text for text in texts if "\u202e" in text]


def test_a_zip_is_the_same_whenever_it_is_written(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """Sorted, stored, without times; every program unpacks it into one folder."""
    done = export_archive(closed.place, closed.number, tmp_path, PERSON, clock(), as_zip=True)
    assert done.path.name == f"{NUMBER}.zip"
    assert verify_export(done.path).number == NUMBER
    with zipfile.ZipFile(done.path) as package:
        assert package.testzip() is None
        names = [info.filename for info in package.infolist()]
        assert names == sorted(names)
        assert all(info.flag_bits & 0x800 for info in package.infolist())
        assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        package.extractall(tmp_path / "解压")
    assert verify_export(tmp_path / "解压" / NUMBER) == verify_export(done.path)
    assert stat.S_IMODE((tmp_path / "解压" / NUMBER / MANIFEST).stat().st_mode) & 0o111 == 0


def test_an_export_overwrites_nothing_and_leaves_nothing_half(
    closed: Walk, clock: Clock, tmp_path: Path
) -> None:
    """The target is there, or a file is where a folder should be: refused before anything is written."""
    export_archive(closed.place, closed.number, tmp_path / "a", PERSON, clock())
    before = contents(closed.place)
    for folder in (tmp_path / "a", tmp_path / "b"):
        (tmp_path / "b").write_text("是文件") if not (tmp_path / "b").exists() else None
        with pytest.raises(InputError):
            export_archive(closed.place, closed.number, folder, PERSON, clock())
    assert contents(closed.place) == before
    assert len(list((tmp_path / "a").iterdir())) == 1


def test_a_disk_that_fails_leaves_no_export(
    closed: Walk, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What bears the name is complete; what is not complete goes."""

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tasks.archive.exports.exporting.proof_of", full)
    with pytest.raises(InputError, match="磁盘空间"):
        export_archive(closed.place, closed.number, tmp_path / "a", PERSON, clock())
    assert list((tmp_path / "a").iterdir()) == []


def test_two_exports_at_once_are_each_verified_or_refused(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """The last entry binds one of them; the other is told to try again, or both are in order."""
    folders = iter((tmp_path / "a", tmp_path / "b"))
    results = at_once(lambda: export_archive(closed.place, closed.number, next(folders), PERSON, clock()))
    done = [result for result in results if isinstance(result, Export)]
    assert done
    assert all(isinstance(result, Export | ConflictError) for result in results), results
    for result in done:
        verify_export(result.path)


def test_what_is_missing_or_changed_is_left_out_and_named(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """A file that is not what it was is never handed on as genuine; a document is rendered again."""
    export_archive(closed.place, closed.number, tmp_path / "a", PERSON, clock())
    verify = next(a for a in closed.file().assignments if a.row.step is Step.VERIFY)
    lost, changed = (blob_path(closed.place.home / "evidence", piece.sha256) for piece in verify.evidence[:2])
    lost.unlink()
    changed.chmod(0o600)
    changed.write_bytes(pdf_of(9))
    for path in (closed.place.home / "documents").rglob("*"):
        if path.is_file():
            path.unlink()
    done = export_archive(closed.place, closed.number, tmp_path / "b", PERSON, clock() + timedelta(hours=1))
    assert [fault.rpartition("：")[2] for fault in done.faults] == [
        "文件缺失，未导出",
        "文件内容被改动，未导出",
    ]
    assert verify_export(done.path).missing == (4, 5)
    assert len(list((done.path / "公文").iterdir())) == 6
    guide = (done.path / "核验说明.txt").read_text(encoding="utf-8")
    assert all(fault in guide for fault in done.faults)


def test_an_export_of_another_time_or_lead_does_not_pass(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """The newest proof with an older copy: the manifest is not the one the ledger names last."""
    first = export_archive(closed.place, closed.number, tmp_path / "a", PERSON, clock())
    second = export_archive(closed.place, closed.number, tmp_path / "b", PERSON, clock() + timedelta(hours=1))
    (first.path / PROOF).write_bytes((second.path / PROOF).read_bytes())
    with pytest.raises(TamperError) as caught:
        verify_export(first.path)
    assert caught.value.position == MANIFEST


def test_a_proof_from_before_the_export_does_not_pass(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """Whoever cuts the export off the ledger has nothing that binds the manifest."""
    early = proof_of(closed.place, closed.number, PERSON, clock())
    done = export_archive(closed.place, closed.number, tmp_path / "a", PERSON, clock())
    (done.path / PROOF).write_text(early, encoding="utf-8")
    with pytest.raises(TamperError, match="没有导出记录"):
        verify_export(done.path)


def test_links_and_empty_folders_are_found(closed: Walk, clock: Clock, tmp_path: Path) -> None:
    """A link is not followed, whatever it points to."""
    done = export_archive(closed.place, closed.number, tmp_path / "a", PERSON, clock())
    (done.path / "空").mkdir()
    with pytest.raises(TamperError, match="多出文件“空”"):
        verify_export(done.path)
    (done.path / "空").rmdir()
    facts = done.path / "办理情况.json"
    facts.rename(tmp_path / "elsewhere")
    facts.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TamperError) as caught:
        verify_export(done.path)
    assert caught.value.position == "办理情况.json"


@pytest.mark.parametrize(
    ("name", "match"), [("nothing", "不存在"), ("empty", "不是导出的档案"), ("text", "压缩包")]
)
def test_what_is_no_export_is_told_as_such(tmp_path: Path, name: str, match: str) -> None:
    """A folder of other things, a file that is no ZIP, nothing at all."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("文字", encoding="utf-8")
    with pytest.raises((InputError, NotFound, TamperError), match=match):
        verify_export(tmp_path / name)


def test_bombs_and_paths_outside_are_refused_unread(tmp_path: Path) -> None:
    """A ZIP that would unpack into more than itself, or elsewhere, is none of ours."""
    for name, method in (("a/清单.json", zipfile.ZIP_DEFLATED), ("../../清单.json", zipfile.ZIP_STORED)):
        with zipfile.ZipFile(tmp_path / "x.zip", "w", method) as package:
            package.writestr(name, b"0" * 5_000_000)
            package.writestr("a/台账证明.json", b"{}")
        with pytest.raises(TamperError):
            verify_export(tmp_path / "x.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["x.zip"]


def test_an_open_lead_is_not_exported(walk: Walk, clock: Clock, tmp_path: Path) -> None:
    """One sentence says why; nothing is written."""
    walk.to(Step.VERIFY)
    with pytest.raises(RuleViolation, match="尚未办结"):
        export_archive(walk.place, walk.number, tmp_path / "a", PERSON, clock())
    assert not (tmp_path / "a").exists()


def test_a_real_case_is_exported_and_verified_elsewhere(
    place: Workplace, clock: Clock, papers: Path, shared_data: Path, tmp_path: Path,
    bare_terminal: Terminal, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A published case walked to its closure; the copy is verified where there is no installation at all."""
    with (shared_data / "real-cases.jsonl").open(encoding="utf-8") as lines:
        case = json.loads(next(lines))
    walk = closed_walk(
        place, clock, papers, title=case["title"], facts=case["facts"], category="违规设置隐性壁垒"
    )
    done = export_archive(place, walk.number, tmp_path / "out", PERSON, clock(), as_zip=True)
    (tmp_path / "elsewhere").mkdir()
    with zipfile.ZipFile(done.path) as package:
        package.extractall(tmp_path / "elsewhere")
    copy = tmp_path / "elsewhere" / done.number
    monkeypatch.setenv("ZERO137_HOME", "/nowhere")
    monkeypatch.setenv("ZERO137_DATABASE_URL", "nonsense://")
    for path in (copy, done.path):
        told = bare_terminal.text("archive", "verify", path)
        assert f"档案 {done.number}（{walk.number}）核验通过" in told
        assert verify_export(path).seal_hash in told
    facts = json.loads((copy / "办理情况.json").read_text(encoding="utf-8"))
    assert facts["matters"][0]["lead"]["facts"] == case["facts"]
    with (copy / "核验说明.txt").open("a", encoding="utf-8") as stream:
        stream.write(" ")
    said = bare_terminal.run("archive", "verify", copy)
    assert (said.code, said.err) == (8, "文件“核验说明.txt”与清单登记的摘要不符，已被改动。\n")


@pytest.mark.parametrize(
    "detail", [{}, {"number": NUMBER}, {"number": NUMBER, "items": [7]}, {"number": NUMBER, "items": None}]
)
def test_a_ledger_that_was_made_up_is_no_internal_error(
    closed: Walk, clock: Clock, tmp_path: Path, detail: dict[str, object]
) -> None:
    """A forger who chains and seals anew may leave out what entries hold: that is told, too."""
    done = export_archive(closed.place, closed.number, tmp_path / "a", PERSON, clock())
    told = check_proof((done.path / PROOF).read_text(encoding="utf-8"))
    entries, previous = [], NOTHING
    for entry in told.entries:
        forged = {**entry, "previous": previous}
        if entry["kind"] == "archived":
            forged["detail"] = detail
        entries.append(canonical(forged))
        previous = digest(entries[-1])
    root = leaf_of(Head(told.stream, len(entries), previous)).hex()
    seal = canonical({"number": 1, "root": root})
    proof = Proof(told.stream, tuple(entries), (), seal)
    (done.path / PROOF).write_text(proof.text, encoding="utf-8")
    with pytest.raises(TamperError):
        verify_export(done.path)
