"""Runs that read differently because time passed, not because their flow went on."""

from contextlib import closing
from datetime import timedelta

import pytest
from running_system import System
from sqlmodel import col, select

from deployments.settings import Settings, open_workplace
from models.tables import Assignment, Matter
from tasks.matters import find_matter, key_of
from tasks.showing import refresh_runs

pytestmark = pytest.mark.e2e


def test_a_run_is_renamed_and_tagged_when_its_lead_falls_overdue(system: System) -> None:
    """The patrol shows what a suspended run cannot: its new date, 逾期 among the tags, the story."""
    lead = system.json("lead", "add", "--title", "指定中介机构", "--facts", "要求企业另行提供证明。")
    number = lead["number"]
    run_id = system.await_step(number, "待移交")["run"]
    before = system.api(f"/flow_runs/{run_id}")
    with closing(open_workplace(Settings(home=system.home, port=system.port))) as place:
        assert refresh_runs(place, place.clock()) == 0
        with place.writing() as session:
            matter = find_matter(session, number)
            owed = session.exec(select(Assignment).where(Assignment.matter_id == key_of(matter))).one()
            owed.due_on -= timedelta(days=30)
            owed.due_at -= timedelta(days=30)
            day = f"{owed.due_on:%m-%d}"
            matter.stale_since = place.clock()
            session.add_all((owed, matter))
        assert refresh_runs(place, place.clock()) == 1
        assert refresh_runs(place, place.clock()) == 0
        with place.reading() as session:
            stale = select(Matter).where(col(Matter.stale_since).is_not(None))
            assert session.exec(stale).all() == []
    after = system.api(f"/flow_runs/{run_id}")
    assert after["name"].endswith(day)
    assert ("逾期" in before["tags"], "逾期" in after["tags"]) == (False, True)
    assert after["state_name"] == "Suspended"
    told = system.api(f"/artifacts/lead-{number.lower()}/latest")
    assert day in told["data"].replace("\\", "")
