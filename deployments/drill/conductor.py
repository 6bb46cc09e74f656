"""The conductor of a drill: leads come in, units act by their character, patrols go round; time passes.

The clock stands while the system works and moves on when it rests, so that every deed and every patrol
happens at its moment however slow the machine is.
"""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from sqlmodel import col, func, select

from deployments.drill.cast import Act, Character, Deed, Director, Owed, Part
from deployments.drill.stage import Stage
from models.codes import MatterKind
from models.errors import InputError, RuleViolation, StartError
from models.matters.tables import Assignment, Matter
from models.mechanisms.leads.intake import IntakeDefaults, LeadDraft, read_row
from models.office.vocabulary import Role
from models.runs.vocabulary import RunFault
from tasks.conduct.answers import Submission, record_answer
from tasks.matters.reading import key_of
from tasks.mechanisms.leads.changes.correcting import CorrectionRequest, correct_lead
from tasks.mechanisms.leads.registering import register_leads
from tasks.petitions.extensions import ExtensionRequest, request_extension
from tasks.petitions.hand_backs import hand_back
from tasks.runs.prefect_api import PrefectApi
from tasks.runs.reconcile import find_faults, standing_matters
from tasks.runs.starting import start_runs, wake_ended, wake_matter
from tasks.workplace import read_office, work_calendar

_REST_SECONDS = 180
_PATROL = "巡查"
# Leads come in during the first part of the time, so that most of them can be closed within it.
_INTAKE_SHARE = 0.5


@dataclass(frozen=True)
class Script:
    """What a drill is made of; ``speed`` is seconds of the drill for one real second, 0 for no limit."""

    leads: int
    days: int
    first: date
    seed: int
    speed: float = 0


