"""Whether somebody can open a file of its kind and sees something: a right beginning proves nothing."""

import io
import logging
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree

from models.errors import RuleViolation
from models.texts import visible
from tasks.evidence.cfb_documents import COMPOUND_KINDS, Closed, why_closed
from tasks.evidence.file_kinds import decoded, encodings_of
from tasks.evidence.photographs import open_picture

# What is told from the beginning of a page of the web, in small letters.
_WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<script")
_WEB_NAMES = (".html", ".htm", ".mht", ".mhtml")
_HEAD_BYTES = 4096
# Readers look for the end of a PDF in so many of its last bytes.
_END_BYTES = 1024
# No scanner and no telephone takes larger pictures.
_MOST_PIXELS = 250_000_000
_MOST_FRAMES = 500
_AGAIN = "请核对原文件能否打开，重新下载、扫描或拍照后再提交"


def refuse_closed(stream: BinaryIO, name: str, kind: str) -> None:
    """Refuse a file that nobody can open, or in which nobody would see anything.

    Args:
        stream: The whole file.
        name: What it is called, for the error.
        kind: Its MIME type, told by its content.

    Raises:
        RuleViolation: It cannot be opened, or shows nothing. Source: 通知§12(五).
    """
    stream.seek(0)
    why = next((look for prefix, look in _LOOKS.items() if kind.startswith(prefix)), _nothing)(stream, name)
    if why:
        raise RuleViolation(f"印证材料“{name}”{why}，不予接收。")


def _nothing(stream: BinaryIO, name: str) -> str:
    """Return blank: everything there is to look at was looked at when the kind was told."""
    del stream, name
    return ""


def _pdf(stream: BinaryIO, name: str) -> str:
    """Return why a PDF cannot be read; blank where it can."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    del name
    # The library mends what was cut off; the person who opens it does not.
    stream.seek(max(stream.seek(0, io.SEEK_END) - _HEAD_BYTES, 0))
    if b"%%EOF" not in stream.read().rstrip(b"\0 \t\r\n")[-_END_BYTES:]:
        return f"不完整，可能下载或传输中断，{_AGAIN}"
    # What the library thinks of a damaged file concerns nobody here.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(stream)
        if reader.is_encrypted and not reader.decrypt(""):
            return "设有打开密码，无法核对内容，请取消密码后提交"
        page = reader.pages[0]
        # Its own dictionary has to be there, not only be counted.
        page.mediabox  # noqa: B018 - reading is the test
    except (FileNotDecryptedError, DependencyError):
        return "设有打开密码，无法核对内容，请取消密码后提交"
    except IndexError:
        return f"没有任何页面，{_AGAIN}"
    except Exception:  # noqa: BLE001 - a damaged file fails in many ways, none of them documented
        return f"已损坏或不完整，无法打开，{_AGAIN}"
    return ""


def _picture(stream: BinaryIO, name: str) -> str:
    """Return why a picture cannot be seen to its end; blank where it can."""
    from PIL import ImageSequence

    del name
    try:
        with open_picture(stream) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return f"图片过大（{picture.width}×{picture.height}），请缩小后提交"
            for number, frame in enumerate(ImageSequence.Iterator(picture)):
                if number >= _MOST_FRAMES:
                    return f"图片超过{_MOST_FRAMES}页，请拆分后提交"
                frame.load()
    except Exception:  # noqa: BLE001 - as above
        return f"图片已损坏或不完整，无法完整显示，{_AGAIN}"
    return ""


# A workbook whose structure is protected is locked as well, by a password that programs know by heart.
_CLOSED = {
    Closed.CUT: f"不完整，可能下载或传输中断，{_AGAIN}",
    Closed.DAMAGED: f"已损坏或不完整，无法打开，{_AGAIN}",
    Closed.EMPTY: f"没有任何内容，{_AGAIN}",
    Closed.LOCKED: "设有打开密码或工作簿保护，无法核对内容，请取消密码和保护后提交",
}


def _compound(stream: BinaryIO, name: str) -> str:
    """Return why a document of an older Word or Excel cannot be opened; blank where it can."""
    del name
    closed = why_closed(stream)
    return _CLOSED[closed] if closed else ""


def _text(stream: BinaryIO, name: str) -> str:
    """Return why a text says nothing; blank where it does."""
    head = stream.read(_HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(_WEB_PAGE) and not name.lower().endswith(_WEB_NAMES):
        return "实际是网页（可能是登录页或出错页），不是所写类型的文件，请登录后重新下载原文件再提交"
    if any(_says_something(stream, encoding) for encoding in encodings_of(stream)):
        return ""
    return "内容为空白，请核对后提交有内容的文件"


def _says_something(stream: BinaryIO, encoding: str) -> bool:
    """Tell whether a text in an encoding has a character that can be seen."""
    try:
        return any(visible(piece) for piece in decoded(stream, encoding))
    except UnicodeDecodeError:
        return False


def _shows(pattern: str, *signs: str) -> Callable[[BinaryIO, str], str]:
    """Return the look at a package: a part that matches holds a text, or an element of one of these names."""

    def look(stream: BinaryIO, name: str) -> str:
        del name
        try:
            with zipfile.ZipFile(stream) as package:
                parts = [part for part in package.namelist() if re.fullmatch(pattern, part)]
                # Each is read to its end: what is not well-formed no office program opens.
                shown = [_has_sign(package, part, signs) for part in parts]
        except (ParseError, ValueError, LookupError):
            return f"已损坏，无法打开，{_AGAIN}"
        return "" if any(shown) else f"没有任何内容，{_AGAIN}"

    return look


def _has_sign(package: zipfile.ZipFile, part: str, signs: Sequence[str]) -> bool:
    """Tell whether a part shows something."""
    found = False
    with package.open(part) as content:
        for _, element in ElementTree.iterparse(content):
            tag = str(element.tag).rpartition("}")[2]
            found = found or tag in signs or bool(tag in _TEXTS and element.text and visible(element.text))
            element.clear()
    return found


_OOXML = "application/vnd.openxmlformats-officedocument."
# Elements that hold words: of Word and PowerPoint, of a cell and its inline text, of an OFD page.
_TEXTS = frozenset({"t", "v", "TextCode"})
_LOOKS: Mapping[str, Callable[[BinaryIO, str], str]] = {
    "application/pdf": _pdf,
    "image/": _picture,
    "text/": _text,
    **dict.fromkeys(COMPOUND_KINDS.values(), _compound),
    f"{_OOXML}wordprocessingml": _shows(
        r"word/(document|header\d*|footer\d*)\.xml", "drawing", "pict", "object"
    ),
    f"{_OOXML}spreadsheetml": _shows(
        r"xl/(sharedStrings|worksheets/[^/]+|drawings/[^/]+)\.xml", "pic", "graphicFrame"
    ),
    f"{_OOXML}presentationml": _shows(r"ppt/slides/[^/]+\.xml", "pic", "graphicFrame", "graphic"),
    "application/ofd": _shows(r"(?i).*\.xml", "Page"),
}  # fmt: skip
