"""In which shape leads can be exported, and where an export is found."""

from pathlib import PurePath
from urllib.parse import quote

from models.labels import Labelled

# Where the server gives an export to a browser; what follows is its name.
DOWNLOADS = "/exports/"


class ExportFormat(Labelled):
    """The shapes of an export; the code is the suffix of the file."""

    XLSX = "xlsx", "Excel 工作簿"
    CSV = "csv", "CSV 文本"
    JSONL = "jsonl", "JSONL 数据"


def download_link(path: PurePath) -> str:
    """Return where a browser that shows the Prefect UI finds an export: a path on the same server."""
    return DOWNLOADS + quote(path.name)
