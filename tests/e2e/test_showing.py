"""Runs that read differently because time passed, not because their flow went on."""

from datetime import timedelta
from pathlib import Path

import pytest
from harness.running_system import System, until
from sqlmodel import col, select

from models.matters.tables import Assignment, Matter
from tasks.matters.reading import find_matter, key_of
from tasks.runs.showing import refresh_runs

pytestmark = pytest.mark.e2e


def test_a_run_is_renamed_and_tagged_when_its_lead_falls_overdue(system: System) -> None:
    """The patrol shows what a suspended run cannot: its new date, 逾期 among the tags, the story."""
    lead = system.json("lead", "add", "--title", "指定中介机构", "--facts", "要求企业另行提供证明。")
    number = lead["number"]
    run_id = system.await_step(number, "待移交")["run"]
    before = system.api(f"/flow_runs/{run_id}")
    with system.workplace() as place:
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


_UNIT = """
[[unit]]
code = "{code}"
name = "侯马市{name}局"
short_name = "{name}局"
roles = ["authority", "responsible"]
"""
_ENDS = 'active = false\nsucceeded_by = "YYJ"\n'


def test_a_run_shows_and_records_the_successor(system: System, tmp_path: Path) -> None:
    """The abolished unit's form is given up; what is filled into the new one is its successor's."""
    before, after = tmp_path / "前.toml", tmp_path / "后.toml"
    before.write_text(_UNIT.format(code="YCJ", name="烟草"), encoding="utf-8")
    system.run("units", "import", before)
    lead = system.json("lead", "add", "--title", "撤并前移交", "--facts", "要求企业另行提供证明。")
    number = lead["number"]
    system.await_step(number, "待移交")
    system.answer(number, "移交", "发改局", "--authority", "烟草局")
    run = system.await_step(number, "待签收")["run"]
    assert "烟草局" in system.api(f"/flow_runs/{run}")["tags"]
    merged = _UNIT.format(code="YYJ", name="烟盐") + _UNIT.format(code="YCJ", name="烟草") + _ENDS
    after.write_text(merged, encoding="utf-8")
    assert system.json("units", "import", after)["duties_handed_on"] == 1
    system.start("巡查")

    def shows_successor() -> bool:
        """Tell whether the run waits again, under the name of the successor."""
        shown = system.api(f"/flow_runs/{run}")
        return "烟盐局" in shown["tags"] and shown["state_name"] == "Suspended"

    until(shows_successor, "the run waits for the successor")
    system.api(f"/flow_runs/{run}/resume", {"run_input": {"person": "经办人丙"}})
    steps = system.await_step(number, "待核查")["steps"]
    assert [step["unit"] for step in steps[1:]] == ["侯马市烟盐局", "侯马市烟盐局"]
    assert (steps[1]["person"], steps[1]["timeliness"]) == ("经办人丙", "按期")


def test_an_operator_supervises_from_the_ui(system: System) -> None:
    """The form's Chinese choices are taken as they stand; a second time is refused in one sentence."""
    lead = system.json("lead", "add", "--title", "拖延核查", "--facts", "三次约谈均未到场。")
    number = lead["number"]
    system.await_step(number, "待移交")
    system.answer(number, "移交", "发改局", "--authority", "住建局")
    system.await_step(number, "待签收")
    system.answer(number, "签收", "住建局")
    system.await_step(number, "待核查")
    deployment = system.api("/deployments/name/人工督办/人工督办")
    titles = deployment["parameter_openapi_schema"]["properties"]
    assert {name: field["title"] for name, field in titles.items()} == {
        "number": "编号",
        "supervision": "督办内容",
    }
    filled = {"rung": "督办", "grounds": "拖延", "note": "三次约谈均未到场。", "person": "经办人乙"}
    first = system.launch(deployment["id"], number=number, supervision=filled)
    until(lambda: system.state(first) == "已发出", "the supervision is written")
    told = [entry["summary"] for entry in system.lead(number)["ledger"]]
    assert any(summary.startswith("人工督办：") for summary in told)
    second = system.launch(deployment["id"], number=number, supervision=filled)
    until(lambda: system.state(second) == "未督办", "the second one is refused")
    assert "已经发出过" in system.api(f"/flow_runs/{second}")["state"]["message"]
    names = [system.api(f"/flow_runs/{run_id}")["name"] for run_id in (first, second)]
    assert names == [f"人工督办 · {number} · 督办 · 已发出", f"人工督办 · {number} · 督办 · 未督办"]


def test_the_board_is_published_anew_only_when_it_changed(system: System) -> None:
    """A patrol that finds everything as it was leaves the artifact alone."""
    system.json("lead", "add", "--title", "看板线索", "--facts", "要求企业另行提供证明。")

    def published() -> list[str]:
        """Patrol, and return every board that was ever published, the newest first."""
        system.start("巡查")
        asked = {"artifacts": {"key": {"any_": ["zero-board"]}}, "sort": "CREATED_DESC"}
        return [board["data"] for board in system.api("/artifacts/filter", asked)]

    # A lead may just be on its way to its first step.
    rested = until(lambda: next((b for b in [published()] if b == published()), None), "the board rests")
    assert rested[0].startswith("# 清零看板\n\n在办 **")
    system.json("lead", "add", "--title", "又一条看板线索", "--facts", "要求企业另行提供证明。")
    now = published()
    assert (now[1:] == rested, now[0] == rested[0]) == (True, False)
