"""Laws of the ladder over whole histories: patrols, answers, extensions and time in any order."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from conftest import Clock
from harness.examples import examples
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import col, select
from walks.walking import AUTHORITY, PDF, Walk, register_lead, write_evidence

from deployments.drill.referee import judge
from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from deployments.keeping.schema import migrate
from models.codes import Step
from models.ladder.tables import Escalation
from models.ladder.vocabulary import Raising
from models.matters.facts import Await
from models.matters.tables import Assignment
from models.messages.tables import Message
from models.office.directory import packaged_directory_text, read_directory
from tasks.ladder.escalation import raise_rungs
from tasks.office.units import import_units
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.workplace import work_calendar

_APPROVER = "SFGW"


class Clocks(RuleBasedStateMachine):
    """One lead, from its registration, with everything that may happen to its clocks."""

    @initialize(step=st.sampled_from((Step.TRANSFER, Step.VERIFY, Step.RECTIFY)))
    def begin(self, step: Step) -> None:
        """Set up a database of its own with a lead that has come as far as that step."""
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        (home / "evidence").mkdir()
        self.clock = Clock()
        self.place = open_workplace(Settings(home=home), clock=self.clock)
        migrate(self.place.engine)
        units = read_directory(packaged_directory_text(), "units.toml")
        import_units(self.place, units, "units.toml", self.clock())
        self.lead = Walk(self.place, self.clock, home, register_lead(self.place, self.clock))
        self.lead.to(step)
        self.patrols: list[datetime] = []
        self.request: Walk | None = None

    def teardown(self) -> None:
        """Remove the database."""
        if hasattr(self, "place"):
            self.place.close()
            self.folder.cleanup()

    @property
    def owed(self) -> Assignment | None:
        """What is owed for the lead."""
        return self.lead.file().open_assignment

    @rule(hours=st.integers(1, 80))
    def pass_time(self, hours: int) -> None:
        """Up to a long weekend."""
        self.clock.now += timedelta(hours=hours)

    @rule(days=st.integers(0, 4), hour=st.integers(9, 17))
    def go_to_work(self, days: int, hour: int) -> None:
        """On to some hour of a later day, as a rule within business hours."""
        here = self.place.policy.business_hours.local(self.clock())
        self.clock.now = max(self.clock(), here.replace(hour=hour, minute=1) + timedelta(days=days))

    @rule(times=st.integers(1, 2))
    def patrol(self, times: int) -> None:
        """Once, or twice in a row: the second finds nothing."""
        for _ in range(times):
            raised = raise_rungs(self.place, self.clock())
        if times > 1:
            assert not raised
        self.patrols.append(self.clock())
        self.clock.now += timedelta(seconds=1)

    @precondition(lambda self: self.owed is not None)
    @rule()
    def answer(self) -> None:
        """Whoever owes answers, unless the receipt was deemed meanwhile."""
        if isinstance(self.lead.advance(), Await) and self.owed is not None:
            self.lead.answer(self.owed.step)
            self.lead.advance()
        self.clock.now += timedelta(seconds=1)

    @precondition(lambda self: self._may_ask())
    @rule(days=st.integers(1, 12))
    def ask_for_extension(self, days: int) -> None:
        """The authority asks in time."""
        row = self.owed
        assert row is not None
        paper = write_evidence(self.lead.folder, f"{self.clock():%d%H%M%S}.pdf", PDF + b"%request\n")
        until = row.due_on + timedelta(days=days)
        asked = ExtensionRequest(AUTHORITY, "经办人乙", until.isoformat(), "须经合法性审查。", [paper])
        number = request_extension(self.place, self.lead.number, asked, self.clock())
        self.request = Walk(self.place, self.clock, self.lead.folder, number)
        self.request.advance()
        self.clock.now += timedelta(seconds=1)

    @precondition(lambda self: self.request is not None and self.request.file().matter.outcome is None)
    @rule(days=st.integers(0, 12), approved=st.booleans())
    def decide(self, days: int, approved: bool) -> None:
        """The approver decides, sooner or later."""
        request, row = self.request, self.owed
        assert request is not None
        assert row is not None
        earliest = max(row.due_on, self.place.policy.day_of(self.clock()))
        fields = {"ruling": "同意", "until": (earliest + timedelta(days=days)).isoformat()}
        told = fields if approved else {"ruling": "不同意"}
        request.answer(Step.EXTENSION, unit=_APPROVER, fields=told, explanation="经研究决定。")
        request.advance()
        self.clock.now += timedelta(seconds=1)

    def _may_ask(self) -> bool:
        """Tell whether a request would be taken."""
        row = self.owed
        return row is not None and row.step is Step.RECTIFY and not row.held and self.clock() <= row.due_at

    @invariant()
    def every_rung_is_as_the_referee_says(self) -> None:
        """None too early, none twice, none missing after a patrol, none while held, none after the answer."""
        if hasattr(self, "place"):
            assert judge(self.place, self.patrols).faults == ()

    @invariant()
    def nobody_is_told_out_of_hours(self) -> None:
        """What a patrol raises is raised, and written to people, in business hours only."""
        if not hasattr(self, "place"):
            return
        hours = self.place.policy.business_hours
        with self.place.reading() as session:
            calendar = work_calendar(session)
            raised = session.exec(select(Escalation.at).where(Escalation.raising == Raising.RAISED)).all()
            kinds = ("remind", "due_today", "urge", "supervise", "report", "circular", "receipt_reminder")
            sent = session.exec(select(Message.created_at).where(col(Message.kind).in_(kinds))).all()
        assert all(hours.is_open(moment, calendar) for moment in (*raised, *sent))


Clocks.TestCase.settings = settings(
    max_examples=examples(30), stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
TestClocks = Clocks.TestCase
