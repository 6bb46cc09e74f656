"""Names of files: what is kept of a name that came from outside, and what a file is called when handed on.

A name is something to read, never a path: where a file lies follows from its digest alone.
"""

import unicodedata

UNNAMED = "未命名"
# As many characters as an official can still tell apart.
_LONGEST_KEPT = 200
# A file system takes 255 bytes; whoever hands a file on may put a number before its name.
_LONGEST_SAFE_BYTES = 200
_LONGEST_SUFFIX = 10
# Controls, marks of direction and zero-width characters, halves of characters, ends of lines.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))
# Windows means a device by these, whatever stands after a dot.
_DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
    | {f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"}
)
_OOXML = "application/vnd.openxmlformats-officedocument"
# The first is appended where a name has none of them.
_SUFFIXES = {
    "application/pdf": (".pdf",),
    "application/ofd": (".ofd",),
    "application/msword": (".doc", ".wps"),
    "application/vnd.ms-excel": (".xls", ".et"),
    "application/vnd.ms-powerpoint": (".ppt", ".dps"),
    f"{_OOXML}.wordprocessingml.document": (".docx",),
    f"{_OOXML}.spreadsheetml.sheet": (".xlsx",),
    f"{_OOXML}.presentationml.presentation": (".pptx",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/tiff": (".tif", ".tiff"),
    "text/plain": (".txt", ".csv", ".md", ".log"),
    "application/json": (".json",),
    "application/zip": (".zip",),
}
_KINDS = {
    ".pdf": "PDF",
    ".ofd": "OFD",
    ".doc": "Word",
    ".docx": "Word",
    ".xls": "Excel",
    ".xlsx": "Excel",
    ".ppt": "演示文稿",
    ".pptx": "演示文稿",
    ".txt": "文本",
}


def kind_label(media_type: str) -> str:
    """Return what people call files of a MIME type."""
    if media_type.startswith("image/"):
        return "图片"
    return _KINDS.get(_SUFFIXES.get(media_type, ("",))[0], "其他")


def kept_name(raw: str) -> str:
    """Return what is kept of a file's name: its last component as people read it.

    Args:
        raw: A name or path of any system; bytes that are no text may stand in it as surrogates.

    Returns:
        Composed characters (NFC), none of them unseen, no separators, 1 to 200; the suffix of a name that
        was too long is kept.
    """
    parts = [_seen(part) for part in _as_text(raw).replace("\\", "/").split("/")]
    last = next((part for part in reversed(parts) if part), "")
    if not last.strip("."):
        return UNNAMED
    stem, suffix = _split(last)
    return stem[: _LONGEST_KEPT - len(suffix)].rstrip() + suffix


def safe_name(name: str, media_type: str) -> str:
    """Return the name under which a file is handed on into a folder of any system.

    Args:
        name: What the file was called.
        media_type: What it is, by its content; its suffix follows from it.

    Returns:
        A name of at most 200 bytes in UTF-8: no separators, no leading dots or dashes, no trailing dots or
        blanks, no name of a device.
    """
    suffixes = _SUFFIXES.get(media_type, (".bin",))
    stem, suffix = _split(kept_name(name).translate(_FORBIDDEN))
    if suffix.lower() not in suffixes:
        stem, suffix = stem + suffix, suffixes[0]
    stem = stem.lstrip(" .-~\u3000")
    if stem.split(".")[0].strip().upper() in _DEVICES:
        stem = f"_{stem}"
    room = _LONGEST_SAFE_BYTES - len(suffix)
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .\u3000")
    return (stem or UNNAMED) + suffix


def _as_text(raw: str) -> str:
    """Return a name as text; bytes that are no UTF-8 are taken for the encoding of Chinese Windows."""
    try:
        stored = raw.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return raw
    for encoding in ("utf-8", "gb18030"):
        try:
            return stored.decode(encoding)
        except UnicodeDecodeError:
            continue
    return stored.decode("utf-8", "replace")


def _seen(part: str) -> str:
    """Return the characters of a component that can be seen, composed."""
    shown = "".join(char for char in part if unicodedata.category(char) not in _UNSEEN)
    return unicodedata.normalize("NFC", shown).strip()


def _split(name: str) -> tuple[str, str]:
    """Return stem and suffix of a name; what is too long or has blanks is no suffix."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or not suffix or len(suffix) > _LONGEST_SUFFIX or any(char.isspace() for char in suffix):
        return name, ""
    return stem, dot + suffix
