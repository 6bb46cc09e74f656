"""Archiving: number, file index, term and ledger entry, once, whatever the files hold. Source: 通知§13."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from conftest import Clock
from mishaps.accidents import PowerCut, at_once, power_cut_before
from pypdf import PdfReader, PdfWriter
from walks.archives import HOSTILE, closed_walk, pdf_of
from walks.stored import blob_path
from walks.walking import AUTHORITY, PDF, Walk, ledger_of, write_evidence

from models.archive.file_index import IndexLine
from models.archive.tables import ArchiveRecord
from models.archive.vocabulary import Barrier, Importance, Retention
from models.codes import Step
from models.documents.vocabulary import DocumentKind
from models.errors import ConflictError, NotFound, RuleViolation
from tasks.archive.archiving import (
    archive_leftovers,
    archive_matter,
    awaits_archiving,
    find_archive,
    try_archive,
)
from tasks.archive.care import ArchiveFilter, list_archives, review
from tasks.archive.index import stored_lines
from tasks.archive.page_count import count_pages
from tasks.documents.rendered import render_leftovers
from tasks.mechanisms.leads.classing import Classing, classify
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace


def lines_of(walk: Walk) -> tuple[IndexLine, ...]:
    """Return the file index of an archived lead."""
    with walk.place.reading() as session:
        return stored_lines(session, find_archive(session, walk.number)[1])


def test_a_closed_lead_gets_number_index_and_term(place: Workplace, clock: Clock, papers: Path) -> None:
    """Documents first, then what was handed in; author, title, day, pages, digest; one ledger entry."""
    walk = closed_walk(place, clock, papers, category="违规设置隐性壁垒")
    assert awaits_archiving(place, walk.number)
    record = archive_matter(place, walk.number, clock())
    assert (record.number, record.kept_until) == ("0137-WS·2026-D30-SCZR-0001", date(2056, 12, 31))
    assert record.review_on == date(2027, 11, 23)
    lines = lines_of(walk)
    assert [line.sequence for line in lines] == [1, 2, 3, 4, 5]
    kinds = [DocumentKind.TRANSFER_LETTER, DocumentKind.RECTIFICATION_NOTICE, DocumentKind.CLOSING_REPORT]
    assert [line.name for line in lines[:3]] == [
        f"{line.document_number} {kind.label}.pdf" for line, kind in zip(lines, kinds, strict=False)
    ]
    assert [(line.author, line.title, line.pages, line.name) for line in lines[3:]] == [
        ("侯马市住房和城乡建设管理局", "核查 记录.pdf", 3, "核查 记录.pdf"),
        ("侯马市市场监督管理局", "核查记录.pdf", 1, "核查记录.pdf"),
    ]
    assert all(line.pages for line in lines[:3])
    (entry,) = [entry for entry in ledger_of(place, walk.number) if entry.kind == "archived"]
    assert entry.detail["number"] == record.number
    assert entry.detail["items"] == [
        {"sequence": line.sequence, "title": line.title, "sha256": line.sha256} for line in lines
    ]


def test_an_extension_is_archived_with_its_lead(walk: Walk, clock: Clock, papers: Path) -> None:
    """The written request and the reply belong to the file; a petition has no archive of its own."""
    walk.to(Step.RECTIFY)
    request = write_evidence(papers, "延期申请.pdf", pdf_of(1))
    wanted = ExtensionRequest(
        AUTHORITY, "经办人甲", "2026-12-04", "涉及三个乡镇，须逐一清理后方可废止文件。", (request,)
    )
    asked = request_extension(walk.place, walk.number, wanted, clock())
    replace(walk, number=asked).to(Step.EXTENSION).answer(
        Step.EXTENSION, fields={"ruling": "同意", "until": "2026-12-04"}
    )
    replace(walk, number=asked).advance()
    walk.to_closure()
    with pytest.raises(RuleViolation, match="随所属事项归档"):
        archive_matter(walk.place, asked, clock())
    archive_matter(walk.place, walk.number, clock())
    lines = lines_of(walk)
    assert any(line.name.endswith("延期复函.pdf") for line in lines)
    assert any((line.title, line.author) == ("延期申请.pdf", "侯马市住房和城乡建设管理局") for line in lines)


def test_numbers_run_by_year_and_retention(place: Workplace, clock: Clock, papers: Path) -> None:
    """Each series counts by itself from one, without gaps; the patrol takes the oldest first."""
    titles = {"甲": "其他", "乙": "违规设置隐性壁垒", "丙": "其他"}
    for title, category in titles.items():
        closed_walk(place, clock, papers, title=title, category=category)
    assert archive_leftovers(place, clock()) == 3
    assert archive_leftovers(place, clock()) == 0
    found = [(matter.title, record.number) for record, matter, _ in list_archives(place, ArchiveFilter())]
    assert found == [
        ("甲", "0137-WS·2026-D10-SCZR-0001"),
        ("丙", "0137-WS·2026-D10-SCZR-0002"),
        ("乙", "0137-WS·2026-D30-SCZR-0001"),
    ]


def test_the_year_is_that_of_the_office(place: Workplace, clock: Clock, papers: Path) -> None:
    """Closed at one in the morning of New Year by the clock in Houma, while Greenwich has the old year."""
    walk = closed_walk(place, clock, papers)
    with place.writing() as session:
        matter = walk.file().matter
        matter.closed_at = datetime(2026, 12, 31, 17, tzinfo=UTC)
        session.merge(matter)
    record = archive_matter(place, walk.number, clock())
    assert (record.year, record.number[:12]) == (2027, "0137-WS·2027")


def test_archiving_twice_or_at_once_archives_once(place: Workplace, clock: Clock, papers: Path) -> None:
    """A replay, a second process: one record, one ledger entry, one number."""
    walk = closed_walk(place, clock, papers)
    found = at_once(lambda: archive_matter(place, walk.number, clock()), 3)
    numbers = {one.number for one in found if isinstance(one, ArchiveRecord)}
    assert numbers == {archive_matter(place, walk.number, clock()).number}, found
    assert [entry.kind for entry in ledger_of(place, walk.number)].count("archived") == 1


@pytest.mark.parametrize(
    "statement", ["INSERT INTO archiverecord", "INSERT INTO archiveitem", "INSERT INTO ledgerentry"]
)
def test_a_power_cut_leaves_no_half_archive(
    place: Workplace, clock: Clock, papers: Path, statement: str
) -> None:
    """Record, index and entry come together, and the number is given again."""
    walk = closed_walk(place, clock, papers)
    # The documents first, so that the ledger entry that is cut is that of the archive.
    render_leftovers(place, clock(), walk.number)
    with power_cut_before(place, statement), pytest.raises(PowerCut):
        archive_matter(place, walk.number, clock())
    assert awaits_archiving(place, walk.number)
    assert archive_matter(place, walk.number, clock()).number.endswith("-0001")


def test_what_is_open_or_unknown_is_not_archived(walk: Walk, clock: Clock) -> None:
    """One sentence says when it will be."""
    walk.to(Step.VERIFY)
    assert not awaits_archiving(walk.place, walk.number)
    with pytest.raises(RuleViolation, match="尚未办结"):
        archive_matter(walk.place, walk.number, clock())
    with pytest.raises(NotFound, match="没有编号"):
        archive_matter(walk.place, "L2026-0999", clock())
    assert archive_leftovers(walk.place, clock()) == 0


def test_a_missing_or_changed_file_gets_a_note(place: Workplace, clock: Clock, papers: Path) -> None:
    """It keeps no lead out of the archive, and is told on its line."""
    files = [write_evidence(papers, f"{n}.pdf", pdf_of(n)) for n in (1, 2)]
    walk = closed_walk(place, clock, papers, files)
    verify = next(a for a in walk.file().assignments if a.row.step is Step.VERIFY)
    lost, changed = (blob_path(place.home / "evidence", piece.sha256) for piece in verify.evidence)
    lost.unlink()
    changed.chmod(0o600)
    changed.write_bytes(b"%PDF-1.7 another")
    archive_matter(place, walk.number, clock())
    notes = {line.title: (line.pages, line.note) for line in lines_of(walk)}
    assert notes["1.pdf"] == (None, "归档时文件缺失")
    assert notes["2.pdf"] == (None, "归档时文件内容与登记的摘要不符")


def test_one_lead_that_cannot_be_archived_keeps_no_other_out(
    place: Workplace, clock: Clock, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with it; the next patrol tries again."""
    bad, good = (closed_walk(place, clock, papers, title=title) for title in ("甲", "乙"))

    def fail(place: Workplace, number: str, now: datetime) -> ArchiveRecord:
        if number == bad.number:
            raise ZeroDivisionError
        return archive_matter(place, number, now)

    with monkeypatch.context() as patched:
        patched.setattr("tasks.archive.archiving.archive_matter", fail)
        assert archive_leftovers(place, clock()) == 1
    assert not awaits_archiving(place, good.number)
    assert try_archive(place, bad.number, clock())


