"""An office with something of every sort, as what copies all facts has to carry it over."""

from datetime import date, timedelta
from pathlib import Path

from conftest import Clock

from deployments.installation.settings import Settings
from deployments.keeping.backups import make_backup
from models.codes import Step
from models.days.calendar import DayKind, NoticeDay, YearNotice
from models.office.directory import read_directory_file
from models.upkeep.backup import Backup
from tasks.archive.archiving import archive_matter
from tasks.informants.identities import record_informant
from tasks.ladder.escalation import raise_rungs
from tasks.mechanisms.leads.changes.correcting import CorrectionRequest, correct_lead
from tasks.office.units import import_directory
from tasks.office.year_notices import import_notice
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.record.seals import seal_ledger
from tasks.runs.rounds import note_round
from tasks.workplace import Workplace
from walks.archives import closed_walk
from walks.informants import IDENTITY, give_key
from walks.walking import AUTHORITY, PDF, PERSON, Walk, register_lead, write_evidence

# A unit that was renamed, and a week in which another one decides about extensions.
_CHANGES = """
[[unit]]
code = "GXJ"
name = "侯马市工业和数据局"
short_name = "工数局"
roles = ["authority", "responsible"]

[[substitute]]
unit = "SFGW"
by = "SZF"
first = 2027-03-01
last = 2027-03-07
"""


def fill_office(place: Workplace, clock: Clock, folder: Path) -> str:
    """Give every table a row: leads, one of them archived, requests, rungs, documents, an informant, seals.

    Returns:
        The number of a lead with files, an informant and an archive.
    """
    give_key(place)
    walk = closed_walk(place, clock, folder, title="某县要求外地企业另设子公司")
    archive_matter(place, walk.number, clock())
    record_informant(place, walk.number, IDENTITY, PERSON, clock())
    Walk(place, clock, folder, register_lead(place, clock, title="某局增设条件")).to(Step.VERIFY)
    clock.now += timedelta(days=8)
    raise_rungs(place, clock())
    late = Walk(place, clock, folder, register_lead(place, clock, title="某窗口另收证明")).to(Step.RECTIFY)
    due = late.file().assignments[-1].row.due_on + timedelta(days=7)
    paper = write_evidence(folder, "延期申请.pdf", PDF + b"%request")
    asked = ExtensionRequest(AUTHORITY, PERSON, due.isoformat(), "须经合法性审查。", [paper])
    request_extension(place, late.number, asked, clock())
    rest = {date(2027, month, 1): NoticeDay(DayKind.REST, "放假") for month in (1, 5, 10)}
    correction = CorrectionRequest({"title": "某窗口另收两份证明"}, "与来文核对。", PERSON)
    correct_lead(place, late.number, correction, clock())
    import_notice(place, YearNotice(2027, rest, date(2026, 11, 20)), clock())
    told = read_directory_file(_CHANGES, "units.toml")
    import_directory(place, told, "units.toml", clock())
    seal_ledger(place, "规则", clock())
    note_round(place, clock())
    return walk.number


def settings_of(place: Workplace) -> Settings:
    """Return the settings a workplace was opened by."""
    url = place.engine.url.render_as_string(hide_password=False)
    return Settings(home=place.home, database_url=url, evidence_mb=1)


def back_up(place: Workplace, folder: Path) -> Backup:
    """Make a backup of a workplace."""
    return make_backup(settings_of(place), place, folder)
