"""Reading text files the way Chinese office programs write them, and writing files for people whole."""

import os
import tempfile
from pathlib import Path

from models.errors import InputError, NotFound

_LARGEST_FILE = 64 << 20


def read_bytes(path: Path) -> bytes:
    """Return the content of a file given by a person.

    Raises:
        NotFound: It does not exist or cannot be read.
        InputError: It is larger than 64 MB.
    """
    try:
        if not path.is_file():
            # A pipe or a device has no end.
            raise NotFound(f"文件“{path.name}”不存在或无法读取，请核对路径。")
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"文件 {path.name} 超过64MB，请拆分后导入。")
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"文件“{path.name}”不存在或无法读取，请核对路径。") from error


def decode_text(data: bytes, path: Path) -> str:
    """Return text as UTF-8 or, as Excel and WPS save it, GB18030.

    Raises:
        InputError: It is neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(f"文件 {path.name} 的编码无法识别，请另存为 UTF-8。")


def write_text(path: Path, text: str) -> None:
    """Write a file for a person as UTF-8, whole or not at all; what is there is never overwritten.

    Raises:
        InputError: There is a file of that name, or it cannot be written.
    """
    if path.exists():
        raise InputError(f"文件 {path.name} 已存在，为避免覆盖未写入，请换一个文件名。")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as copy:
            try:
                copy.write(text.encode())
                copy.flush()
                os.fsync(copy.fileno())
                Path(copy.name).replace(path)
            except BaseException:
                Path(copy.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(f"文件 {path.name} 无法写入，请检查文件夹、权限和磁盘空间。") from error