def test_hostile_names_become_names(place: Workplace, clock: Clock, papers: Path) -> None:
    """No name of the index is a path, steers a reader or means a device."""
    files = [write_evidence(papers, name, pdf_of(1, str(n))) for n, name in enumerate(HOSTILE)]
    walk = closed_walk(place, clock, papers, files)
    archive_matter(place, walk.number, clock())
    names = [line.name for line in lines_of(walk)]
    for name in names:
        assert len(name.encode()) <= 200
        assert name == Path(name).name
        assert not any(sign in name for sign in '\u202e\u200f\\/:*?"<>|')
        assert name.endswith(".pdf")
        assert not name.startswith(("-", ".", "CON."))
    assert len([name for name in names if "😀" in name]) == 1


def _locked_pdf() -> bytes:

    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf_of(4))))
    writer.encrypt("secret")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "pages"),
    [
        (pdf_of(7), 7),
        (PDF, 1),
        (b"%PDF-1.7\n", None),
        (b"", None),
        (pdf_of(2)[:-40], None),
        (pdf_of(2).replace(b"/Count 2", b"/Count 9999999999"), None),
        (pdf_of(2).replace(b"/Count 2", b"/Count -2"), None),
        (pdf_of(2).replace(b"/Count 2", b"/Count [2]"), None),
        (b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 1 0 R>>\nendobj\ntrailer<</Root 1 0 R>>", None),
        (b"%PDF-1.7\n" + b"[" * 100_000, None),
    ],
)
def test_pages_are_counted_where_a_pdf_says_something_sensible(content: bytes, pages: int | None) -> None:
    """Damaged, cut, endless and lying files are told as not countable, and never break anything."""
    assert count_pages(BytesIO(content), "application/pdf") == pages


