"""Started by benchmark 14: exports once by one way, and prints time, leads and the most memory as JSON.

Arguments: the way, the folder of the installation, the address of its facts, the file to write, and a CSV of
the same cells.
"""

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from deployments.installation.opening import open_workplace
from deployments.installation.settings import load_settings
from models.codes import Step
from models.lookup.lead_filter import LeadFilter, Status
from tasks.lookup.leads.exporting import export_leads
from tasks.workplace import Workplace

_STEPS = (Step.TRANSFER, Step.RECEIPT, Step.VERIFY, Step.RECTIFY, Step.REVIEW)
_BATCH = 5_000


def ours(place: Workplace, target: Path, cells: Path) -> int:
    """Export as the command does."""
    del cells
    return export_leads(place, target, LeadFilter(status=Status.ALL), place.clock()).leads


def _pivot() -> str:
    """Return one statement that gives a row for each lead, its steps beside each other."""
    parts = [
        f"max(CASE WHEN a.step = '{step.value}' THEN {what} END)"
        for step in _STEPS
        for what in ("a.due_on", "a.answered_at", "CASE WHEN a.answered_at <= a.due_at THEN 1 ELSE 0 END")
    ]
    head = (
        "m.number, m.printed_number, l.source_level, l.document_number, m.title, l.facts, l.category,"
        " l.barrier, l.importance, l.received_at, m.created_at, m.outcome, m.closed_at, r.number"
    )
    return (
        f"SELECT {head}, {', '.join(parts)}, max(CASE WHEN a.step = 'verify' THEN w.decision END)"  # noqa: S608 - our own tables
        " FROM matter m JOIN lead l ON l.matter_id = m.id"
        " LEFT JOIN archiverecord r ON r.matter_id = m.id"
        " LEFT JOIN assignment a ON a.matter_id = m.id LEFT JOIN answer w ON w.assignment_id = a.id"
        f" WHERE m.kind = 'lead' GROUP BY m.id, {head} ORDER BY m.id"
    )


def _rows(connection: Connection, statement: str) -> Iterator[Any]:
    """Give the rows of a statement as the driver has them, a few at a time."""
    yield from connection.execution_options(yield_per=_BATCH).execute(text(statement))


def plain_csv(place: Workplace, target: Path, cells: Path) -> int:
    """Let the database put the rows together and write them as they come."""
    del cells
    leads = 0
    with place.engine.connect() as connection, target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        for row in _rows(connection, _pivot()):
            writer.writerow(row)
            leads += 1
    return leads


def plain_json(place: Workplace, target: Path, cells: Path) -> int:
    """Read leads with their assignments and answers in one statement and write them as they come."""
    del cells
    statement = (
        "SELECT m.*, l.*, a.*, w.* FROM matter m JOIN lead l ON l.matter_id = m.id"
        " LEFT JOIN assignment a ON a.matter_id = m.id LEFT JOIN answer w ON w.assignment_id = a.id"
        " WHERE m.kind = 'lead' ORDER BY m.id, a.id"
    )
    leads = 0
    with place.engine.connect() as connection, target.open("w", encoding="utf-8") as stream:
        for _, rows in groupby(_rows(connection, statement), key=itemgetter(0)):
            stream.write(json.dumps([list(row) for row in rows], ensure_ascii=False, default=str) + "\n")
            leads += 1
    return leads


def bare_xlsxwriter(place: Workplace, target: Path, cells: Path) -> int:
    """Write the same cells by the library alone, with its memory kept constant."""
    del place
    from xlsxwriter import Workbook

    book = Workbook(str(target), {"constant_memory": True})
    sheet = book.add_worksheet()
    for index, row in enumerate(_cells(cells)):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(index, column, cell)
    book.close()
    return index


def bare_openpyxl(place: Workplace, target: Path, cells: Path) -> int:
    """Write the same cells by the other library, row by row."""
    del place
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for index, row in enumerate(_cells(cells)):  # noqa: B007 - the last one is the count
        sheet.append([cell or None for cell in row])
    book.save(target)
    return index


def _cells(path: Path) -> Iterator[list[str]]:
    """Give the rows of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.reader(stream)


WAYS: dict[str, Callable[[Workplace, Path, Path], int]] = {
    "ours": ours,
    "plain_csv": plain_csv,
    "plain_json": plain_json,
    "xlsxwriter": bare_xlsxwriter,
    "openpyxl": bare_openpyxl,
}


def _most_memory() -> int:
    """Return the most memory of this process in KB; ``getrusage`` would count that of whoever started it."""
    status = Path("/proc/self/status").read_text("ascii").split()
    return int(status[status.index("VmHWM:") + 1])


def main() -> None:
    """Export once and print what it took."""
    way, home, url, target, cells = sys.argv[1:]
    place = open_workplace(load_settings({"ZERO137_HOME": home, "ZERO137_DATABASE_URL": url}))
    begun = time.perf_counter()
    leads = WAYS[way](place, Path(target), Path(cells))
    seconds = time.perf_counter() - begun
    json.dump({"leads": leads, "seconds": round(seconds, 2), "peak_mb": _most_memory() >> 10}, sys.stdout)


if __name__ == "__main__":
    main()
