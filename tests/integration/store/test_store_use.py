"""The store in use: killed processes, what is surplus, and files that are handed on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Clock
from harness.command_line import Terminal
from harness.wording import assert_is_one_sentence
from sqlmodel import select
from walks.stored import blob_path, change, file_of, hand_in, kinds_of, stored
from walks.walking import PDF, Walk, contents, pdf, register_lead, write_evidence

from models.errors import InputError, TamperError
from models.files.tables import StoredFile
from models.files.vocabulary import FileFault
from models.matters.tables import Evidence
from tasks.evidence.handing_on import hand_on
from tasks.files.checks import check_stored_files
from tasks.files.leftovers import remove_surplus, remove_unfinished, surplus_files
from tasks.workplace import Workplace

TWO_DAYS = 2 * 86_400


_CHILD = """
import os, signal, sys
from pathlib import Path
import tasks.evidence.pieces, tasks.store.blobs
from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
where, number, *files = sys.argv[1:]
if where == "copying":
    tasks.store.blobs.os.fsync = die
elif where == "storing":
    tasks.evidence.pieces.append_entry = die
place = open_workplace(load_settings())
tasks.evidence.pieces.add_evidence(place, number, [Path(file) for file in files], "经办人甲", place.clock())
"""


def child(place: Workplace, *arguments: object) -> subprocess.Popen[bytes]:
    """Start a process of its own that stores evidence in the same workplace."""
    url = place.engine.url.render_as_string(hide_password=False)
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ZERO137_")},
        "ZERO137_HOME": str(place.home), "ZERO137_DATABASE_URL": url,
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", _CHILD, *map(str, arguments)], env=environment)


@pytest.mark.parametrize("where", ["copying", "storing"])
def test_a_killed_process_leaves_nothing_that_counts(walk: Walk, clock: Clock, where: str) -> None:
    """No row, no entry; what lies about is cleared away after a day, and the same file is taken again."""
    paper, before = write_evidence(walk.folder), contents(walk.place)
    assert child(walk.place, where, walk.number, paper).wait(30) == -signal.SIGKILL
    after = contents(walk.place)
    assert len(after.pop("evidence files")) > len(before.pop("evidence files"))
    assert after == before
    place = walk.place
    remains = {
        "copying": lambda: (place.home / "evidence").glob("incoming-*"),
        "storing": lambda: (place.home / name for name in surplus_files(place)),
    }
    (left,) = remains[where]()
    assert (remove_unfinished(place), remove_surplus(place, clock())) == (0, 0)
    os.utime(left, (left.stat().st_mtime - TWO_DAYS,) * 2)
    if where == "copying":
        assert check_stored_files(place, clock()).unfinished == 1
    else:
        assert check_stored_files(place, clock()).unfinished == 0
        hand_in(place, walk.number, paper, clock)
        assert (list(surplus_files(place)), remove_surplus(place, clock())) == ([], 0)
    assert file_of(place, hand_in(place, walk.number, paper, clock)).read_bytes() == PDF
    assert list(surplus_files(place)) == []


def test_processes_that_store_the_same_files_at_once_store_them_once(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """Three processes, three leads, the same two files in either order."""
    numbers = [register_lead(place, clock, title=f"线索之{n}") for n in range(3)]
    paths = [write_evidence(papers, f"{n}.pdf", pdf(os.urandom(400_000))) for n in range(2)]
    started = [child(place, "", number, *paths[:: -1 if n else 1]) for n, number in enumerate(numbers)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert len(stored(place)) == 2
    with place.reading() as session:
        assert len(session.exec(select(Evidence)).all()) == 6
    assert len([path for path in (place.home / "evidence").rglob("*") if path.is_file()]) == 2
    assert check_stored_files(place, clock()).told == "核对存档文件2个"


def test_evidence_whose_row_is_gone_is_checked_again_and_never_surplus(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """A missing row neither hides a file from the check nor lets it be removed."""
    number = register_lead(place, clock)
    evidence = hand_in(place, number, write_evidence(papers), clock)
    file = blob_path(place.home / "evidence", evidence.sha256)
    os.utime(file, (0, 0))
    with place.writing() as session:
        session.delete(session.get_one(StoredFile, evidence.sha256))
    assert (list(surplus_files(place)), remove_surplus(place, clock())) == ([], 0)
    assert file.exists()
    file.chmod(0o600)
    file.write_bytes(b"%PDF-1.7 other")
    assert check_stored_files(place, clock()).found == 1
    assert stored(place)[evidence.sha256].fault is FileFault.CHANGED


def test_surplus_is_removed_only_where_nobody_needs_it(place: Workplace, clock: Clock, papers: Path) -> None:
    """Old, where it belongs, and without a row; whatever somebody else put there stays."""
    number = register_lead(place, clock)
    row = hand_in(place, number, write_evidence(papers), clock)
    other = blob_path(place.home / "evidence", "0" * 64)
    other.parent.mkdir()
    foreign = other.with_name("会议纪要.docx")
    for path in (other, foreign, file_of(place, row)):
        path.touch()
        os.utime(path, (path.stat().st_mtime - TWO_DAYS,) * 2)
    assert {place.home / name for name in surplus_files(place)} == {other, foreign}
    assert remove_surplus(place, clock()) == 1
    assert [place.home / name for name in surplus_files(place)] == [foreign]
    assert set(stored(place)) == {row.sha256}
    assert check_stored_files(place, clock()).found == 0


def test_evidence_is_handed_on_under_a_safe_name(walk: Walk, clock: Clock) -> None:
    """Twice is as good as once; another file of that name is not overwritten."""
    row = hand_in(walk.place, walk.number, write_evidence(walk.folder, "安装?.exe"), clock)
    folder = walk.folder / "新" / "文件夹"
    for _ in range(2):
        (path,) = hand_on(walk.place, walk.number, [f"e{row.id}"], folder, clock())
        assert (path.name, path.read_bytes()) == (f"E{row.id} 安装_.exe.pdf", PDF)
    assert os.access(path, os.W_OK)
    path.write_bytes(b"mine")
    with pytest.raises(InputError, match="已存在且内容不同"):
        hand_on(walk.place, walk.number, [f"E{row.id}"], folder, clock())
    assert path.read_bytes() == b"mine"
    with pytest.raises(InputError, match="无法写入"):
        hand_on(walk.place, walk.number, [f"E{row.id}"], path, clock())


@pytest.mark.parametrize("fault", [FileFault.MISSING, FileFault.CHANGED])
def test_a_faulty_file_is_not_handed_on(walk: Walk, clock: Clock, fault: FileFault) -> None:
    """Nothing half is left in the folder, and the fault is noted at once."""
    row = hand_in(walk.place, walk.number, write_evidence(walk.folder), clock)
    path = file_of(walk.place, row)
    path.unlink() if fault is FileFault.MISSING else change(path)
    folder = walk.folder / "转存"
    with pytest.raises(TamperError, match=fault.label) as caught:
        hand_on(walk.place, walk.number, [f"E{row.id}"], folder, clock())
    assert_is_one_sentence(str(caught.value))
    assert list(folder.iterdir()) == []
    assert kinds_of(walk.place, walk.number) == ["file_fault"]


def test_the_command_line_shows_checks_and_hands_on(terminal: Terminal, papers: Path) -> None:
    """For people and for programs; a fault is shown with its leads and ends with its own code."""
    for title in ("线索甲", "线索乙"):
        terminal.text("lead", "add", "--title", title, "--facts", "事实")
    paper = write_evidence(papers)
    assert "没有印证材料" in terminal.text("evidence", "list", "L2026-0001")
    for number in ("L2026-0001", "L2026-0002"):
        terminal.text("evidence", "add", number, paper)
    assert "未核对" in terminal.text("evidence", "list", "L2026-0001")
    assert "核对存档文件1个。" in terminal.text("evidence", "check")
    assert "正常" in terminal.text("evidence", "list", "L2026-0001")
    assert "已存为" in terminal.text("evidence", "export", "L2026-0001", "E1", "--to", papers)
    (told,) = terminal.json("evidence", "list", "L2026-0002")  # type: ignore[misc]
    (terminal.home / "evidence" / told["sha256"][:2] / told["sha256"]).unlink()
    said = terminal.run("evidence", "check")
    assert (said.code, said.err.count("\n")) == (8, 1)
    assert "缺失：侯线〔2026〕1号 印证材料 E1 核查记录.pdf；侯线〔2026〕2号 印证材料 E2" in said.out
    assert "缺失" in terminal.text("evidence", "list", "L2026-0002")
    assert terminal.run("evidence", "export", "L2026-0001", "E1", "--to", papers / "新").code == 8
    assert terminal.run("evidence", "check", "--remove-surplus").code == 3
    assert '"number": "L2026-0002"' in terminal.run("evidence", "check", "--json").out
    terminal.text("evidence", "add", "L2026-0002", paper)
    assert "复原1个" in terminal.text("evidence", "check", "--all", "--remove-surplus")
