"""One trial, from the first start of the system to its table of invariants."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Event, Thread

from chaos.aftermath import no_orphan, no_surprise, reconcile, settle
from chaos.clerk import Clerk
from chaos.cluster import Cluster
from chaos.cluster_killer import ClusterKiller
from chaos.crowd import Person
from chaos.invariants import check_facts
from chaos.journal import Journal
from chaos.killer import Doom, Killer
from chaos.plans import all_plans, plan_leads
from chaos.report import describe, describe_stuck
from chaos.victim import Victim
from sqlmodel import col, func, select

from deployments.installation.opening import open_workplace
from models.record.tables import LedgerEntry
from tasks.workplace import Workplace

_PEOPLE = 3
_STALL_SECONDS = 180
# After the last kill, a standstill of so many seconds makes an operator look.
_OPERATOR_SECONDS = 30


@dataclass(frozen=True)
class Options:
    """What a trial is made of; ``home`` is a folder that does not exist yet, for all state."""

    seed: int
    kills: int
    leads: int
    home: Path
    cluster: bool = False

    @property
    def command(self) -> str:
        """How to run the same trial again."""
        several = " CLUSTER=1" if self.cluster else ""
        return f"make chaos SEED={self.seed} KILLS={self.kills} LEADS={self.leads}{several}"


class Trial:
    """A system, a crowd that uses it and a killer."""

    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        """Draw the plans; nothing is started yet."""
        self._options = options
        self._say = say
        self._plans = plan_leads(options.seed, options.leads)
        answers = sum(len(plan.turns) for plan in all_plans(self._plans))
        self._journal = Journal(options.kills, answers, options.home.with_suffix(".events.log"))
        self._victim = Cluster(options.home) if options.cluster else Victim(options.home)
        self._begun_at = time.monotonic()

    def run(self) -> bool:
        """Carry out the trial and print its report; returns whether every invariant holds."""
        self._say(
            f"故障演练：种子 {self._options.seed}，击杀 {self._options.kills} 次，"
            f"线索 {self._options.leads} 条"
        )
        try:
            self._victim.up()
            place = open_workplace(self._victim.place)
            try:
                return self._run(place)
            finally:
                place.close()
        finally:
            self._victim.close()

    def _run(self, place: Workplace) -> bool:
        """Let crowd and killer work, let the system settle, stop it and look at what is left."""
        no_more_starts = Event()
        keeper = Thread(target=self._victim.keep_up, args=(no_more_starts, self._journal))
        keeper.start()
        try:
            self._watch(place, self._start_actors(place))
            held = settle(self._victim, self._journal)
        finally:
            self._journal.stop.set()
            no_more_starts.set()
            keeper.join()
        self._victim.stop()
        invariants = [
            *check_facts(place, all_plans(self._plans), self._journal),
            held,
            no_orphan(self._victim),
            no_surprise(self._journal),
            *(self._victim.shares() if isinstance(self._victim, Cluster) else ()),
        ]
        seconds = time.monotonic() - self._begun_at
        self._say(describe(place, self._journal, invariants, self._options.command, seconds))
        return all(invariant.holds for invariant in invariants)

    def _start_actors(self, place: Workplace) -> list[Thread]:
        """Start the killer and the crowd; whoever fails ends the trial."""
        dooms: Queue[Doom] = Queue()
        clerk = Clerk(self._victim, place, self._journal, dooms)
        folder = self._options.home.with_suffix(".files")
        folder.mkdir()
        killer = (
            ClusterKiller(self._victim, self._journal, dooms, self._options.seed)
            if isinstance(self._victim, Cluster)
            else Killer(self._victim, self._journal, dooms, self._options.seed)
        )
        works = {"击杀者": killer.run}
        for index in range(_PEOPLE):
            seed = f"{self._options.seed}/person/{index}"
            works[f"经办人{index + 1}"] = Person(clerk, self._plans[index::_PEOPLE], seed, folder).run
        actors = [Thread(target=self._act, args=each, name=each[0]) for each in works.items()]
        for actor in actors:
            actor.start()
        return actors

    def _act(self, name: str, work: Callable[[], None]) -> None:
        """Do an actor's work; what goes wrong ends the trial and is told in its report."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the report must tell it with the seed
            self._journal.fail(f"{name}：{type(error).__name__} {error}")

    def _watch(self, place: Workplace, actors: list[Thread]) -> None:
        """Wait for the actors, telling how far they are; a standstill ends the trial."""
        entries, moved_at, told_at = -1, time.monotonic(), time.monotonic()
        while any(actor.is_alive() for actor in actors):
            now, found = time.monotonic(), _ledger_length(place)
            if found != entries:
                entries, moved_at = found, now
            if now - moved_at > _STALL_SECONDS and not self._journal.stop.is_set():
                self._journal.fail(f"{_STALL_SECONDS}秒没有进展：{describe_stuck(place, self._victim)}")
            if now - moved_at > _OPERATOR_SECONDS and self._journal.killing_is_over:
                # What the patrol does by the hour: a killed command may have left a run that nobody woke.
                reconcile(self._victim, self._journal)
            if now - told_at > 30:
                told_at = now
                self._say(
                    f"　{now - self._begun_at:5.0f} 秒　击杀 {len(self._journal.kills)}　"
                    f"反馈 {self._journal.answers_begun}/{self._journal.answers_planned}"
                )
            time.sleep(1)


def _ledger_length(place: Workplace) -> int:
    """Return how many facts the ledger holds: what grows as long as anything moves."""
    with place.reading() as session:
        return session.exec(select(func.count(col(LedgerEntry.id)))).one()
