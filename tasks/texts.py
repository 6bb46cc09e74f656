"""Reading text files the way Chinese office programs write them."""

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
