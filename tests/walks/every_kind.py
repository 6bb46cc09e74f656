"""An office in which every kind of message and of document is written, by the calls that write them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from conftest import Clock
from sqlmodel import Session, select

from models.codes import MatterKind, Step
from models.days.calendar import DayKind, NoticeDay, YearNotice
from models.documents.vocabulary import DocumentKind
from models.matters.facts import Assign, MatterFacts
from models.matters.kinds import Kind, Mark
from models.matters.tables import Matter
from models.mechanisms.leads.duties import LEADS
from models.mechanisms.leads.vocabulary import CallOff
from models.messages.kinds import MessageKind
from models.messages.tables import Message
from models.messages.vocabulary import Delivery
from models.office.directory import Office
from models.office.tables import Unit
from models.petitions.facts import PetitionFacts
from tasks.archive.archiving import archive_matter
from tasks.archive.reminders import tell_of_archive_duties
from tasks.conduct.coming_due import open_due
from tasks.conduct.parts import end_parts
from tasks.conduct.steps import take_step
from tasks.delivery.given_up import tell_given_up
from tasks.desks import Act, Desk, MatterFile, Mechanisms
from tasks.files.faults import tell_bureau
from tasks.ladder.escalation import raise_rungs
from tasks.matters.opening import open_part
from tasks.matters.reading import find_matter, read_file
from tasks.mechanisms.leads.changes.calling_off import CallOffRequest, call_off
from tasks.mechanisms.leads.changes.correcting import CorrectionRequest, correct_lead
from tasks.mechanisms.leads.consulting import Consultation, consult
from tasks.mechanisms.leads.desk import LeadDesk
from tasks.office.ended_units import tell_of_ended_units
from tasks.office.missing_notices import tell_of_missing_notices
from tasks.office.year_notices import import_notice
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.petitions.hand_backs import HandBackRequest, hand_back
from tasks.workplace import Workplace, office_of
from walks.archives import closed_walk
from walks.directories import MERGED, change
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


class _ShareDesk(Desk):
    """A share of what several units owe at once, asked for in the same words."""

    kind = Kind(
        MatterKind.EXTENSION, "分件", (replace(WORDLESS.kinds.duty(Step.VERIFY), step=Step.EXTENSION),),
        lambda *_: Assign(Step.EXTENSION, AUTHORITY, None), Mark("F", "分件"),
    )  # fmt: skip

    def subject(self, session: Session, matter: Matter) -> None:
        """Keep nothing of its own."""

    def facts(self, file: MatterFile, office: Office) -> MatterFacts:
        """Return what nothing is decided on."""
        opened = file.matter.created_at
        return PetitionFacts(file.matter.kind, AUTHORITY, opened, office.policy.day_of(opened))


_REST = {date(2027, month, 1): NoticeDay(DayKind.REST, "放假") for month in (1, 5, 10)}


def write_every_kind(place: Workplace, clock: Clock, folder: Path) -> None:
    """Write each kind at least once; the clock goes from November 2026 to January 2028."""
    _walk_to_closure(place, clock, folder)
    _ask(place, clock, folder)
    _climb(place, clock, folder)
    _tell_bureau(place, clock)
    _end_the_year(place, clock, folder)
    _ask_in_general_words(place, clock, folder)
    _release(place, clock, folder)
    _change(place, clock, folder)
    _succeed(place, clock)


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


def _release(place: Workplace, clock: Clock, folder: Path) -> None:
    """A unit whose share nobody waits for any more, of a lead with a character that no font has."""
    walk = Walk(place, clock, folder, register_lead(place, clock, title="分办的\ue000线索")).to(Step.VERIFY)
    shared = replace(place, mechanisms=Mechanisms((LeadDesk(), _ShareDesk())))
    with shared.writing() as session:
        whole = find_matter(session, walk.number, for_change=True)
        part = open_part(session, whole, _ShareDesk.kind, "自查", clock(), AUTHORITY).number
    take_step(shared, part, clock())
    with shared.writing() as session:
        whole = find_matter(session, walk.number, for_change=True)
        act = Act(session, office_of(session, shared), shared.mechanisms, clock())
        end_parts(act, read_file(session, whole, shared.mechanisms), "已无必要。")


def _change(place: Workplace, clock: Clock, folder: Path) -> None:
    """A lead handed back twice, one that is corrected and withdrawn, and a look back."""
    walk = Walk(place, clock, folder, register_lead(place, clock, title="误派的线索")).to(Step.RECEIPT)
    for step, unit, chosen in (
        (Step.HAND_BACK, AUTHORITY, {"assigning": "改派", "authority": "XSPJ"}),
        (Step.SECOND_HAND_BACK, "XSPJ", {"assigning": "维持"}),
    ):
        request = HandBackRequest(unit, PERSON, "不属于本单位职责。")
        asked = replace(walk, number=hand_back(place, walk.number, request, clock())).to(step)
        asked.pass_step(step, unit=BUREAU, fields=chosen, explanation="经研究决定。")
        walk.advance()
    given = CorrectionRequest({"document_number": "示例转办〔2028〕1号"}, "与来文核对。", PERSON)
    correct_lead(place, walk.number, given, clock())
    ended = CallOffRequest(CallOff.WITHDRAWN, "来函撤回。", PERSON, "示例函〔2028〕2号")
    call_off(place, walk.number, ended, clock())
    for number in open_due(place, clock()):
        replace(walk, number=number).to(Step.LOOK_BACK)


def _succeed(place: Workplace, clock: Clock) -> None:
    """A unit that ended without a successor, and got one later."""
    with place.writing() as session:
        session.get_one(Unit, AUTHORITY).active = False
        # What was reported stays reported; a report that waits would be stopped.
        for message in session.exec(select(Message).where(Message.kind == MessageKind.REPORT)):
            message.status = Delivery.HANDED_OVER
            session.add(message)
    tell_of_ended_units(place, clock())
    change(place, clock, MERGED)
