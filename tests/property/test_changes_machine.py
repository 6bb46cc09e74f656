"""Laws of what goes wrong in an office, over whole histories: changes, answers and time in any order."""

import tempfile
from datetime import timedelta
from pathlib import Path

from conftest import Clock
from harness.examples import examples
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import Session, col, func, select
from walks.walking import BUREAU, PERSON, Walk, messages_of, register_lead

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.schema import migrate
from models.codes import CALLED_OFF, Step
from models.days.periods import Period
from models.documents.tables import Document
from models.documents.vocabulary import DocumentKind, DocumentStatus
from models.lookup.statistics import Dimension
from models.matters.facts import Await
from models.matters.tables import Assignment, Matter
from models.mechanisms.leads.tables import Lead
from models.mechanisms.leads.vocabulary import CallOff
from models.messages.tables import Message
from models.office.directory import packaged_directory_text, read_directory
from models.petitions.tables import Petition
from tasks.audit.comparison import check_facts
from tasks.audit.verification import verify_ledger
from tasks.conduct.coming_due import open_due
from tasks.conduct.steps import peek_step
from tasks.conduct.withdrawing import withdraw_by_hand
from tasks.ladder.escalation import raise_rungs
from tasks.lookup.board import read_board
from tasks.lookup.leads.counting import read_statistics
from tasks.mechanisms.leads.changes.calling_off import CallOffRequest, call_off
from tasks.mechanisms.leads.changes.correcting import CorrectionRequest, correct_lead
from tasks.mechanisms.leads.changes.redirecting import RedirectionRequest, redirect_lead
from tasks.office.units import import_units
from tasks.petitions.hand_backs import HandBackRequest, hand_back

_AUTHORITIES = ("ZJJ", "XSPJ", "JTJ", "SWJ")
_WHY = "经核对，情况如此。"
_HANDED = (Step.RECEIPT, Step.VERIFY)


