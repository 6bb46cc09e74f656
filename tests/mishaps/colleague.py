"""One of several real processes that do the same at the same time: a patrol, or units that answer.

python tests/mishaps/colleague.py patrol|answer HOME DATABASE_URL MOMENT
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlmodel import col, select
from walks.walking import answer_to

from deployments.installation.opening import open_workplace
from deployments.installation.settings import Settings
from models.errors import ConflictError, RuleViolation
from models.matters.facts import Await
from models.matters.tables import Matter
from models.record.entries import RULE
from tasks.archive.archiving import archive_leftovers
from tasks.archive.disposal import remove_disposed
from tasks.archive.reminders import tell_of_archive_duties
from tasks.conduct.answers import record_answer
from tasks.conduct.steps import take_step
from tasks.delivery.sending import deliver_messages
from tasks.documents.rendered import render_leftovers
from tasks.files.checks import check_stored_files
from tasks.ladder.escalation import raise_rungs
from tasks.office.missing_notices import tell_of_missing_notices
from tasks.record.seals import seal_daily
from tasks.workplace import Workplace

READY, GO = "就绪", "开始"


def patrol(place: Workplace) -> None:
    """Do what a patrol does without Prefect, in the order of the flow."""
    raise_rungs(place, place.clock())
    tell_of_missing_notices(place, place.clock())
    tell_of_archive_duties(place, place.clock())
    deliver_messages(place)
    render_leftovers(place, place.clock())
    archive_leftovers(place, place.clock())
    remove_disposed(place)
    check_stored_files(place, place.clock())
    seal_daily(place, RULE, place.clock())


def answer(place: Workplace) -> None:
    """Carry every open lead on to its end, whoever else does the same."""
    folder = place.home / f"papers-{id(place)}"
    folder.mkdir()
    while numbers := list(_open_leads(place)):
        for number in numbers:
            step = take_step(place, number, place.clock())
            if isinstance(step, Await):
                try:
                    record_answer(place, number, answer_to(step.assignment.step, folder), place.clock())
                except (ConflictError, RuleViolation):
                    # Another process was faster.
                    continue


def _open_leads(place: Workplace) -> Iterator[str]:
    """Give the leads that are not closed."""
    with place.reading() as session:
        query = select(Matter.number).where(col(Matter.outcome).is_(None)).order_by(col(Matter.id))
        yield from session.exec(query).all()


def main() -> None:
    """Do a deed when the word is given."""
    deeds: dict[str, Callable[[Workplace], None]] = {"patrol": patrol, "answer": answer}
    deed, home, url, moment = sys.argv[1:]
    settings = Settings(home=Path(home), database_url=url, evidence_mb=1)
    now = datetime.fromisoformat(moment)
    with closing(open_workplace(settings, clock=lambda: now)) as place:
        print(READY, flush=True)  # noqa: T201 - the test waits for it
        assert sys.stdin.readline().strip() == GO
        deeds[deed](place)


if __name__ == "__main__":
    main()