@dataclass
class Conductor:
    """Carries out a script on a stage; ``tell`` is told the beginning of each day."""

    stage: Stage
    script: Script
    tell: Callable[[datetime], None]
    patrols: list[datetime] = field(default_factory=list)
    refused: int = 0
    characters: Counter[Character] = field(default_factory=Counter)
    _agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _order: Iterator[int] = field(default_factory=count)
    _parts: dict[str, Part] = field(default_factory=dict)
    _planned: set[object] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Draw what is left to chance."""
        place = self.stage.place
        with place.reading() as session:
            self._calendar = work_calendar(session)
        self._dice = Random(self.script.seed)  # noqa: S311 - a play, no secrets
        self._hours = place.policy.business_hours
        self._director = Director(self._hours, self._calendar, place.home / "papers", self._dice)
        units = read_office(place).all_with(Role.AUTHORITY)
        self._authorities = [unit.code for unit in units if Role.RESPONSIBLE in unit.roles]

    def run(self) -> None:
        """Play from the first day to the last.

        Raises:
            StartError: The system ended, or does not come to rest.
        """
        self._schedule_intake()
        self._schedule_patrols()
        day, began, real = None, self._agenda[0][0], time.monotonic()
        while self._agenda:
            now = self._agenda[0][0]
            self._keep_pace(now - began, time.monotonic() - real)
            self.stage.turn_clock(now)
            if (today := self._hours.local(now).date()) != day:
                self.tell(now)
                day = today
            while self._agenda and self._agenda[0][0] == now:
                heapq.heappop(self._agenda)[2](now)
            self._rest(now)
            self._plan(now)

    def _schedule_intake(self) -> None:
        """Let the leads come in over the first working days, each with its character in turn."""
        days = [day for day in self._days() if self._calendar.works(day)]
        days = days[: max(1, round(len(days) * _INTAKE_SHARE))]
        cast = list(Character)
        for n in range(self.script.leads):
            day = days[n * len(days) // self.script.leads]
            moment = datetime.combine(day, self._hours.opens, tzinfo=self._hours.zone) + timedelta(minutes=40)
            self._schedule(moment, self._intake(n, cast[n % len(cast)]))

    def _schedule_patrols(self) -> None:
        """Let patrols go round at every clock time of the ladder, within business hours."""
        at = {rule.at for rule in self.stage.place.policy.ladder}
        for day in self._days():
            for clock in sorted(at):
                moment = datetime.combine(day, clock, tzinfo=self._hours.zone)
                if self._hours.is_open(moment, self._calendar):
                    self._schedule(moment, self._patrol)

    def _days(self) -> list[date]:
        """Return the days of the drill."""
        return [self.script.first + timedelta(days=n) for n in range(self.script.days)]

    def _schedule(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Put something on the agenda; what would come after the last day is left out."""
        if self._hours.local(moment).date() <= self._days()[-1]:
            heapq.heappush(self._agenda, (moment, next(self._order), act))

    def _keep_pace(self, played: timedelta, real_seconds: float) -> None:
        """Wait where the drill is ahead of its speed."""
        if self.script.speed:
            time.sleep(max(0.0, played.total_seconds() / self.script.speed - real_seconds))

    def _intake(self, number: int, character: Character) -> Callable[[datetime], None]:
        """Return the registration of a lead whose units have a character."""

        def register(now: datetime) -> None:
            place = self.stage.place
            title = f"演练线索{number + 1}（{character.label}）"
            typed = title.replace("线索", "线素") if character is Character.MISTYPED else title
            cells = {"title": typed, "facts": "演练：要求企业另行提供证明。"}
            draft = read_row(1, cells, IntakeDefaults(now), place.policy, now)
            if not isinstance(draft, LeadDraft):
                raise InputError(f"演练线索不合规则：{draft[0].reason}")
            (one,) = register_leads(place, [draft], "演练人员", now)
            authority, responsible, other = self._dice.sample(self._authorities, 3)
            part = Part(one.number, title, character, authority, other, responsible)
            self._parts[one.number] = part
            self.characters[character] += 1
            start_runs(place, [one.number])

        return register

    def _patrol(self, now: datetime) -> None:
        """Start the patrol as an operator would, and wait until it has ended."""
        with PrefectApi(self.stage.settings.api) as api:
            run_id = api.start(_PATROL)
            self._await(lambda: api.state_of(run_id) in {"COMPLETED", "FAILED", "CRASHED"}, "巡查结束")
            if api.state_of(run_id) != "COMPLETED":
                raise StartError("演练中的巡查未能完成，请查看日志。")
        self.patrols.append(now)

    def _do(self, deed: Deed) -> Callable[[datetime], None]:
        """Return the handing in of something."""

        def hand_in(now: datetime) -> None:
            if deed.number not in {owed.number for owed in self._owed()}:
                # Somebody else's answer made it pointless meanwhile.
                return
            try:
                self._hand_in(deed.number, deed.act, now)
            except RuleViolation:
                if not deed.refused:
                    raise
                self.refused += 1

        return hand_in

    def _hand_in(self, number: str, act: Act, now: datetime) -> None:
        """Hand in something as its command does, and let the runs that wait for it go on."""
        place = self.stage.place
        match act:
            case Submission():
                answered = record_answer(place, number, act, now)
                # A run that has not quite left its last step is woken by the patrol.
                with suppress(StartError):
                    wake_matter(place, answered, now)
                wake_ended(place, now)
            case CorrectionRequest():
                correct_lead(place, number, act, now)
            case ExtensionRequest():
                start_runs(place, [request_extension(place, number, act, now)])
            case _:
                start_runs(place, [hand_back(place, number, act, now)])

    def _plan(self, now: datetime) -> None:
        """Let every unit think about what it owes, once for each occasion."""
        for owed in self._owed():
            if owed.occasion not in self._planned:
                self._planned.add(owed.occasion)
                for deed in self._director.deeds(owed, now):
                    self._schedule(deed.at, self._do(deed))

    def _owed(self) -> list[Owed]:
        """Return everything that is owed now."""
        with self.stage.place.reading() as session:
            asked = select(Matter.parent_id, func.count()).where(Matter.kind == MatterKind.EXTENSION)
            extensions = dict(session.exec(asked.group_by(col(Matter.parent_id))).all())
            query = select(Assignment, Matter).join(Matter).where(col(Assignment.answered_at).is_(None))
            rows = session.exec(query.order_by(col(Assignment.id))).all()
        # A petition is called as its lead, with a suffix.
        leads = [m.number.rpartition("-")[0] if m.parent_id else m.number for _, m in rows]
        return [
            Owed(matter.number, self._parts[lead], row, extensions.get(key_of(matter), 0))
            for (row, matter), lead in zip(rows, leads, strict=True)
        ]

    def _rest(self, now: datetime) -> None:
        """Wait until every open matter waits for somebody.

        Raises:
            StartError: The system ended, or does not come to rest.
        """
        place = self.stage.place

        def rests() -> bool:
            if standing_matters(place):
                return False
            # A receipt that time has deemed is found by the next patrol.
            return not [f for f in find_faults(place, now) if f.fault is not RunFault.LAPSED]

        self._await(rests, "系统处理完毕")

    def _await(self, look: Callable[[], bool], what: str) -> None:
        """Look again and again until something is so.

        Raises:
            StartError: The system ended, or it takes too long.
        """
        deadline = time.monotonic() + _REST_SECONDS
        while not look():
            self.stage.check_alive()
            if time.monotonic() > deadline:
                raise StartError(f"演练停滞：{_REST_SECONDS}秒内未等到{what}，请查看日志。")
            time.sleep(0.1)