class Changes(RuleBasedStateMachine):
    """A few leads, with everything that may happen to them beside their answers.

    ``taken`` holds the units from which a lead was taken and not given back, with the number of messages
    about it that they had then.
    """

    @initialize()
    def begin(self) -> None:
        """Set up a database of its own with one lead."""
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        (home / "evidence").mkdir()
        self.clock = Clock()
        self.place = open_workplace(Settings(home=home), clock=self.clock)
        migrate(self.place.engine)
        import_units(
            self.place, read_directory(packaged_directory_text(), "units.toml"), "units.toml", self.clock()
        )
        self.leads: list[Walk] = []
        self.ended: set[str] = set()
        self.merged: dict[str, str] = {}
        self.taken: dict[tuple[str, str], int] = {}
        self.asked: list[tuple[Walk, Walk, str]] = []
        self.register("")

    def teardown(self) -> None:
        """Remove the database."""
        if hasattr(self, "place"):
            self.place.close()
            self.folder.cleanup()

    def register(self, relapse_of: str) -> None:
        """Bring another lead."""
        title = f"第{len(self.leads) + 1}条线索"
        number = register_lead(self.place, self.clock, title=title, relapse_of=relapse_of)
        self.leads.append(Walk(self.place, self.clock, Path(self.folder.name), number))
        self.leads[-1].advance()

    def owed(self, walk: Walk) -> Assignment | None:
        """Return what is owed now; a receipt may have been deemed by then."""
        walk.advance()
        return walk.file().open_assignment

    @precondition(lambda self: len(self.leads) < 4)
    @rule()
    def another(self) -> None:
        """Something new is sent."""
        self.register("")

    @rule(hours=st.integers(1, 60))
    def pass_time(self, hours: int) -> None:
        """Up to a weekend; then the patrol goes round."""
        self.clock.now += timedelta(hours=hours)
        raise_rungs(self.place, self.clock())

    @rule(which=st.integers(0, 3))
    def answer(self, which: int) -> None:
        """Whoever owes answers, unless the letter was withdrawn."""
        walk = self.leads[which % len(self.leads)]
        row = self.owed(walk)
        if row is not None and not row.paused:
            chosen = {"authority": _AUTHORITIES[which]} if row.step is Step.TRANSFER else {}
            fields = {**_fields(row.step), **chosen}
            walk.answer(row.step, unit=row.unit_code, fields=fields)
            walk.advance()
        self.clock.now += timedelta(seconds=1)

    @rule(which=st.integers(0, 3))
    def hand_back(self, which: int) -> None:
        """A unit says that a lead is not its own; from then on it waits for the decision."""
        walk = self.leads[which % len(self.leads)]
        row = self.owed(walk)
        if row is None or row.step not in _HANDED or row.paused or self._has_asked(row):
            return
        number = hand_back(
            self.place, walk.number, HandBackRequest(row.unit_code, PERSON, _WHY), self.clock()
        )
        asked = Walk(self.place, self.clock, walk.folder, number)
        asked.advance()
        self.asked.append((walk, asked, row.unit_code))
        self.clock.now += timedelta(seconds=1)

    @precondition(lambda self: bool(self.asked))
    @rule(redirects=st.booleans(), to=st.sampled_from(_AUTHORITIES))
    def decide(self, redirects: bool, to: str) -> None:
        """The bureau decides, unless something made it pointless meanwhile."""
        walk, asked, unit = self.asked.pop()
        if asked.file().matter.outcome is not None:
            return
        row = self.owed(walk)
        assert row is not None
        assert row.unit_code == unit, "nobody else has it while the question is open"
        (ruled,) = asked.file().assignments
        moves = redirects and to != unit
        fields = {"assigning": "改派", "authority": to, "cooperating": ""} if moves else {"assigning": "维持"}
        asked.answer(ruled.row.step, unit=BUREAU, fields=fields, explanation=_WHY)
        if moves:
            self._take(walk, unit, to)
        asked.advance()
        walk.advance()

    @rule(which=st.integers(0, 3))
    def withdraw_letter(self, which: int) -> None:
        """A letter is withdrawn without another: the clock stands still from now on."""
        walk = self.leads[which % len(self.leads)]
        row = self.owed(walk)
        if row is not None and row.step in _HANDED and not row.paused:
            withdraw_by_hand(self.place, self._letters(walk)[-1], _WHY, PERSON, self.clock())
            self.clock.now += timedelta(seconds=1)

    @rule(which=st.integers(0, 3), to=st.sampled_from(_AUTHORITIES))
    def redirect(self, which: int, to: str) -> None:
        """The bureau hands over anew by itself; to the same unit only where the letter was withdrawn."""
        walk = self.leads[which % len(self.leads)]
        row = self.owed(walk)
        if row is None or row.step not in _HANDED or (row.unit_code == to and not row.paused):
            return
        redirect_lead(self.place, walk.number, RedirectionRequest(to, "", _WHY, PERSON), self.clock())
        self._take(walk, row.unit_code, to)
        walk.advance()

    @invariant()
    def time_alone_brings_nothing_about_while_it_waits(self) -> None:
        """What is held or paused is neither deemed nor, where it is paused, raised."""
        if not hasattr(self, "place"):
            return
        for walk in self.leads:
            row = walk.file().open_assignment
            if row is not None and (row.held or row.paused):
                step = peek_step(self.place, walk.number, self.clock() + timedelta(days=30))
                assert isinstance(step, Await)
            if row is not None and row.paused:
                assert row.rung_at is None or row.rung_at <= self.clock()

    @rule(which=st.integers(0, 3), days=st.integers(0, 5))
    def correct(self, which: int, days: int) -> None:
        """The clerk had mistyped title and day."""
        walk = self.leads[which % len(self.leads)]
        if walk.number in self.ended or walk.file().matter.outcome is not None:
            return
        before = self.owed(walk)
        lead = walk.file().subject
        received = self.place.policy.day_of(lead.received_at) - timedelta(days=days)
        given = {"title": f"{walk.file().matter.title}（更正）"[-200:], "received_at": received.isoformat()}
        correct_lead(self.place, walk.number, CorrectionRequest(given, _WHY, PERSON), self.clock())
        after = self.owed(walk)
        if before is not None and after is not None and before.due_at >= self.clock():
            assert after.due_at >= self.clock(), "nobody becomes overdue by a correction"
        self.clock.now += timedelta(seconds=1)

    @rule(which=st.integers(0, 3), into=st.integers(0, 3), why=st.sampled_from(CallOff))
    def end(self, which: int, into: int, why: CallOff) -> None:
        """A lead is called off at any step; not where another one waits for its answer."""
        walk, target = (self.leads[n % len(self.leads)] for n in (which, into))
        if walk.file().matter.outcome is not None:
            return
        if why is CallOff.DUPLICATE and (target is walk or target.file().matter.outcome is not None):
            return
        told = target.number if why is CallOff.DUPLICATE else ""
        call_off(
            self.place,
            walk.number,
            CallOffRequest(why, _WHY, PERSON, "示例函〔2026〕1号", told),
            self.clock(),
        )
        self.ended.add(walk.number)
        assert walk.advance() is None
        self.clock.now += timedelta(seconds=1)

    @precondition(lambda self: len(self.leads) < 4)
    @rule(which=st.integers(0, 3))
    def come_back(self, which: int) -> None:
        """What was handled to its end comes back as a lead of its own."""
        walk = self.leads[which % len(self.leads)]
        if walk.file().matter.outcome is not None and walk.number not in self.ended:
            self.register(walk.number)

    @rule()
    def look_back(self) -> None:
        """Half a year passes; each closed lead is looked at once."""
        self.clock.now += timedelta(days=190)
        raise_rungs(self.place, self.clock())
        opened = open_due(self.place, self.clock())
        assert len(opened) == len(set(opened))
        assert open_due(self.place, self.clock()) == []

    @invariant()
    def facts_and_ledger_agree(self) -> None:
        """And the ledger holds by itself."""
        if hasattr(self, "place"):
            check_facts(self.place)
            verify_ledger(self.place)

    @invariant()
    def every_matter_is_in_one_pair_of_hands(self) -> None:
        """What is closed is owed by nobody and put before nobody; no date ends before it begins."""
        if not hasattr(self, "place"):
            return
        with self.place.reading() as session:
            rows = session.exec(select(Assignment, Matter).join(Matter)).all()
            owed = [row.matter_id for row, _ in rows if row.answered_at is None]
            assert len(owed) == len(set(owed))
            assert not [m.number for row, m in rows if row.answered_at is None and m.outcome is not None]
            assert not [m.number for row, m in rows if row.due_on < row.clock_start]
            ended = select(Assignment.id).where(col(Assignment.answered_at).is_not(None))
            waiting = select(Matter.number).join(Petition).where(col(Petition.assignment_id).in_(ended))
            about_ended = session.exec(waiting.where(col(Matter.outcome).is_(None))).all()
            decided = {m.number for row, m in rows if row.answered_at is not None}
            # Between its answer and its end a request has nothing left to be decided.
            assert set(about_ended) <= decided

    @invariant()
    def one_letter_is_in_force_while_a_lead_is_handed(self) -> None:
        """None while it is paused, and nothing was raised for what is paused since."""
        if not hasattr(self, "place"):
            return
        for walk in self.leads:
            row = walk.file().open_assignment
            if row is not None and row.step in _HANDED:
                assert len(self._letters(walk)) == (0 if row.paused else 1)

    @invariant()
    def a_double_goes_into_what_was_told(self) -> None:
        """And each chain ends at a lead that is no double."""
        if not hasattr(self, "place"):
            return
        with self.place.reading() as session:
            into = {
                walk.number: session.get_one(Matter, key).number
                for walk in self.leads
                if (key := walk.file().subject.merged_into_id) is not None
            }
        assert into == self.merged
        for number in into:
            seen = [number]
            while seen[-1] in into:
                seen.append(into[seen[-1]])
                assert len(seen) <= len(self.leads)

    @invariant()
    def a_unit_it_was_taken_from_hears_no_more(self) -> None:
        """Not of its closing, of a correction or of a rung."""
        if hasattr(self, "place"):
            for (number, unit), count in self.taken.items():
                assert self._heard(number, unit) == count, (number, unit)

    @invariant()
    def what_was_called_off_counts_nowhere(self) -> None:
        """In no rate, not as closed; and the board counts what is open."""
        if not hasattr(self, "place"):
            return
        board = read_board(self.place, self.clock())
        with self.place.reading() as session:
            standing = select(Matter).where(col(Matter.parent_id).is_(None))
            leads = session.exec(standing).all()
            void = [each for each in leads if each.outcome in CALLED_OFF]
            assert {each.number for each in void} == self.ended
            assert board["open"] == sum(each.outcome is None for each in leads)
            closed = board["closed_on_time"] + board["closed_late"]
            assert closed == sum(each.outcome is not None for each in leads) - len(void)
            counted = _counted(session, [each.id or 0 for each in void])
        found = read_statistics(self.place, Period(None, None), self.clock()).by([Dimension.UNIT])
        assert sum(tally.timeliness.total() for tally in found.values()) == counted

    def _take(self, walk: Walk, unit: str, to: str) -> None:
        """Remember that a lead was taken from one unit and given to another."""
        self.taken.pop((walk.number, to), None)
        told = [m for m in messages_of(self.place) if m.kind == "redirected" and m.unit_code == unit]
        assert told[-1].created_at == self.clock(), "it is told at once"
        if unit != to:
            self.taken[walk.number, unit] = self._heard(walk.number, unit)

    def _heard(self, number: str, unit: str) -> int:
        """Return how many messages a unit got about a lead, those to the whole city left out."""
        with self.place.reading() as session:
            query = select(func.count()).select_from(Message).join(Matter)
            of_lead = query.where(Matter.number == number, Message.unit_code == unit)
            return session.exec(of_lead.where(Message.recipient != "city")).one()

    def _letters(self, walk: Walk) -> list[str]:
        """Return the numbers of the transfer letters of a lead that are in force."""
        with self.place.reading() as session:
            query = select(Document.number).join(Matter).where(
                Matter.number == walk.number, Document.kind == DocumentKind.TRANSFER_LETTER,
                Document.status == DocumentStatus.ISSUED,
            )  # fmt: skip
            return list(session.exec(query.order_by(col(Document.id))))

    def _has_asked(self, row: Assignment) -> bool:
        """Tell whether the bureau insisted before that a unit keeps what it was handed."""
        with self.place.reading() as session:
            asked = select(Petition.matter_id).join(Matter, col(Matter.id) == Petition.matter_id).where(
                Matter.parent_id == row.matter_id, Petition.unit_code == row.unit_code,
                Matter.outcome == "insisted",
            )  # fmt: skip
            return session.exec(asked).first() is not None

    def _is_awaited(self, walk: Walk) -> bool:
        """Tell whether another lead is to be answered with this one."""
        with self.place.reading() as session:
            query = select(Lead.matter_id).where(Lead.merged_into_id == walk.file().matter.id)
            return session.exec(query).first() is not None


def _fields(step: Step) -> dict[str, str]:
    """Return fields of an answer that satisfy every rule."""
    return {
        Step.TRANSFER: {"cooperating": ""},
        Step.VERIFY: {"finding": "属实", "responsible": "SCJG", "opinion": "立即停止该做法。"},
        Step.RECTIFY: {"measures": "已废止有关文件。"},
        Step.REVIEW: {"verdict": "通过"},
    }.get(step, {})


def _counted(session: Session, void: list[int]) -> int:
    """Return how many assignments are counted: all but those of what was called off, and of its parts."""
    root = func.coalesce(Matter.root_id, Matter.id)
    query = select(func.count()).select_from(Assignment).join(Matter).where(root.not_in(void))
    return session.exec(query).one()


Changes.TestCase.settings = settings(
    max_examples=examples(24), stateful_step_count=18, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
TestChanges = Changes.TestCase
