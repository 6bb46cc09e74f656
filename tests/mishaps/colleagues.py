"""Several real processes that do the same at the same time: a patrol, or units that answer.

python tests/mishaps/colleagues.py patrol|answer HOME DATABASE_URL MOMENT HOW_MANY
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import NoReturn

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

READY = "就绪"


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
    folder = place.home / f"papers-{os.getpid()}"
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


def main() -> int:
    """Fork, which saves all but one the imports, and wait; returns how many did not end well."""
    deed, home, url, moment, count = sys.argv[1:]
    settings = Settings(home=Path(home), database_url=url, evidence_mb=1)
    forked = [os.fork() or _be_one(deed, settings, datetime.fromisoformat(moment)) for _ in range(int(count))]
    return sum(os.waitpid(process, 0)[1] != 0 for process in forked)


def _be_one(deed: str, settings: Settings, now: datetime) -> NoReturn:
    """Do a deed when the word is given, and end."""
    deeds: dict[str, Callable[[Workplace], None]] = {"patrol": patrol, "answer": answer}
    code = 1
    try:
        with closing(open_workplace(settings, clock=lambda: now)) as place:
            # The test waits for it, a line of each: in one piece, or those of two run into each other.
            os.write(sys.stdout.fileno(), f"{READY}\n".encode())
            # The word is the end of what can be read.
            sys.stdin.read()
            deeds[deed](place)
        code = 0
    except Exception:  # noqa: BLE001 - whatever it is, the test must tell it
        traceback.print_exc()
        # Whoever waits for the word of all is not to wait for ever.
        print(flush=True)  # noqa: T201 - as above
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
