"""Benchmark 3: many answers at the same moment, until the last next step is suspended."""

from answering import answer_all, step_seconds, suspend
from databases import POSTGRESQL, SQLITE
from figures import Figure, Row, each_cell, pick, ratio_of, spread
from scale import Scale
from sites import open_site
from ways import OURS, SERVE, Way

_GOAL_SECONDS = {SQLITE: 120, POSTGRESQL: 60}


def measure(scale: Scale) -> list[Row]:
    """Measure ours, and ``serve()`` with fewer answers."""
    rows = each_cell(scale.databases, (OURS,), lambda kind, way: _burst(kind, way, scale.burst))
    return rows + each_cell(scale.databases, (SERVE,), lambda kind, way: _burst(kind, way, scale.few_burst))


def _burst(kind: str, way: Way, answers: int) -> list[Row]:
    """Send all answers, then read from the history when the last next step began."""
    with open_site(way, kind) as site:
        docket = suspend(site, answers)
        sent = answer_all(docket)
        waited = step_seconds(site, sent)
    first = min(each.at for each in sent)
    last_step = max(each.at + seconds for each, seconds in zip(sent, waited, strict=True)) - first
    row: Row = {
        "answers": len(sent),
        "all_sent_s": round(max(each.at for each in sent) - first, 1),
        "last_step_s": round(last_step, 1),
        "steps_per_second": round(len(sent) / last_step, 3),
        **spread(waited),
        "refused": sum(each.refused for each in sent),
    }
    return [row]


def figures(rows: list[Row]) -> list[Figure]:
    """Set our time against the goal and our rate against that of ``serve()``."""
    found = []
    for ours in pick(rows, "last_step_s", way=OURS.name):
        peers = pick(rows, "last_step_s", way=SERVE.name, database=str(ours["database"]))
        found.append(_figure(ours, peers[0] if peers else None))
    return found


def _figure(ours: Row, peer: Row | None) -> Figure:
    """Return one figure; fewer answers than 200 prove nothing about the goal."""
    goal = _GOAL_SECONDS[str(ours["database"])]
    mine, other = float(ours["steps_per_second"]), float(peer["steps_per_second"]) if peer else 0.0
    return Figure(
        name=f"{ours['answers']} answers at once: until the last next step",
        database=str(ours["database"]),
        ours=f"{ours['last_step_s']} s ({mine:.2f} steps/s)",
        peer=f"{peer['last_step_s']} s for {peer['answers']} ({other:.2f} steps/s)" if peer else "failed",
        peer_name=SERVE.name,
        ratio=ratio_of(mine, other),
        ratio_means="times as many steps per second",
        goal=f"≤ {goal} s for 200",
        reached=float(ours["last_step_s"]) <= goal if int(ours["answers"]) >= 200 else None,
    )
