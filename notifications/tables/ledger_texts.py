"""The 台账 as text: CSV that office programs open as it is, and JSONL that says everything."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, BinaryIO

from models.lookup.lead_account import LeadAccount
from notifications.tables.ledger_columns import COLUMNS, Cell, DueDay

# Office programs calculate a text that begins so, even from a file of text; see ADR-0018.
_CALCULATED = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def _encoder(stream: BinaryIO) -> io.TextIOWrapper:
    """Return a writer of UTF-8 that leaves line ends alone."""
    return io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)


class CsvLedger:
    """CSV in UTF-8 with a byte order mark and CRLF: what Excel and WPS open by a double click."""

    def __init__(self, stream: BinaryIO) -> None:
        """Write the headings into a stream, which stays open."""
        self._text = _encoder(stream)
        self._text.write("\ufeff")
        self._rows = csv.writer(self._text)
        self._rows.writerow([column.title for column in COLUMNS])

    def add(self, account: LeadAccount) -> None:
        """Write one lead."""
        self._rows.writerow([_plain(column.cell(account)) for column in COLUMNS])

    def finish(self) -> None:
        """Hand everything to the stream."""
        self._text.detach()


def _plain(cell: Cell) -> str | int:
    """Return a cell as text; one that would be calculated gets an apostrophe in front."""
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if cell.startswith(_CALCULATED) else cell
        case DueDay():
            return f"{cell.day}（暂定）" if cell.provisional else cell.day.isoformat()
        case datetime():
            return cell.isoformat(" ", "minutes")
        case date():
            return cell.isoformat()
        case _:
            return cell


class JsonLedger:
    """JSONL: one lead a line with stable English keys, codes instead of labels, moments with their zone."""

    def __init__(self, stream: BinaryIO) -> None:
        """Write into a stream, which stays open."""
        self._text = _encoder(stream)

    def add(self, account: LeadAccount) -> None:
        """Write one lead with its whole history."""
        self._text.write(json.dumps(_lead(account), ensure_ascii=False) + "\n")

    def finish(self) -> None:
        """Hand everything to the stream."""
        self._text.detach()


def _lead(account: LeadAccount) -> dict[str, object]:
    """Return everything that is known of a lead."""
    record, name, local = account.record, account.reading.name, account.reading.policy.business_hours.local
    told: dict[str, Any] = _object(record, local)
    owed = account.current
    assignments = [
        {
            **shown,
            "unit_name": name(each.unit, each.answered_at),
            "timeliness": account.reading.stands(each).value,
        }
        for each, shown in zip(record.assignments, told.pop("assignments"), strict=True)
    ]
    return {
        **{key: told.pop(key) for key in ("number", "printed_number", "title", "facts")},
        "signal": account.signal.value,
        "authority": account.authority_code,
        "owing": owed.unit if owed else "",
        "due_on": owed.due_on.isoformat() if owed else None,
        **told,
        "assignments": assignments,
    }


def _object(value: Any, local: Callable[[datetime], datetime]) -> Any:  # noqa: ANN401 - JSON
    """Return a record as JSON values: vocabulary as codes, moments as ISO 8601 in the office's zone."""
    match value:
        case StrEnum():
            return value.value
        case datetime():
            return local(value).isoformat()
        case date():
            return value.isoformat()
        case tuple() if hasattr(value, "_fields"):
            return {key: _object(part, local) for key, part in zip(value._fields, value, strict=True)}
        case tuple():
            return [_object(part, local) for part in value]
        case _:
            return value
