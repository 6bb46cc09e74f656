"""The store: one file for many leads, compared with its digest, and told of when it is not right."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Clock
from harness.wording import assert_is_one_sentence
from mishaps.accidents import at_once
from sqlmodel import select
from walks.stored import blob_path, change, file_of, hand_in, kinds_of, notices, stored
from walks.walking import (
    AUTHORITY,
    PDF,
    PERSON,
    Walk,
    contents,
    houma,
    ledger_of,
    messages_of,
    register_lead,
    write_evidence,
)

from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Retention
from models.codes import Step
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind
from models.errors import RuleViolation, TamperError
from models.files.tables import StoredFile
from models.files.vocabulary import FileFault
from models.ladder.vocabulary import Grounds, Rung
from models.matters.tables import Evidence
from tasks.documents.rendered import attached, render_leftovers, rendered
from tasks.evidence.pieces import add_evidence
from tasks.files.checks import CheckReport, check_stored_files
from tasks.files.faults import faulty_files
from tasks.files.leftovers import surplus_files
from tasks.files.stored_files import locate
from tasks.ladder.supervision import SupervisionRequest, supervise
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace


def test_one_file_of_many_leads_is_stored_once(place: Workplace, clock: Clock, papers: Path) -> None:
    """Each lead has its own row and its own name for it; the file is read-only from then on."""
    names = ["核查记录.pdf", "附件一.pdf", "核查记录.pdf"]
    rows = []
    for n, name in enumerate(names):
        number = register_lead(place, clock, title=f"线索之{n}")
        rows.append(hand_in(place, number, write_evidence(papers, name), clock))
    assert [row.name for row in rows] == names
    (row,) = stored(place).values()
    assert (row.size, row.stored_at, row.checked_at, row.fault) == (len(PDF), clock(), None, None)
    name = locate(place, row.sha256)
    assert name is not None
    path = place.home / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    assert path.read_bytes() == PDF
    assert [each.is_dir() for each in (place.home / "evidence").iterdir()] == [True]


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "０" * 64])
def test_nothing_but_a_digest_decides_on_a_path(place: Workplace, digest: str) -> None:
    """A row that was tampered with leads nowhere."""
    with pytest.raises(TamperError) as caught:
        locate(place, digest)
    assert_is_one_sentence(str(caught.value))


def test_a_file_that_was_lost_is_told_to_every_lead_once(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """Ledger and message name file, fault and leads; what is known or well is not told again."""
    numbers = [register_lead(place, clock, title=f"线索之{n}") for n in range(3)]
    rows = [hand_in(place, number, write_evidence(papers), clock) for number in numbers[:2]]
    hand_in(place, numbers[2], write_evidence(papers, "别的.txt", b"other"), clock)
    assert check_stored_files(place, clock()).told == "核对存档文件2个"
    file_of(place, rows[0]).unlink()
    clock.now += timedelta(days=16)
    report = check_stored_files(place, clock())
    assert (report.checked, report.found, report.faulty) == (2, 1, 1)
    assert "异常1个" in report.told
    assert [kinds_of(place, number) for number in numbers] == [["file_fault"], ["file_fault"], []]
    entry = ledger_of(place, numbers[1])[-1]
    keys = [f"E{row.id}" for row in rows]
    assert entry.summary == f"印证材料 {keys[1]} 核查记录.pdf 的存档文件缺失"
    assert entry.detail == {"sha256": rows[0].sha256, "size": len(PDF), "before": None, "fault": "missing"}
    (body,) = notices(place)
    named = [f"侯线〔2026〕{n}号 印证材料 {key} 核查记录.pdf" for n, key in enumerate(keys, 1)]
    assert f"缺失：{'；'.join(named)}" in body
    clock.now += timedelta(hours=1)
    again = check_stored_files(place, clock())
    assert (again.checked, again.found, again.faulty) == (1, 0, 1)
    assert len(notices(place)) == 1


def test_a_fault_that_comes_back_is_told_again(walk: Walk, clock: Clock) -> None:
    """Changed, restored from a backup, lost: each is one entry, and each fault one message."""
    row = hand_in(walk.place, walk.number, write_evidence(walk.folder), clock)
    path = file_of(walk.place, row)
    shutil.copy2(path, walk.folder / "备份")
    for meddle, kind in (
        (lambda: change(path), "file_fault"),
        (lambda: shutil.copy2(walk.folder / "备份", path), "file_restored"),
        (path.unlink, "file_fault"),
        (lambda: shutil.copy2(walk.folder / "备份", path), "file_restored"),
        (lambda: change(path), "file_fault"),
    ):
        meddle()
        clock.now += timedelta(days=16)
        check_stored_files(walk.place, clock())
        assert kinds_of(walk.place, walk.number)[-1] == kind
    assert len(kinds_of(walk.place, walk.number)) == 5
    assert [body.split("\n")[2].strip()[:2] for body in notices(walk.place)] == ["内容", "缺失", "内容"]


def test_the_same_file_handed_in_again_heals_the_store(walk: Walk, clock: Clock) -> None:
    """Lost or cut short at once; changed, once a check has found it. The next check says so."""
    paper = write_evidence(walk.folder)
    row = hand_in(walk.place, walk.number, paper, clock)
    path = file_of(walk.place, row)

    def cut() -> None:
        path.chmod(0o600)
        os.truncate(path, 5)

    def replaced() -> None:
        path.unlink()
        path.symlink_to(paper)

    meddlings: list[Callable[[], None]] = [path.unlink, cut, lambda: change(path), replaced]
    for meddle in meddlings:
        meddle()
        clock.now += timedelta(days=16)
        assert check_stored_files(walk.place, clock()).found == 1
        assert hand_in(walk.place, walk.number, paper, clock).id == row.id
        assert (path.read_bytes(), path.is_symlink()) == (PDF, False)
        assert check_stored_files(walk.place, clock()).restored == 1
    path.unlink()
    hand_in(walk.place, walk.number, paper, clock)
    assert path.read_bytes() == PDF


def test_a_closed_lead_takes_back_what_it_lost_and_nothing_new(walk: Walk, clock: Clock) -> None:
    """The file of a lead that was archived long ago can be mended as well."""
    walk.to_closure()
    before = contents(walk.place)
    file_of(walk.place, evidence := walk.file().assignments[2].evidence[0]).unlink()
    with pytest.raises(RuleViolation, match="已办结"):
        hand_in(walk.place, walk.number, write_evidence(walk.folder, "新.txt", b"new"), clock)
    assert hand_in(walk.place, walk.number, write_evidence(walk.folder), clock).id == evidence.id
    assert contents(walk.place) == before


def test_what_cannot_be_read_is_told_as_such(
    walk: Walk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failing disk is neither a loss nor a change, and keeps no other file from being checked."""
    hand_in(walk.place, walk.number, write_evidence(walk.folder), clock)

    def broken(_: object) -> str:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("tasks.store.protocol.digest_of", broken)
        assert check_stored_files(walk.place, clock()).found == 1
    assert ledger_of(walk.place, walk.number)[-1].summary.endswith("的存档文件无法读取")
    clock.now += timedelta(minutes=1)
    assert check_stored_files(walk.place, clock()).restored == 1


