"""An office in which every kind of message and of document is written, by the calls that write them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from conftest import Clock

from models.codes import Step
from models.days.calendar import DayKind, NoticeDay, YearNotice
from models.documents.vocabulary import DocumentKind
from models.mechanisms.leads.duties import LEADS
from models.messages.kinds import MessageKind
from models.office.directory import Office
from tasks.archive.archiving import archive_matter
from tasks.archive.reminders import tell_of_archive_duties
from tasks.delivery.given_up import tell_given_up
from tasks.desks import Desk, MatterFile, Mechanisms
from tasks.files.faults import tell_bureau
from tasks.ladder.escalation import raise_rungs
from tasks.mechanisms.leads.consulting import Consultation, consult
from tasks.mechanisms.leads.desk import LeadDesk
from tasks.office.missing_notices import tell_of_missing_notices
from tasks.office.year_notices import import_notice
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import Workplace, office_of
from walks.archives import closed_walk
from walks.walking import (
    AUTHORITY,
    BUREAU,
    PDF,
    PERSON,
    Walk,
    houma,
    messages_of,
    register_lead,
    write_evidence,
)

# A verification due on Thursday 2026-11-26 has its rungs at these moments, up to its circular.
CLIMB = (
    houma(25, 9),
    houma(26, 9),
    houma(27, 9),
    houma(27, 15),
    houma(30, 9),
    houma(30, 9).replace(month=12, day=1),
)


class _WordlessDesk(LeadDesk):
    """A mechanism without templates of its own: its verification is asked for in the general words."""

    kind = replace(
        LEADS,
        duties=tuple(
            replace(duty, notice=MessageKind.TASK, document=DocumentKind.TASK_LETTER)
            if duty.step is Step.VERIFY
            else duty
            for duty in LEADS.duties
        ),
    )

    def values(self, file: MatterFile, office: Office) -> Mapping[str, object]:
        """Return nothing beside what is true of any matter."""
        return Desk.values(self, file, office)


WORDLESS = Mechanisms((_WordlessDesk(),))
_REST = {date(2027, month, 1): NoticeDay(DayKind.REST, "放假") for month in (1, 5, 10)}


def write_every_kind(place: Workplace, clock: Clock, folder: Path) -> None:
    """Write each kind at least once; the clock goes from November 2026 to January 2028."""
    _walk_to_closure(place, clock, folder)
    _ask(place, clock, folder)
    _climb(place, clock, folder)
    _tell_bureau(place, clock)
    _end_the_year(place, clock, folder)
    _ask_in_general_words(place, clock, folder)


def _walk_to_closure(place: Workplace, clock: Clock, folder: Path) -> None:
    """Transfer, verification, rectification, a return and the closing; then the archive."""
    walk = Walk(place, clock, folder, register_lead(place, clock, title="退回过的线索")).to(Step.REVIEW)
    walk.pass_step(Step.REVIEW, fields={"verdict": "退回"}, explanation="退还凭证不完整，请补充。")
    walk.to_closure()
    archived = closed_walk(place, clock, folder, title="归档的线索")
    archive_matter(place, archived.number, clock())


def _ask(place: Workplace, clock: Clock, folder: Path) -> None:
    """Consult a unit; ask for two extensions, of which one is granted and one refused."""
    for ruling in ("同意", "不同意"):
        walk = Walk(place, clock, folder, register_lead(place, clock, title=f"延期{ruling}的线索"))
        walk.to(Step.RECTIFY)
        asked = Consultation(["XSPJ"], "该类文件是否还有同样要求？", date(2026, 12, 4), PERSON)
        consult(place, walk.number, asked, clock())
        paper = write_evidence(folder, "延期申请.pdf", PDF + b"%request")
        request = ExtensionRequest(AUTHORITY, PERSON, "2026-12-07", "须经合法性审查。", [paper])
        petition = replace(walk, number=request_extension(place, walk.number, request, clock()))
        petition.to(Step.EXTENSION)
        petition.pass_step(Step.EXTENSION, fields={"ruling": ruling}, explanation="按程序办理。")
        walk.to_closure()


def _climb(place: Workplace, clock: Clock, folder: Path) -> None:
    """A receipt nobody signs, and a verification that climbs the whole ladder to a published circular."""
    start = clock.now
    Walk(place, clock, folder, register_lead(place, clock, title="未签收的线索")).to(Step.RECEIPT)
    raise_rungs(place, houma(24, 9))
    walk = Walk(place, clock, folder, register_lead(place, clock, title="逾期的线索")).to(Step.VERIFY)
    for moment in CLIMB:
        raise_rungs(place, moment)
    clock.now = CLIMB[-1]
    circular = replace(walk, number=f"{walk.number}-T1").to(Step.PUBLICATION)
    circular.pass_step(Step.PUBLICATION, unit=BUREAU)
    clock.now = start


def _tell_bureau(place: Workplace, clock: Clock) -> None:
    """A faulty file, and messages with and without a matter that no channel took."""
    with place.writing() as session:
        tell_bureau(place, session, ["缺失：文件"], "a-file", clock())
    for message in (messages_of(place)[0], messages_of(place)[-1]):
        with place.writing() as session:
            tell_given_up(session, office_of(session, place), message, clock())


def _end_the_year(place: Workplace, clock: Clock, folder: Path) -> None:
    """Due dates in a year whose notice is missing, the notice, and what the archive owes later."""
    clock.now = datetime(2026, 12, 28, 2, 0, tzinfo=UTC)
    Walk(place, clock, folder, register_lead(place, clock, title="跨年的线索")).to(Step.RECTIFY)
    tell_of_missing_notices(place, clock())
    import_notice(place, YearNotice(2027, _REST, date(2026, 11, 20)), clock())
    clock.now = datetime(2027, 4, 6, 2, 0, tzinfo=UTC)
    tell_of_archive_duties(place, clock())
    clock.now += timedelta(days=280)
    tell_of_archive_duties(place, clock())


def _ask_in_general_words(place: Workplace, clock: Clock, folder: Path) -> None:
    """What a duty owes, by the message and the letter that know nothing of its mechanism."""
    walk = Walk(place, clock, folder, register_lead(place, clock, title="一般交办的线索")).to(Step.RECEIPT)
    walk.answer(Step.RECEIPT)
    replace(walk, place=replace(place, mechanisms=WORDLESS)).advance()
