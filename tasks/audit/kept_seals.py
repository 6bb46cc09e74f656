"""Seals that were kept elsewhere, as ``zero137 ledger seal --export`` wrote them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.errors import InputError
from tasks.given.files import decode_text, read_bytes


def read_kept_seals(path: Path) -> list[Mapping[str, Any]]:
    """Return the seals of a file: each with its number, its digested text and its digest.

    Raises:
        NotFound: The file cannot be read.
        InputError: It holds something else.
    """
    try:
        seals = [
            json.loads(line) for line in decode_text(read_bytes(path), path).splitlines() if line.strip()
        ]
    except (ValueError, RecursionError):
        seals = []
    if not seals or not all(_is_seal(seal) for seal in seals):
        raise InputError(f"{path.name} 不是 zero137 ledger seal --export 写出的封存摘要文件。")
    return seals


def _is_seal(told: object) -> bool:
    """Tell whether a line of a file is a seal."""
    if not isinstance(told, dict) or not isinstance(told.get("number"), int):
        return False
    return isinstance(told.get("text"), str) and isinstance(told.get("hash"), str)
