"""Tables of leads as people hand them in."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from models.mechanisms.leads.intake import COLUMNS
from tasks.mechanisms.leads.import_files import LeadTable

# The moment at which the files of these tests are read: a Monday morning, 10:00 in Houma.
READ_AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
Reader = Callable[[str, bytes], LeadTable]


def as_csv(*rows: list[str], encoding: str = "utf-8", heading: Sequence[str] = ()) -> bytes:
    """Return a CSV file with the Chinese headings, unless others are given."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([heading or list(COLUMNS.values()), *rows])
    return text.getvalue().encode(encoding)