def test_a_digest_that_is_none_is_a_fault(walk: Walk, clock: Clock) -> None:
    """The row itself was tampered with; the check goes on with the others."""
    hand_in(walk.place, walk.number, write_evidence(walk.folder), clock)
    with walk.place.writing() as session:
        session.add(StoredFile(sha256="../../etc/passwd", size=1, stored_at=clock()))
    report = check_stored_files(walk.place, clock())
    assert (report.checked, report.found) == (2, 1)
    (entry,) = ledger_of(walk.place, "files")
    assert (entry.kind, entry.detail["fault"]) == ("file_fault", FileFault.CHANGED)


def test_a_request_hears_of_the_files_it_rests_on(walk: Walk, clock: Clock) -> None:
    """The written request of an extension belongs to the lead and to the petition."""
    walk.to(Step.RECTIFY)
    paper = write_evidence(walk.folder, "延期申请.pdf", PDF + b"% request\n")
    request = ExtensionRequest(AUTHORITY, PERSON, "2026-12-11", "须修订文件后废止。", files=(paper,))
    number = request_extension(walk.place, walk.number, request, clock())
    with walk.place.reading() as session:
        evidence = session.exec(select(Evidence).where(Evidence.name == "延期申请.pdf")).one()
    file_of(walk.place, evidence).unlink()
    assert check_stored_files(walk.place, clock()).found == 1
    assert kinds_of(walk.place, walk.number) == kinds_of(walk.place, number) == ["file_fault"]
    assert f"侯线〔2026〕1号 印证材料 E{evidence.id} 延期申请.pdf；" in notices(walk.place)[0]


