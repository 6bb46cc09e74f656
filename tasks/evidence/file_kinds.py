"""What a file is, told by its content alone: a name proves nothing."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from models.errors import RuleViolation
from models.office.policy import EvidenceRules
from tasks.evidence.cfb_documents import COMPOUND_KINDS, SIGNATURE, compound_names
from tasks.evidence.zip_documents import kind_of_package
from tasks.store.blobs import chunks_of

_HEAD_BYTES = 8192
_TEXT = "text/plain"


def kind_of(stream: BinaryIO, name: str, rules: EvidenceRules) -> str:
    """Return the MIME type of a file that may be taken as evidence.

    Args:
        stream: The whole file; nothing is believed of it but what is read.
        name: What it is called, for the error.
        rules: Which kinds are taken.

    Raises:
        RuleViolation: It is of a kind that is not taken, damaged, locked by a password or carries macros.

    Source: 通知§12(五).
    """
    head = stream.read(_HEAD_BYTES)
    if head.startswith(b"PK"):
        kind = kind_of_package(stream, name, rules)
    elif head.startswith(SIGNATURE):
        kind = _kind_of_compound(stream, name, rules)
    else:
        kind = _guessed(head)
    # Some kinds are told by two letters, with which a text may begin as well.
    if kind not in rules.media_types and _is_text(stream):
        kind = _TEXT
    if kind not in rules.media_types:
        raise RuleViolation(
            f"印证材料“{name}”的类型不在可接受范围（按内容识别），请提交 PDF、Word、Excel、图片或文本。"
        )
    return kind


def _guessed(head: bytes) -> str:
    """Return the MIME type that belongs to the first bytes of a file; blank where none does."""
    from filetype import guess

    found = guess(head)
    return "" if found is None else str(found.mime)


def _kind_of_compound(stream: BinaryIO, name: str, rules: EvidenceRules) -> str:
    """Return the MIME type of a compound file; blank where it is no document."""
    names = compound_names(stream)
    if names is None:
        raise RuleViolation(
            f"印证材料“{name}”不完整或已损坏，可能下载或传输中断，请核对原文件能否打开，重新取得后再提交，不予接收。"
        )
    if "EncryptedPackage" in names.root:
        raise RuleViolation(f"印证材料“{name}”设有密码，无法核对内容，请取消密码后提交，不予接收。")
    kind = next((kind for part, kind in COMPOUND_KINDS.items() if part in names.root), "")
    if kind and not rules.macros and "_VBA_PROJECT" in names.everywhere:
        raise RuleViolation(f"印证材料“{name}”含有宏，请另存为不含宏的文件或导出为 PDF 后提交，不予接收。")
    return kind


def encodings_of(stream: BinaryIO) -> tuple[str, ...]:
    """Return the encodings of this country's programs in which a file may be text."""
    stream.seek(0)
    wide = stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return ("utf-16",) if wide else ("utf-8", "gb18030")


def decoded(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Give the text of a file piece by piece.

    Raises:
        UnicodeDecodeError: It is no text in that encoding.
    """
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in chunks_of(stream):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _is_text(stream: BinaryIO) -> bool:
    """Tell whether a file is text to its very end."""
    return any(_decodes(stream, encoding) for encoding in encodings_of(stream))


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    """Tell whether a file is text in an encoding, without a character that no text has."""
    try:
        return all("\0" not in piece for piece in decoded(stream, encoding))
    except UnicodeDecodeError:
        return False