def test_a_locked_pdf_breaks_nothing_and_an_image_is_a_page() -> None:
    """What cannot be opened may still say how many pages it has; a text has none."""
    locked = BytesIO(_locked_pdf())
    assert count_pages(locked, "application/pdf") in (4, None)
    assert count_pages(locked, "image/png") == 1
    assert count_pages(locked, "text/plain") is None


def test_a_lead_is_classed_before_and_after_it_is_archived(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """The number stays; what comes to matter more is kept longer, and nothing is ever kept shorter again."""
    before, after = (
        closed_walk(place, clock, papers, title=title, category="其他") for title in ("甲", "乙")
    )
    major = Classing(Importance.MAJOR, Barrier.OUTSIDERS, "经办人甲", "涉及多地企业")
    assert classify(place, before.number, major, clock()) is None
    assert archive_matter(place, before.number, clock()).retention is Retention.PERMANENT
    number = archive_matter(place, after.number, clock()).number
    raised = classify(place, number, major, clock())
    assert raised is not None
    assert (raised.number, raised.kept_until) == (number, None)
    lowered = classify(place, number, replace(major, importance=Importance.ORDINARY), clock())
    assert lowered is not None
    assert lowered.kept_until is None, "a term is only ever lengthened"
    kept = classify(place, before.number, replace(major, importance=Importance.ORDINARY), clock())
    assert kept is not None
    assert kept.kept_until is None
    with pytest.raises(RuleViolation, match="一致"):
        classify(place, before.number, replace(major, importance=Importance.ORDINARY), clock())
    entries = [entry for entry in ledger_of(place, after.number) if entry.kind == "classified"]
    assert [entry.detail["after"] for entry in entries] == [
        {"importance": "major", "barrier": "07"},
        {"importance": "ordinary", "barrier": "07"},
    ]
    found = list_archives(place, ArchiveFilter(barrier=Barrier.OUTSIDERS, importance=Importance.ORDINARY))
    assert {matter.number for _, matter, _ in found} == {before.number, after.number}


@pytest.mark.parametrize(("person", "reason"), [("", "理由"), ("经办人甲", " \u200b"), ("甲\x00", "理由")])
def test_nobody_classes_or_reviews_without_name_and_reason(
    place: Workplace, clock: Clock, papers: Path, person: str, reason: str
) -> None:
    """Who and why stands in the ledger."""
    walk = closed_walk(place, clock, papers)
    archive_matter(place, walk.number, clock())
    with pytest.raises(RuleViolation):
        classify(place, walk.number, Classing(Importance.MAJOR, None, person, reason), clock())
    with pytest.raises(RuleViolation):
        review(place, walk.number, person, reason, clock())


def test_a_review_moves_the_next_one(place: Workplace, clock: Clock, papers: Path) -> None:
    """Due after twelve months, done by a person, due again twelve months later. Source: 通知§13(五)."""
    walk = closed_walk(place, clock, papers)
    record = archive_matter(place, walk.number, clock())
    assert list_archives(place, ArchiveFilter(due_on=date(2027, 11, 22))) == []
    assert len(list_archives(place, ArchiveFilter(due_on=date(2027, 11, 23)))) == 1
    later = clock() + timedelta(days=400)
    reviewed = review(place, record.number, "经办人甲", "内容完整，分类适当", later)
    assert reviewed.review_on == date(2028, 12, 28)
    entry = ledger_of(place, walk.number)[-1]
    assert (entry.kind, entry.detail["review_on"]) == ("archive_reviewed", "2028-12-28")


def test_an_archive_is_found_however_its_number_is_typed(
    place: Workplace, clock: Clock, papers: Path
) -> None:
    """By the lead, in small letters, with another dot, in full width."""
    walk = closed_walk(place, clock, papers)
    record = archive_matter(place, walk.number, clock())
    typed = record.number.replace("·", ".").lower()
    full = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in record.number)
    with place.reading() as session:
        for text in (walk.number, record.number, typed, full, f" {record.number.replace('·', '・')}\n"):
            assert find_archive(session, text)[1].number == record.number
        with pytest.raises(NotFound):
            find_archive(session, "0137-WS·2026-D30-SCZR-9999")


def test_a_document_that_comes_while_archiving_waits_for_the_next_patrol(
    place: Workplace, clock: Clock, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index never lists what was not looked at."""
    walk = closed_walk(place, clock, papers)
    monkeypatch.setattr("tasks.archive.archiving.examine_family", lambda *_: {})
    with pytest.raises(ConflictError, match="下次巡查归档"):
        archive_matter(place, walk.number, clock())