def test_a_circular_hears_of_its_own_document(walk: Walk, clock: Clock) -> None:
    """It belongs to what was put before the bureau, whose ledger has it; both its forms are looked at."""
    walk.to(Step.VERIFY)
    asked = SupervisionRequest(Rung.CIRCULAR, Grounds.DELAYING, "三次约谈均未到场。", PERSON)
    circular = Walk(
        walk.place, clock, walk.folder, supervise(walk.place, walk.number, asked, clock()).circular
    )
    circular.advance()
    circular.answer(Step.PUBLICATION)
    render_leftovers(walk.place, clock(), circular.number)
    with walk.place.reading() as session:
        row = session.exec(select(Document).where(Document.kind == DocumentKind.CIRCULAR)).one()
    for digest in (row.pdf_sha256, row.word_sha256):
        change(blob_path(walk.place.home / "documents", str(digest)))
    assert check_stored_files(walk.place, clock()).found == 2
    assert (kinds_of(walk.place, walk.number), kinds_of(walk.place, circular.number)) == (
        [],
        ["file_fault"] * 2,
    )
    assert f"公文 {row.number}（DOCX）" in notices(walk.place)[0]


def test_documents_of_an_earlier_release_are_looked_at_as_well(walk: Walk, clock: Clock) -> None:
    """They have no row until the first check, whether they are there or not, and are never surplus."""
    walk.to(Step.RECEIPT)
    files = rendered(walk.place, "侯发改移函〔2026〕1号", clock())
    with walk.place.writing() as session:
        for row in session.exec(select(StoredFile)).all():
            session.delete(row)
    word = walk.place.home / files.word
    content = word.read_bytes()
    word.unlink()
    assert (check_stored_files(walk.place, clock()).found, list(surplus_files(walk.place))) == (1, [])
    word.write_bytes(content)
    clock.now += timedelta(minutes=1)
    assert check_stored_files(walk.place, clock()).restored == 1


def test_what_was_disposed_of_is_neither_missed_nor_taken_back(walk: Walk, clock: Clock) -> None:
    """Its rows went with its files; the rest of the record still names their digests."""
    walk.to_closure()
    render_leftovers(walk.place, clock())
    closed = walk.file().matter
    shared = {
        "retention": Retention.TEN_YEARS, "year": 2026, "sequence": 1, "archived_at": clock(),
        "review_on": clock().date(),
    }  # fmt: skip
    with walk.place.writing() as session:
        session.add(ArchiveRecord(matter_id=closed.id, number="档号", disposed_at=clock(), **shared))
        for row in session.exec(select(StoredFile)).all():
            session.delete(row)
    assert check_stored_files(walk.place, clock()).told == "核对存档文件0个"
    assert stored(walk.place) == {}
    with pytest.raises(RuleViolation, match="已办结"):
        hand_in(walk.place, walk.number, write_evidence(walk.folder), clock)


def test_a_letter_that_was_changed_never_goes_out(walk: Walk, clock: Clock) -> None:
    """It is told of, and the letter is rendered as it was; the next check finds it restored."""
    walk.to(Step.RECEIPT)
    number = "侯发改移函〔2026〕1号"
    first = rendered(walk.place, number, clock())
    pdf, word = walk.place.home / first.pdf, walk.place.home / first.word
    assert set(stored(walk.place)) == {pdf.name, word.name}
    content = pdf.read_bytes()
    change(pdf)
    with attached(walk.place, number, clock()) as (paper,):
        assert paper.read_bytes() == content
    assert kinds_of(walk.place, walk.number) == ["file_fault"]
    assert check_stored_files(walk.place, clock()).restored == 1
    assert kinds_of(walk.place, walk.number) == ["file_fault", "file_restored"]


