"""Archives for tests: a lead walked to its closure, with what hostile hands hand in."""

from collections.abc import Sequence
from pathlib import Path

from conftest import Clock
from pypdf import PdfWriter

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.schema import migrate
from models.codes import Step
from models.office.directory import packaged_directory_text, read_directory
from tasks.office.units import import_units
from tasks.workplace import Workplace
from walks.walking import EXPLANATION, Walk, register_lead, write_evidence

# One name of each sort that must not reach a file system as it is.
HOSTILE = (
    "x" * 230 + ".pdf",
    "\u202efdp.核查\u200f记录.pdf",
    "材料😀🧾.pdf",
    "CON.pdf",
    "-rf ~.pdf",
    "=1+1|a.pdf",
)


def pdf_of(pages: int, mark: str = "") -> bytes:
    """Return a PDF of so many blank pages; the mark makes it another file."""
    import io

    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    writer.add_metadata({"/Title": mark or "核查"})
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def closed_walk(
    place: Workplace, clock: Clock, folder: Path, evidence: Sequence[Path] = (), **cells: object
) -> Walk:
    """Return a lead that was closed; its verification rests on the files, or on a PDF of three pages."""
    folder.mkdir(exist_ok=True)
    walk = Walk(place, clock, folder, register_lead(place, clock, **cells)).to(Step.VERIFY)
    files = tuple(evidence) or (write_evidence(folder, "核查 记录.pdf", pdf_of(3)),)
    walk.answer(Step.VERIFY, files=files, explanation=EXPLANATION)
    return walk.to_closure()


def office(home: Path, clock: Clock) -> Workplace:
    """Return a workplace on SQLite in a folder, where tests need one outside the fixture."""
    (home / "evidence").mkdir(parents=True)
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'zero137.db'}", evidence_mb=1)
    place = open_workplace(settings, clock=clock)
    migrate(place.engine)
    import_units(place, read_directory(packaged_directory_text(), "units.toml"), "units.toml", clock())
    return place


def copy_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its path within."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
