"""ZIP files without a choice: stored, in one order, without times. Equal content gives equal bytes anywhere.

So a check can tell not only that every file in a ZIP is as it was, but the ZIP itself: no byte of it is free.
Source: ADR-0015; APPNOTE.TXT 6.3.10.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from models.errors import InputError

_LARGEST, _MOST = 0xFFFF_FFFF, 0xFFFF
_VERSION, _UTF8, _STORED = 20, 0x0800, 0
# 1980-01-01 00:00, the first moment a ZIP knows.
_TIME, _DATE = 0, 0x0021
_UNIX, _MODE = 3 << 8, 0o100644 << 16


@dataclass(frozen=True)
class ZipMember:
    """One file of a ZIP: its name within it, its size in bytes and its CRC-32."""

    name: str
    size: int
    crc: int

    @property
    def header(self) -> bytes:
        """What stands before its content."""
        name = self.name.encode()
        return struct.pack("<4s5H3I2H", b"PK\3\4", *self._told, len(name), 0) + name

    def entry(self, offset: int) -> bytes:
        """What the directory says of it; its header begins at the offset."""
        name = self.name.encode()
        told = (_UNIX | _VERSION, *self._told, len(name), 0, 0, 0, 0, _MODE, offset)
        return struct.pack("<4s6H3I5H2I", b"PK\1\2", *told) + name

    @property
    def _told(self) -> tuple[int, ...]:
        return (_VERSION, _UTF8, _STORED, _TIME, _DATE, self.crc, self.size, self.size)


def directory(files: Sequence[ZipMember]) -> bytes:
    """Return what stands after the content of all files, in their order.

    Raises:
        InputError: They do not fit into a ZIP of the plain sort.
    """
    entries, offset = [], 0
    for file in files:
        entries.append(file.entry(offset) if offset <= _LARGEST and file.size < _LARGEST else b"")
        offset += len(file.header) + file.size if file.size < _LARGEST else _LARGEST
    listing = b"".join(entries)
    if offset + len(listing) > _LARGEST or len(files) > _MOST:
        raise InputError("档案超过4GB，装不进一个压缩包，请去掉 --zip 导出为文件夹。")
    return listing + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, len(files), len(files), len(listing), offset, 0)
