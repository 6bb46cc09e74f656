"""Benchmark 15: how many runs to execute at once, and what a step costs server and worker then."""

import time

from answering import answer_all, quiet, step_seconds, suspend
from databases import POSTGRESQL
from figures import Figure, Row, each_cell, percentile, pick, ratio_of
from leads import register
from processes import cpu_seconds
from scale import Scale
from sites import Site, open_site
from ways import OURS, Way

from deployments.installation.settings import load_settings

_PEER = 2
_GOAL_SECONDS = 0.45
# What a log says of a database that was too busy, whoever met it.
_REFUSALS = ("database is locked", "503 Service Unavailable")


def measure(scale: Scale) -> list[Row]:
    """Measure a lone answer, a burst and an import with each number of runs at once."""
    return [
        row
        for runs in scale.runs_at_once
        for row in each_cell(scale.databases, (OURS,), lambda kind, way: [_cell(scale, runs, kind, way)])  # noqa: B023 - called at once
    ]


def _cell(scale: Scale, runs: int, kind: str, way: Way) -> Row:
    """Measure one number of runs at once on one kind of database."""
    with open_site(way, kind, runs_at_once=runs) as site:
        return {"runs_at_once": runs, **_lone(site, scale), **_burst(site, scale), **_import(site, scale)}


def _lone(site: Site, scale: Scale) -> Row:
    """Answer leads a fixed time apart: nobody else is being served."""
    docket = suspend(site, scale.few_leads)
    waited = step_seconds(site, answer_all(docket, scale.spacing_seconds))
    return {f"lone_p{share}_s": round(percentile(waited, share / 100), 3) for share in (50, 95)}


def _burst(site: Site, scale: Scale) -> Row:
    """Answer many leads at once, and weigh what server and worker use for it."""
    docket = suspend(site, scale.small_burst)
    before = {leader: cpu_seconds(leader) for leader in (site.server.pid, site.executor.pid)}
    sent = answer_all(docket)
    waited = step_seconds(site, sent)
    used = {leader: (cpu_seconds(leader) - before[leader]) / len(sent) for leader in before}
    first = min(each.at for each in sent)
    last = max(each.at + seconds for each, seconds in zip(sent, waited, strict=True))
    return {
        "answers": len(sent),
        "last_step_s": round(last - first, 1),
        "server_cpu_s_a_step": round(used[site.server.pid], 3),
        "worker_cpu_s_a_step": round(used[site.executor.pid], 3),
        "refused": sum(each.refused for each in sent),
    }


def _import(site: Site, scale: Scale) -> Row:
    """Start as many new leads, and see how long it takes until all of them wait."""
    docket = register(site, scale.small_burst)
    begun = time.monotonic()
    docket.start()
    quiet(site)
    logs = "".join(process.log.read_text(encoding="utf-8") for process in (site.server, site.executor))
    return {
        "imported_s": round(time.monotonic() - begun, 1),
        "too_busy": sum(logs.count(words) for words in _REFUSALS),
    }


def figures(rows: list[Row]) -> list[Figure]:
    """Set the number of runs at once that is the default against two."""
    found = []
    for ours in pick(rows, "last_step_s", way=OURS.name):
        kind = str(ours["database"])
        peers = [row for row in pick(rows, "last_step_s", database=kind) if row["runs_at_once"] == _PEER]
        if peers and ours["runs_at_once"] == _default(kind):
            found += [_burst_figure(ours, peers[0]), _cost_figure(ours, peers[0])]
    return found


def _default(kind: str) -> int:
    """Return how many runs are executed at once unless somebody chooses."""
    url = "postgresql://" if kind == POSTGRESQL else ""
    return load_settings({"ZERO137_PREFECT_DATABASE_URL": url}).runs_at_once


def _burst_figure(ours: Row, peer: Row) -> Figure:
    """Return how long a burst takes."""
    return Figure(
        name=f"{ours['answers']} answers at once: until the last next step",
        database=str(ours["database"]),
        ours=f"{ours['last_step_s']} s ({ours['runs_at_once']} runs at once)",
        peer=f"{peer['last_step_s']} s",
        peer_name=f"{_PEER} runs at once",
        ratio=ratio_of(float(peer["last_step_s"]), float(ours["last_step_s"])),
        ratio_means="times as fast",
    )


def _cost_figure(ours: Row, peer: Row) -> Figure:
    """Return what a step costs server and worker together."""
    mine, other = (
        float(row["server_cpu_s_a_step"]) + float(row["worker_cpu_s_a_step"]) for row in (ours, peer)
    )
    goal = ours["database"] == POSTGRESQL
    return Figure(
        name="processor time of a step, server and worker together",
        database=str(ours["database"]),
        ours=f"{mine:.2f} s ({ours['runs_at_once']} runs at once)",
        peer=f"{other:.2f} s",
        peer_name=f"{_PEER} runs at once",
        ratio=ratio_of(mine, other),
        ratio_means="times as much",
        goal=f"≤ {_GOAL_SECONDS} s" if goal else "",
        reached=mine <= _GOAL_SECONDS if goal else None,
    )
