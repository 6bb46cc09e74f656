"""How matters stand in a running system, told by our database and by Prefect, and filling in their forms."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any, NamedTuple

from walks.walking import EXPLANATION, PERSON

from harness.running_system import System, until


class Standing(NamedTuple):
    """How a matter stands: the step it waits for (blank where closed), the key of its form, its run."""

    step: str
    key: str
    run: str


def facts_of(system: System, query: str, *values: object) -> list[Any]:
    """Return what our database answers to a query."""
    with closing(sqlite3.connect(system.home / "zero137.db", timeout=10)) as facts:
        return facts.execute(query, values).fetchall()


def standings(system: System) -> dict[str, Standing]:
    """Return how all matters stand."""
    query = (
        "SELECT m.number, a.step, a.form_key, m.flow_run_id FROM matter m "
        "LEFT JOIN assignment a ON a.matter_id = m.id AND a.answered_at IS NULL AND m.outcome IS NULL"
    )
    return {number: Standing(*(part or "" for part in rest)) for number, *rest in facts_of(system, query)}


def waits(system: System, matter: Standing) -> bool:
    """Tell whether a matter is suspended with the form that our database knows of."""
    run = system.api(f"/flow_runs/{matter.run}") if matter.run and matter.key else None
    details = ((run or {}).get("state") or {}).get("state_details") or {}
    return run is not None and run["state_type"] == "PAUSED" and details.get("pause_key") == matter.key


def wait_at(system: System, number: str, step: str, other_than: str = "") -> Standing:
    """Wait until a matter is suspended at a step with a form, which is not the one that was answered."""

    def found() -> Standing | None:
        matter = standings(system)[number]
        is_there = matter.step == step and matter.key != other_than and waits(system, matter)
        return matter if is_there else None

    return until(found, f"{number} stands at {step}")


def evidence_of(system: System, number: str) -> str:
    """Return the number of the file that was uploaded first for a lead, as E12."""
    query = "SELECT min(e.id) FROM evidence e JOIN matter m ON m.id = e.matter_id WHERE m.number = ?"
    ((evidence,),) = facts_of(system, query, number)
    return f"E{evidence}"


def fill_in(system: System, number: str, filled: Mapping[str, str]) -> None:
    """Hand in the form a matter waits with; the evidence was uploaded with the lead."""
    proven = {"evidence": evidence_of(system, number)} if EXPLANATION in filled.values() else {}
    run = standings(system)[number].run
    reply = system.api(f"/flow_runs/{run}/resume", {"run_input": {"person": PERSON, **filled, **proven}})
    assert reply["status"] == "ACCEPT", reply


def form_of(system: System, matter: Standing) -> set[str]:
    """Return the fields that the form of a suspended run must have filled in."""
    stored = system.api(f"/flow_runs/{matter.run}/input/suspended-{matter.key}-schema")
    return set(json.loads(stored)["required"] if isinstance(stored, str) else stored["required"])
