"""Files that nobody should hand in: told by their content, refused in one sentence, and nothing is left."""

import codecs
import errno
import os
import struct
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

import pytest
from conftest import Clock
from fakes.hostile_files import (
    WORD_LOCKED,
    WORD_SECOND_TABLE,
    archive,
    compound,
    locked,
    locked_pdf,
    lying,
    package,
    picture,
    word_text,
    workbook,
)
from harness.wording import assert_is_one_sentence
from walks.walking import PDF, PERSON, Walk, contents, ledger_of, pdf, register_lead, write_evidence

from models.errors import InputError, NotFound, RuleViolation
from models.office.policy import PackageLimits
from tasks.evidence.pieces import add_evidence
from tasks.evidence.taking_in import Piece, taken_in
from tasks.store.blobs import chunks_of
from tasks.workplace import Workplace

MEGABYTE = 1 << 20
LIMITS = PackageLimits(entries=50, unpacked_megabytes=20, ratio=200, depth=2, source="试验")
OOXML = "application/vnd.openxmlformats-officedocument"
BLANKS = b"\0" * (3 * MEGABYTE)
NOTES = "核查记录：现场查阅全部审批档案。\n" * 400


def half(content: bytes) -> bytes:
    """Return what is left of a file whose transmission broke off."""
    return content[: len(content) // 2]


def circular(document: bytes) -> bytes:
    """Return a compound file with a stream of 50 MB that goes round and round in its few sectors."""
    at = document.rindex(struct.pack("<I", 0xFFFFFFFE) + b"\xff" * 4, 0, 2048)
    turned = document[:at] + document[at - 8 : at - 4] + document[at + 4 :]
    return turned.replace(struct.pack("<Q", 5000), struct.pack("<Q", 50_000_000))


OLD = ("WordDocument", "1Table")
REFUSED = {
    "a program under the name of a document": (b"MZ\x90\0\x03\0\0\0" + b"\0" * 200, "类型不在可接受范围"),
    "a program that is a PDF as well": (b"MZ\x90\0" + PDF, "类型不在可接受范围"),
    "a program of Linux": (b"\x7fELF\x02\x01\x01" + b"\0" * 200, "类型不在可接受范围"),
    "an archive": (archive({"甲.txt": b"1"}), "类型不在可接受范围"),
    "a program of Java": (archive({"META-INF/MANIFEST.MF": b"1", "A.class": b"2"}), "类型不在可接受范围"),
    "the beginning of an archive only": (b"PK\x03\x04" + b"\0" * 100, "类型不在可接受范围"),
    "a text that ends as something else": (NOTES.encode() + b"\0\x90\xff\xfe", "类型不在可接受范围"),
    "a text in no encoding": (NOTES.encode() + b"\xff\xff\xff", "类型不在可接受范围"),
    "an installer": (compound(["Property", "Component"]), "类型不在可接受范围"),
    "a damaged compound file": (compound(["WordDocument"])[:600], "不完整或已损坏"),
    "a compound file whose directory has no end": (
        compound(["WordDocument"])[:1024] + b"\0" * 512, "不完整或已损坏",
    ),
    "an old document without its end": (compound(OLD)[:-600], "下载或传输中断"),
    "half an old table": (half(compound(["Workbook"])), "下载或传输中断"),
    "an old document without its pictures": (
        compound([*OLD, "Data"], content={"Data": b"1" * 9000})[:-900], "下载或传输中断",
    ),
    "a small old table without its end": (
        compound(["Workbook", "Data"], content={"Workbook": workbook(size=900), "Data": b"1" * 5000})[:2300],
        "不完整",
    ),
    "an old document whose text goes in a circle": (circular(compound(OLD)), "已损坏或不完整"),
    "an old document with a password": (
        compound(OLD, content={"WordDocument": word_text(WORD_SECOND_TABLE | WORD_LOCKED)}), "设有打开密码",
    ),
    "an old table with a password": (
        compound(["Workbook"], content={"Workbook": workbook(0x0086, 0x002F)}), "设有打开密码",
    ),
    "an older table with a password": (
        compound(["Book"], content={"Book": workbook(0x002F)}), "设有打开密码或工作簿保护",
    ),
    "a small old table with a password": (
        compound(["Workbook"], content={"Workbook": workbook(0x002F, size=900)}), "设有打开密码",
    ),
    "an old document of nothing": (compound(OLD, content={"WordDocument": b""}), "没有任何内容"),
    "an old table of nothing": (compound(["Workbook"], content={"Workbook": b""}), "没有任何内容"),
    "an old document of blanks": (
        compound(OLD, content={"WordDocument": b"\0" * 5000}), "已损坏或不完整，无法打开",
    ),
    "an old table of blanks": (compound(["Workbook"], content={"Workbook": b"\0" * 5000}), "已损坏或不完整"),
    "an old document without its formats": (compound(["WordDocument"]), "已损坏或不完整，无法打开"),
    "a document that was cut off": (package({"a": os.urandom(9000)})[:-2000], "已损坏"),
    "a document with a flipped bit": (
        package({"a": b"abcdefgh" * 9}, zipfile.ZIP_STORED).replace(b"abcdefgh", b"abcdefgi", 1), "已损坏",
    ),
    "a part packed another way": (package({"a": b"1" * 99}, zipfile.ZIP_LZMA), "已损坏"),
    "macros": (package({"word/vbaProject.bin": b"1"}), "含有宏"),
    "macros in capitals": (package({"xl/VBAPROJECT.BIN": b"1"}, main="xl/workbook.xml"), "含有宏"),
    "macros of the old kind": (
        package({"xl/macrosheets/sheet1.xml": b"1"}, main="xl/workbook.xml"), "含有宏",
    ),
    "macros in a compound file": (compound(["Workbook", "Macros"], ["_VBA_PROJECT"]), "含有宏"),
    "a password": (compound(["EncryptedPackage", "EncryptionInfo"]), "设有密码"),
    "a password on parts": (locked(package()), "设有密码"),
    "one part that is all blanks": (package({"a": b"\0" * (17 * MEGABYTE)}), "压缩比超过200倍"),
    "many parts that are all blanks": (package({f"p{n}": BLANKS for n in range(7)}), "解压后超过20MB"),
    "many parts that are blanks, within the size": (
        package({f"p{n}": BLANKS for n in range(6)}), "压缩比超过200倍",
    ),
    "one part of blanks beside a picture": (
        package({"a": b"\0" * (17 * MEGABYTE), "b": os.urandom(MEGABYTE)}), "压缩比超过200倍",
    ),
    "too many parts": (package({f"p{n}": b"" for n in range(49)}), "内含文件超过50个"),
    "too many parts in all": (
        package({f"p{n}.docx": package({f"q{m}": b"" for m in range(18)}) for n in range(3)}),
        "内含文件超过50个",
    ),
    "blanks in a package in a package": (
        package({"a.docx": package({f"p{n}": BLANKS for n in range(7)})}), "解压后超过20MB",
    ),
    "packages in packages in packages": (
        package({"1": archive({"2": archive({"3": archive({"4": b"1"})})})}), "层层嵌套",
    ),
    "nine bytes of a PDF": (b"%PDF-1.7\n", "不完整"),
    "half a PDF": (half(pdf(os.urandom(4_000))), "不完整"),
    "a PDF that says it ends and has nothing": (b"%PDF-1.7\nstartxref\n9\n%%EOF\n", "无法打开"),
    "a PDF without pages": (PDF.replace(b"[3 0 R] /Count 1", b"[     ] /Count 0"), "没有任何页面"),
    "a PDF with a password": (locked_pdf(PDF), "设有打开密码"),
    "a photograph that was cut off": (half(picture("JPEG")), "无法完整显示"),
    "a screenshot that was cut off": (half(picture("PNG")), "无法完整显示"),
    "a photograph of a telephone that was cut off": (half(picture("HEIF")), "无法完整显示"),
    "a page that asks to log in": (b"\r\n<!DOCTYPE html>\n<html><title>login</title></html>", "实际是网页"),
    "a page without its beginning": (b"<HTML lang='zh'><body>404</body>", "实际是网页"),
    "blanks": (" \u3000\n\t\n".encode(), "内容为空白"),
    "what nobody sees": ("\ufeff\u200b\u2060".encode(), "内容为空白"),
    "a document of Word that says nothing": (package(said=b"<x><t> </t></x>"), "没有任何内容"),
    "a document of Word that breaks off within": (package(said=b"<x><t>1</t>"), "已损坏"),
    "a table without a cell": (package(main="xl/workbook.xml", said=b"<x/>"), "没有任何内容"),
    "an OFD without a page": (package(main="OFD.xml", said=b"<x/>"), "没有任何内容"),
    "a size that is not true": (lying(package({"a": b"\1" * 77_777}), 77_777, 77), "已损坏"),
}  # fmt: skip

TAKEN = {
    "a PDF": (PDF, "application/pdf"),
    "a text of Chinese Windows": (NOTES.encode("gb18030"), "text/plain"),
    "a text as Notepad calls Unicode": (codecs.BOM_UTF16_LE + NOTES.encode("utf-16-le"), "text/plain"),
    "a text that begins like a picture": (b"BM\xe5\xb1\x80" + NOTES.encode(), "text/plain"),
    "a text cut within a character by the reader": (b"a" * (MEGABYTE - 2) + "局".encode(), "text/plain"),
    "a document of Word": (package(), f"{OOXML}.wordprocessingml.document"),
    "a table within a document": (
        package({"word/embeddings/1.xlsx": package(main="xl/workbook.xml")}),
        f"{OOXML}.wordprocessingml.document",
    ),
    "a part that only begins like a package": (
        package({"a": b"PK\x03\x04 is how it begins"}), f"{OOXML}.wordprocessingml.document",
    ),
    "a table": (
        package({"xl/worksheets/sheet1.xml": b"<x><v>3</v></x>"}, main="xl/workbook.xml"),
        f"{OOXML}.spreadsheetml.sheet",
    ),
    "an OFD": (
        package({"Doc_0/Document.xml": b"<x><Page ID='1'/></x>"}, main="OFD.xml"), "application/ofd",
    ),
    "a photograph": (picture("JPEG"), "image/jpeg"),
    "a web page under its own name is text": (b"notes on <html>", "text/plain"),
    "an old document of Word": (compound(OLD), "application/msword"),
    "an old table": (compound(["Workbook"]), "application/vnd.ms-excel"),
    "an old table with a document in it": (
        compound(["Workbook", "MBD01"], ["WordDocument"]), "application/vnd.ms-excel",
    ),
    "an old document with its directory at the end": (
        compound(OLD, sector=90), "application/msword",
    ),
    "an old document with the other table": (
        compound(["WordDocument", "0Table"], content={"WordDocument": word_text(0)}), "application/msword",
    ),
    "a document of Word 95": (
        compound(["WordDocument"], content={"WordDocument": word_text(0, 0xA5DC)}), "application/msword",
    ),
    "a small old document": (
        compound(OLD, content={"WordDocument": word_text(size=900)}), "application/msword",
    ),
    "an old table that names its sheets": (
        compound(["Workbook"], content={"Workbook": workbook(0x0042, 0x0085)}), "application/vnd.ms-excel",
    ),
    "an old document whose last sector is not filled": (
        compound(OLD, content={"WordDocument": word_text(size=5000)})[:-100], "application/msword",
    ),
}  # fmt: skip


@pytest.fixture
def strict(place: Workplace) -> Workplace:
    """A workplace that takes documents of 20 MB unpacked and 50 parts."""
    evidence = place.policy.evidence.model_copy(update={"packages": LIMITS})
    return replace(
        place, policy=place.policy.model_copy(update={"evidence": evidence}), evidence_limit=2 << 20
    )


@contextmanager
def handed_in(place: Workplace, path: Path) -> Iterator[Piece]:
    """Check one file as every way in does."""
    with taken_in(place, [path]) as (piece,):
        yield piece


def in_store(place: Workplace) -> list[Path]:
    """Return everything that lies in the store."""
    return sorted((place.home / "evidence").rglob("*"))


def test_a_file_is_what_its_content_says(strict: Workplace, papers: Path, subtests: pytest.Subtests) -> None:
    """Each is called a PDF; each is refused for what it is, and no copy stays behind."""
    for why, (content, says) in REFUSED.items():
        path = write_evidence(papers, "核查记录.pdf", content)
        with subtests.test(why):
            with pytest.raises(RuleViolation, match=says) as caught, handed_in(strict, path):
                pass
            assert_is_one_sentence(str(caught.value))
            assert "核查记录.pdf" in str(caught.value)
            assert in_store(strict) == []


def test_what_office_programs_write_is_taken(
    strict: Workplace, papers: Path, subtests: pytest.Subtests
) -> None:
    """Each is called a program; what counts is the content."""
    for why, (content, media_type) in TAKEN.items():
        path = write_evidence(papers, "核查记录.exe", content)
        with subtests.test(why), handed_in(strict, path) as piece:
            assert (piece.media_type, piece.file.size) == (media_type, len(content))
            assert piece.file.path.read_bytes() == content
    assert in_store(strict) == []


@pytest.mark.parametrize(("kind", "media_type"), [("HEIF", "image/heic"), ("WEBP", "image/webp")])
def test_photographs_of_telephones_come_with_a_copy_to_look_at(
    place: Workplace, papers: Path, clock: Clock, walk: Walk, kind: str, media_type: str
) -> None:
    """The photograph is kept as it is; the JPEG beside it is the same however often it is handed in."""
    content = picture(kind)
    path = write_evidence(papers, f"现场.{kind.lower()}", content)
    kept, shown = add_evidence(place, walk.number, [path], PERSON, clock())
    assert (kept.media_type, shown.media_type) == (media_type, "image/jpeg")
    assert (kept.name, shown.name) == (f"现场.{kind.lower()}", "现场（查看用）.jpg")
    assert kept.size == len(content)
    assert add_evidence(place, walk.number, [path], PERSON, clock()) == [kept, shown]


def test_an_office_may_take_macros(strict: Workplace, papers: Path) -> None:
    """The policy says so, not the program."""
    evidence = strict.policy.evidence.model_copy(update={"macros": True})
    lenient = replace(strict, policy=strict.policy.model_copy(update={"evidence": evidence}))
    path = write_evidence(papers, "带宏.docm", package({"word/vbaProject.bin": b"1"}))
    with handed_in(lenient, path) as piece:
        assert piece.media_type.endswith("wordprocessingml.document")


def test_a_sparse_file_of_two_gigabytes_is_refused_at_once(place: Workplace, papers: Path) -> None:
    """By its size, before a byte of it is read."""
    path = write_evidence(papers)
    os.truncate(path, 2 << 30)
    began = time.process_time()
    with pytest.raises(RuleViolation, match="超过1MB"), handed_in(place, path):
        pass
    assert time.process_time() - began < 1
    assert in_store(place) == []


def test_what_is_no_file_is_not_even_opened(
    place: Workplace, papers: Path, subtests: pytest.Subtests
) -> None:
    """A pipe has no end, a device has no size, a link may lead back to itself."""
    os.mkfifo(papers / "管道")
    (papers / "环").symlink_to(papers / "环")
    (papers / "断").symlink_to(papers / "没有")
    special = {
        papers / "管道": "不是文件", Path("/dev/zero"): "不是文件", papers: "不是文件",
        papers / "环": "不存在或无法读取", papers / "断": "不存在或无法读取",
        papers / ("甲" * 300): "不存在或无法读取", papers / "零\0字节": "不存在或无法读取",
        papers / "环" / "里": "不存在或无法读取",
    }  # fmt: skip
    for path, says in special.items():
        with subtests.test(says), pytest.raises(NotFound, match=says), handed_in(place, path):
            pass
    with pytest.raises(RuleViolation, match="是空文件"), handed_in(place, Path("/proc/version")):
        pass
    assert in_store(place) == []


def test_a_link_to_a_file_is_the_file(place: Workplace, papers: Path) -> None:
    """It is copied, so that what happens to the link later changes nothing."""
    link = papers / "链接.pdf"
    link.symlink_to(write_evidence(papers))
    with handed_in(place, link) as piece:
        assert (piece.name, piece.file.path.is_symlink()) == ("链接.pdf", False)


@pytest.mark.parametrize("change", ["grows", "shrinks", "is written over"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    place: Workplace, papers: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Whoever downloads it still, or writes to it, hands in something else than was looked at."""
    path = write_evidence(papers)

    def meddled(stream: IO[bytes]) -> Iterator[bytes]:
        match change:
            case "grows":
                path.write_bytes(PDF + b"% more\n" * 1000)
            case "shrinks":
                os.truncate(path, 10)
            case _:
                path.write_bytes(PDF.replace(b"1.7", b"1.6"))
                os.utime(path, (0, 0))
        return chunks_of(stream)

    monkeypatch.setattr("tasks.evidence.taking_in.chunks_of", meddled)
    with pytest.raises(RuleViolation, match="在读取时被修改"), handed_in(place, path):
        pass
    assert in_store(place) == []


def test_a_file_that_cannot_be_read_is_told(
    place: Workplace, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad sector of a stick is no fault of the store."""

    def broken(stream: IO[bytes]) -> Iterator[bytes]:
        yield stream.read(4)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("tasks.evidence.taking_in.chunks_of", broken)
    with pytest.raises(NotFound, match="无法读取"), handed_in(place, write_evidence(papers)):
        pass
    assert in_store(place) == []


def test_hostile_names_are_only_names(place: Workplace, clock: Clock, papers: Path) -> None:
    """They stand in the record as people read them, and decide on no path."""
    number = register_lead(place, clock)
    names = {
        "..\\..\\x.pdf": "x.pdf", "甲" * 80 + ".pdf": "甲" * 80 + ".pdf", "发票\u202efdp.exe": "发票fdp.exe",
        "附件📎.pdf": "附件📎.pdf", "\x1b[2J清屏.pdf": "[2J清屏.pdf", "-rf": "-rf", " .pdf": ".pdf",
        "换\n行.pdf": "换行.pdf", "'; DROP TABLE evidence; --.pdf": "'; DROP TABLE evidence; --.pdf",
    }  # fmt: skip
    paths = [write_evidence(papers, name, PDF + b"%% %d\n" % n) for n, name in enumerate(names)]
    gbk = os.fsdecode(os.fsencode(papers) + b"/" + "国标.pdf".encode("gbk"))
    paths.append(Path(gbk))
    paths[-1].write_bytes(PDF)
    rows = add_evidence(place, number, paths, PERSON, clock())
    assert [row.name for row in rows] == [*names.values(), "国标.pdf"]
    assert ledger_of(place, number)[-1].summary == "收到印证材料 国标.pdf"
    files = [path for path in in_store(place) if path.is_file()]
    assert sorted(path.name for path in files) == sorted(row.sha256 for row in rows)


@pytest.mark.parametrize("where", ["tasks.store.blobs.os.fsync", "tasks.store.folder.sync_folder"])
def test_a_full_disk_leaves_no_row(walk: Walk, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """While the copy is written or when it is moved; once there is room the same file is taken."""

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path, before = write_evidence(walk.folder), contents(walk.place)
    with monkeypatch.context() as patch:
        patch.setattr(where, full)
        with pytest.raises(InputError, match="磁盘已满") as caught:
            add_evidence(walk.place, walk.number, [path], PERSON, walk.clock())
    assert_is_one_sentence(str(caught.value))
    after = contents(walk.place)
    assert {**after, "evidence files": []} == {**before, "evidence files": []}
    assert not list((walk.place.home / "evidence").glob("incoming-*"))
    (row,) = add_evidence(walk.place, walk.number, [path], PERSON, walk.clock())
    assert row.size == len(PDF)