def test_a_letter_that_comes_out_otherwise_does_not_hide_the_loss(
    walk: Walk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that was sent stays missing: only the ledger knows whose it was."""
    walk.to(Step.RECEIPT)
    number = "侯发改移函〔2026〕1号"
    lost = walk.place.home / rendered(walk.place, number, clock()).pdf
    lost.unlink()
    monkeypatch.setattr("notifications.papers.pdf.render_pdf", lambda _: PDF)
    assert (walk.place.home / rendered(walk.place, number, clock()).pdf).read_bytes() == PDF
    (faulty,) = faulty_files(walk.place)
    assert (faulty.sha256, faulty.fault) == (lost.name, FileFault.MISSING)
    assert [each.what for each in faulty.references] == [f"公文 {number} 先前生成的文件"]
    kinds = [entry.kind for entry in ledger_of(walk.place, walk.number)]
    assert kinds[-3:] == ["document_rendered", "file_fault", "document_rendered"]


def test_a_check_takes_no_longer_than_it_may(place: Workplace, clock: Clock, papers: Path) -> None:
    """It goes on where it stopped; what was not checked in time is said; a hand check takes everything."""
    number = register_lead(place, clock)
    for n in range(5):
        hand_in(place, number, write_evidence(papers, f"{n}.txt", b"text %d" % n), clock)
    assert [check_stored_files(place, clock(), seconds=0).checked for _ in range(6)] == [1, 1, 1, 1, 1, 0]
    assert check_stored_files(place, clock(), seconds=None, everything=True).checked == 0
    clock.now += timedelta(days=14)
    assert check_stored_files(place, clock()).checked == 0
    assert check_stored_files(place, clock(), seconds=None, everything=True).checked == 5
    clock.now += timedelta(days=31)
    report = check_stored_files(place, clock(), seconds=0)
    assert report.told == "核对存档文件1个，4个超过30天未核对"
    clock.now -= timedelta(days=300)
    assert check_stored_files(place, clock()).checked == 5


def test_two_checks_at_once_tell_a_fault_once(walk: Walk, clock: Clock) -> None:
    """The patrol and a check by hand find the same."""
    for n in range(4):
        row = hand_in(walk.place, walk.number, write_evidence(walk.folder, f"{n}.txt", b"%d" % n), clock)
        file_of(walk.place, row).unlink()
    moments = iter([clock(), clock() + timedelta(seconds=1)])
    results = at_once(lambda: check_stored_files(walk.place, next(moments)))
    assert all(isinstance(result, CheckReport) for result in results), results
    assert kinds_of(walk.place, walk.number) == ["file_fault"] * 4
    assert sum(body.count("缺失：") for body in notices(walk.place)) == 4


def test_checking_and_storing_at_once_do_not_block(walk: Walk, clock: Clock) -> None:
    """Files are handed in again, in another order, while their faults are being noted."""
    papers = [write_evidence(walk.folder, f"{n}.txt", b"%d" % n) for n in range(6)]
    others = [register_lead(walk.place, clock, title=f"线索之{n}") for n in range(4)]
    deeds = iter([*others, ""] * 2)

    def act() -> object:
        number = next(deeds)
        if not number:
            for path in (walk.place.home / "evidence").glob("*/*"):
                path.unlink(missing_ok=True)
            return check_stored_files(walk.place, clock())
        return add_evidence(walk.place, number, papers[:: 1 if number in others[:2] else -1], PERSON, clock())

    for _ in range(2):
        results = at_once(act, threads=5)
        assert not [result for result in results if isinstance(result, Exception)], results


def test_a_disk_that_is_gone_is_one_fault(walk: Walk, clock: Clock) -> None:
    """Nothing is noted of single files; the bureau hears of it once a day, in business hours."""
    hand_in(walk.place, walk.number, write_evidence(walk.folder), clock)
    (walk.place.home / "evidence").rename(walk.folder / "elsewhere")
    clock.now = houma(23, 20)
    for _ in range(2):
        assert check_stored_files(walk.place, clock()).told.startswith("存档文件夹 evidence 不存在或是空的")
    (message,) = (message for message in messages_of(walk.place) if message.kind == "file_fault")
    assert message.next_attempt_at == houma(24, 9)
    assert kinds_of(walk.place, walk.number) == []
    (walk.folder / "elsewhere").rename(walk.place.home / "evidence")
    assert check_stored_files(walk.place, clock()).told == "核对存档文件1个"


def test_a_mass_of_faults_is_one_message(walk: Walk, clock: Clock) -> None:
    """The first are named, the others counted; the ledger has all of them."""
    papers = [write_evidence(walk.folder, f"{n}.txt", b"%d" % n) for n in range(60)]
    for row in add_evidence(walk.place, walk.number, papers, PERSON, clock()):
        file_of(walk.place, row).unlink()
    assert check_stored_files(walk.place, clock()).found == 60
    (body,) = notices(walk.place)
    assert "另有10个，可用 zero137 evidence check 查看全部" in body
    assert len(kinds_of(walk.place, walk.number)) == 60
